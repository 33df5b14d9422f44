package org_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func newService(t *testing.T) *org.Service {
	t.Helper()
	return &org.Service{DB: dbtest.New(t).DB, Trail: dbtest.Trail(t), Now: func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }}
}

func person(t *testing.T, s *org.Service) postgres.PersonID {
	t.Helper()
	id := uid.New[postgres.Person]()
	err := s.DB.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, id, id.String()+"@example.org")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func first(t *testing.T, s *org.Service, email string) (postgres.PersonID, org.Organization) {
	t.Helper()
	id := person(t, s)
	o, err := s.EnsureFirst(t.Context(), id, email)
	if err != nil {
		t.Fatal(email, ": ", err)
	}
	return id, o
}

func TestFirstSignInTwiceAtOnceMakesOneOrganization(t *testing.T) {
	t.Parallel()
	s := newService(t)
	id := person(t, s)
	type answer struct {
		o   org.Organization
		err error
	}
	answers, start := make(chan answer, 6), make(chan struct{})
	for range 6 {
		go func() {
			<-start
			o, err := s.EnsureFirst(context.Background(), id, "ada@example.org")
			answers <- answer{o, err}
		}()
	}
	close(start)
	seen := map[org.ID]bool{}
	for range 6 {
		a := <-answers
		if a.err != nil || a.o.Slug != "example-org" || a.o.Name != "example.org" {
			t.Errorf("%+v, %v", a.o, a.err)
		}
		seen[a.o.ID] = true
	}
	list, err := s.Memberships(t.Context(), id)
	if err != nil || len(list) != 1 || len(seen) != 1 || list[0].Role != org.Owner {
		t.Errorf("%d organizations, %d memberships %+v, %v", len(seen), len(list), list, err)
	}
}

func TestSlugs(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for email, want := range map[string]string{
		"a@Example.COM": "example-com", "a@mail.example.co.uk": "mail-example-co-uk", "a@xn--bcher-kva.example": "xn-bcher-kva-example",
		"a@x--y.example": "x-y-example", "a@123.example": "123-example", "a@" + strings.Repeat("long", 20) + ".example": strings.Repeat("long", 8),
		"a@" + strings.Repeat("b", 31) + ".example": strings.Repeat("b", 31), "a@…": "team",
	} {
		if _, o := first(t, s, email); o.Slug != want {
			t.Errorf("%s: %s, want %s", email, o.Slug, want)
		}
	}
}

func TestPeopleOfOneMailDomainGetSlugsOfTheirOwn(t *testing.T) {
	t.Parallel()
	s := newService(t)
	taken := map[string]bool{}
	long := strings.Repeat("long", 20) + ".example"
	for i, host := range []string{"example.org", "example.org", "example.org", long, long} {
		_, o := first(t, s, fmt.Sprintf("p%d@%s", i, host))
		if taken[o.Slug] || len(o.Slug) > 40 || !regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`).MatchString(o.Slug) || o.Name != host {
			t.Errorf("%d: slug %q of %q", i, o.Slug, o.Name)
		}
		taken[o.Slug] = true
	}
}

func TestForeignAndMissingOrganizationsAnswerTheSame(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, own := first(t, s, "ada@first.example")
	_, foreign := first(t, s, "bob@second.example")
	_, notYours := s.Enter(t.Context(), ada, "ada@first.example", foreign.Slug)
	for name, slug := range map[string]string{"missing": "nothing", "empty": "", "in capitals": strings.ToUpper(own.Slug), "with NUL": own.Slug + "\x00"} {
		_, err := s.Enter(t.Context(), ada, "ada@first.example", slug)
		if !fault.Is(err, fault.NotFound) || err.Error() != notYours.Error() {
			t.Errorf("%s: %v, a foreign one: %v", name, err, notYours)
		}
	}
	a, err := s.Enter(t.Context(), ada, "ada@first.example", own.Slug)
	if err != nil || a.ID != own.ID || a.Role != org.Owner || a.Email != "ada@first.example" || len(a.All) != 1 {
		t.Errorf("one's own: %+v, %v", a, err)
	}
}

func TestRename(t *testing.T) {
	t.Parallel()
	s := newService(t)
	ada, own := first(t, s, "ada@first.example")
	enter := func() org.Access {
		t.Helper()
		a, err := s.Enter(t.Context(), ada, "ada@first.example", own.Slug)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	for name, want := range map[string]string{"": "", "  \t ": "", strings.Repeat("ä", 81): "", strings.Repeat("ä", 80): strings.Repeat("ä", 80), " Ada & Söhne ": "Ada & Söhne"} {
		err := s.Rename(t.Context(), enter(), name)
		if want == "" && fault.FieldsOf(err)["name"] == "" {
			t.Errorf("%q: %v, want a sentence", name, err)
		}
		if a := enter(); want != "" && (err != nil || a.Name != want || a.Slug != own.Slug) {
			t.Errorf("%q: %q at %q, %v", name, a.Name, a.Slug, err)
		}
	}
	var events int
	err := s.DB.InOrg(t.Context(), own.ID, func(ctx context.Context, tx postgres.Tx) error {
		return tx.QueryRow(ctx, `SELECT count(*) FROM audit_events WHERE action = 'organization.rename' AND person_id = $1`, ada).Scan(&events)
	})
	if err != nil || events != 2 {
		t.Errorf("%d renames are recorded, %v", events, err)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for role, want := range map[org.Role]string{
		org.Viewer: "x.....", org.Member: "xx....", org.Admin: "xxxxxx", org.Owner: "xxxxxx", "": "......", "root": "......",
	} {
		got := ""
		for _, right := range []org.Right{org.Read, org.ManageDomains, org.ManageMailboxes, org.ReadOriginals, org.ManageSettings, org.ReadAudit} {
			if role.May(right) {
				got += "x"
			} else {
				got += "."
			}
		}
		if got != want || role.May("") || role.May("everything") {
			t.Errorf("%q may %s, want %s", role, got, want)
		}
	}
}
