package domain_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/postgres"
)

func TestPastedNamesGetAnOutcomeEach(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Limits.Of = func(context.Context, postgres.Tx, postgres.TenantID, billing.Limit) (billing.Allowance, error) {
		return billing.Allowance{Max: 3}, nil
	}
	if err := b.Add(t.Context(), b.a, []fqdn.Name{"here.example"}); err != nil {
		t.Fatal(err)
	}
	lines, allowed, err := b.AddPasted(t.Context(), b.a, "One.example, two.example\r\nhere.example;one.example not_a_name three.example localhost")
	want := []domain.Line{{"one.example", domain.Added}, {"two.example", domain.Added}, {"here.example", domain.Watched}, {"one.example", domain.Watched},
		{"not_a_name", domain.NoName}, {"three.example", domain.OverLimit}, {"localhost", domain.NoName}}
	if err != nil || allowed.Max != 3 || !slices.Equal(lines, want) {
		t.Errorf("%v, %+v, %v", lines, allowed, err)
	}
	if got := names(t, b, b.a); !slices.Equal(got, []fqdn.Name{"here.example", "one.example", "two.example"}) {
		t.Errorf("domains: %v", got)
	}
	for _, text := range []string{" ,\n", strings.Repeat("a.example ", domain.MaxPasted+1)} {
		if _, _, err := b.AddPasted(t.Context(), b.a, text); fault.FieldsOf(err)["names"] == "" {
			t.Errorf("%d characters: %v", len(text), err)
		}
	}
}

func TestGroupsHoldDomainsOfTheirOrganization(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, a := range []domain.Line{{Text: "a.example"}, {Text: "b.example"}} {
		if err := b.Add(t.Context(), b.a, []fqdn.Name{fqdn.Name(a.Text)}); err != nil {
			t.Fatal(err)
		}
	}
	shops, err := b.CreateGroup(t.Context(), b.a, "  Shops \n")
	if err != nil || shops.Name != "Shops" {
		t.Fatalf("%+v, %v", shops, err)
	}
	for _, name := range []string{"shops", " ", strings.Repeat("x", 61)} {
		if _, err := b.CreateGroup(t.Context(), b.a, name); fault.FieldsOf(err)["name"] == "" {
			t.Errorf("a group %q: %v", name, err)
		}
	}
	if err := b.RenameGroup(t.Context(), b.a, shops.ID, "SHOPS"); err != nil {
		t.Error(err)
	}
	for range 2 { // a second time nothing moves
		if _, err := b.Assign(t.Context(), b.a, []fqdn.Name{"a.example", "b.example", "nobody.example"}, shops.ID); err != nil {
			t.Fatal(err)
		}
	}
	if moved, err := b.Assign(t.Context(), b.a, []fqdn.Name{"b.example"}, domain.GroupID{}); err != nil || moved != 1 {
		t.Errorf("%d moved, %v", moved, err)
	}
	if list, err := b.Groups(t.Context(), b.a.ID); err != nil || len(list) != 1 || list[0] != (domain.Group{ID: shops.ID, Name: "SHOPS", Domains: 1}) {
		t.Errorf("%+v, %v", list, err)
	}
	for what, do := range map[string]func() error{
		"rename": func() error { return b.RenameGroup(t.Context(), b.b, shops.ID, "Mine") },
		"delete": func() error { return b.DeleteGroup(t.Context(), b.b, shops.ID) },
		"assign": func() error { _, err := b.Assign(t.Context(), b.b, []fqdn.Name{"a.example"}, shops.ID); return err },
	} {
		if err := do(); !fault.Is(err, fault.NotFound) {
			t.Errorf("another organization may %s it: %v", what, err)
		}
	}
	if err := b.DeleteGroup(t.Context(), b.a, shops.ID); err != nil {
		t.Fatal(err)
	}
	if list, err := b.List(t.Context(), b.a.ID); err != nil || len(list) != 2 || list[0].Group != nil {
		t.Errorf("the domains after it: %+v, %v", list, err)
	}
}
