package domain_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/postgres"
)

// plan has every organization watch up to n domains.
func (b *bench) plan(n int) {
	b.Limits.Of = func(context.Context, postgres.Tx, postgres.TenantID, billing.Limit) (billing.Allowance, error) {
		return billing.Allowance{Max: n}, nil
	}
}

// watching is a bench whose first organization added these domains one after
// the other.
func watching(t *testing.T, domains ...fqdn.Name) *bench {
	t.Helper()
	b := newBench(t)
	at := b.Now()
	b.Now = func() time.Time { return at }
	for _, name := range domains {
		at = at.Add(time.Hour)
		if err := b.Add(t.Context(), b.a, []fqdn.Name{name}); err != nil {
			t.Fatal(err)
		}
	}
	b.told = nil
	return b
}

// active lists the domains of the first organization that are not set aside.
func (b *bench) active(t *testing.T) string {
	t.Helper()
	list, err := b.List(t.Context(), b.a.ID)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range list {
		if d.SetAsideAt == nil {
			names = append(names, d.Name.String())
		}
	}
	return strings.Join(names, " ")
}

// shrink ends the grace of a plan that watches n domains, as grow makes it larger.
func (b *bench) shrink(t *testing.T, n int) {
	t.Helper()
	b.plan(n)
	if err := b.DB.InOrg(t.Context(), b.a.ID, func(ctx context.Context, tx postgres.Tx) error { return b.SetAside(ctx, tx, b.a.ID, n) }); err != nil {
		t.Fatal(err)
	}
}

func (b *bench) grow(t *testing.T, n int) {
	t.Helper()
	b.plan(n)
	if err := b.DB.InOrg(t.Context(), b.a.ID, func(ctx context.Context, tx postgres.Tx) error { return b.PlanGrown(ctx, tx, b.a.ID) }); err != nil {
		t.Fatal(err)
	}
}

func TestSmallerPlanSetsAsideWhatWasAddedLast(t *testing.T) {
	t.Parallel()
	b := watching(t, "c.example", "a.example", "b.example", "d.example")
	b.shrink(t, 2)
	if got := b.active(t); got != "a.example c.example" {
		t.Errorf("active: %s", got)
	}
	if all := names(t, b, b.a); len(all) != 4 {
		t.Errorf("domains are gone: %v", all)
	}
	list, _, err := b.Trail.Events(t.Context(), b.a.ID, audit.Query{Action: "domain.set-aside", Limit: 10})
	if err != nil || len(list) != 2 || list[0].Person != nil {
		t.Errorf("recorded: %v, %v", list, err)
	}
}

func TestOwnersChoiceInTheGraceHoldsAtItsEnd(t *testing.T) {
	t.Parallel()
	b := watching(t, "a.example", "b.example", "c.example")
	b.plan(1)
	if err := b.Choose(t.Context(), b.a, []fqdn.Name{"a.example", "b.example"}); !fault.Upgrades(err) {
		t.Errorf("more than the plan watches are chosen: %v", err)
	}
	for _, choice := range []fqdn.Name{"c.example", "b.example"} { // another mind
		if err := b.Choose(t.Context(), b.a, []fqdn.Name{choice}); err != nil {
			t.Fatal(err)
		}
		if got := b.active(t); got != "a.example b.example c.example" {
			t.Errorf("within the grace only these are active: %s", got)
		}
	}
	b.shrink(t, 1)
	if got := b.active(t); got != "b.example" {
		t.Errorf("active: %s", got)
	}
}

func TestOwnerChangesWhichDomainsAreActive(t *testing.T) {
	t.Parallel()
	b := watching(t, "a.example", "b.example", "c.example")
	b.shrink(t, 1)
	if err := b.Choose(t.Context(), b.a, []fqdn.Name{"c.example"}); err != nil {
		t.Fatal(err)
	}
	if got := b.active(t); got != "c.example" {
		t.Errorf("active: %s", got)
	}
	if !slices.Equal(b.told, []string{"[c.example]"}) {
		t.Errorf("released: %v", b.told)
	}
	for action, want := range map[string]string{"domain.set-aside": "a.example", "domain.resume": "c.example"} {
		list, _, err := b.Trail.Events(t.Context(), b.a.ID, audit.Query{Action: action, By: audit.ByPerson, Person: b.a.Person, Limit: 10})
		if err != nil || len(list) != 1 || list[0].Subject != want {
			t.Errorf("%s: %v, %v", action, list, err)
		}
	}
	if err := b.Choose(t.Context(), b.a, []fqdn.Name{"foreign.example"}); !fault.Is(err, fault.Invalid) {
		t.Errorf("none is left: %v", err)
	}
}

// Whoever answers the question of a smaller plan on a page from before the plan
// grew would find no page to take that back.
func TestNothingIsSetAsideWhereThePlanHasRoomForAll(t *testing.T) {
	t.Parallel()
	b := watching(t, "a.example", "b.example", "c.example")
	b.plan(3)
	if err := b.Choose(t.Context(), b.a, []fqdn.Name{"b.example"}); !fault.Is(err, fault.Conflict) {
		t.Errorf("the choice of one domain: %v", err)
	}
	if got := b.active(t); got != "a.example b.example c.example" {
		t.Errorf("active: %s", got)
	}
}

func TestLargerPlanBringsDomainsBackOldestFirst(t *testing.T) {
	t.Parallel()
	b := watching(t, "d.example", "c.example", "b.example", "a.example")
	b.shrink(t, 1)
	b.grow(t, 3)
	if got := b.active(t); got != "b.example c.example d.example" {
		t.Errorf("active: %s", got)
	}
	b.grow(t, 5)
	if got := b.active(t); got != "a.example b.example c.example d.example" {
		t.Errorf("active: %s", got)
	}
	if !slices.Equal(b.told, []string{"[c.example b.example]", "[a.example]"}) {
		t.Errorf("released: %v", b.told)
	}
}

func TestLargerPlanWithinTheGraceTakesNothingAway(t *testing.T) {
	t.Parallel()
	b := watching(t, "a.example", "b.example", "c.example")
	b.grow(t, 2) // larger than what it had become, smaller than what there is
	if got := b.active(t); got != "a.example b.example c.example" {
		t.Errorf("active: %s", got)
	}
}

func TestDomainSetAsideTakesNoPlace(t *testing.T) {
	t.Parallel()
	b := watching(t, "a.example", "b.example")
	b.shrink(t, 1)
	if err := b.Add(t.Context(), b.a, []fqdn.Name{"c.example"}); !fault.Upgrades(err) {
		t.Errorf("a second is added: %v", err)
	}
	b.plan(2)
	if err := b.Add(t.Context(), b.a, []fqdn.Name{"c.example"}); err != nil {
		t.Error(err)
	}
	if got := b.active(t); got != "a.example c.example" {
		t.Errorf("active: %s", got)
	}
}
