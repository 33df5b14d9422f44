package domain_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// bench is the service with two organizations; told is what it said of new
// domains.
type bench struct {
	*domain.Service
	a, b org.Access
	told []string
	fail error
}

func newBench(t *testing.T) *bench {
	t.Helper()
	now := func() time.Time { return time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC) }
	db := dbtest.New(t).DB
	b := &bench{}
	trail := dbtest.Trail(t)
	trail.DB = db
	b.Service = &domain.Service{DB: db, Trail: trail, Now: now, Added: func(_ context.Context, _ postgres.Tx, _ org.ID, names []fqdn.Name) error {
		b.told = append(b.told, fmt.Sprint(names))
		return b.fail
	}}
	orgs := &org.Service{DB: db, Trail: trail, Now: now}
	for i, into := range []*org.Access{&b.a, &b.b} {
		person := uid.New[postgres.Person]()
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, person, fmt.Sprintf("p%d@example.org", i))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		o, err := orgs.EnsureFirst(t.Context(), person, fmt.Sprintf("p%d@org%d.example", i, i))
		if err != nil {
			t.Fatal(err)
		}
		*into = org.Access{Membership: org.Membership{Organization: o, Role: org.Owner}, Person: person}
	}
	return b
}

func names(t *testing.T, b *bench, a org.Access) (all []fqdn.Name) {
	t.Helper()
	list, err := b.List(t.Context(), a.ID)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range list {
		all = append(all, d.Name)
	}
	return all
}

func TestOnlyNewDomainsAreTold(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, add := range [][]fqdn.Name{{"b.example", "a.example", "a.example"}, {"a.example"}, {"a.example", "c.example"}, nil} {
		if err := b.Add(t.Context(), b.a, add); err != nil {
			t.Fatal(err)
		}
	}
	if got := names(t, b, b.a); !slices.Equal(got, []fqdn.Name{"a.example", "b.example", "c.example"}) {
		t.Errorf("domains: %v", got)
	}
	if !slices.Equal(b.told, []string{"[b.example a.example]", "[c.example]"}) {
		t.Errorf("told of %v", b.told)
	}
}

func TestDomainIsUniqueWithinItsOrganizationOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, a := range []org.Access{b.a, b.b} {
		if err := b.Add(t.Context(), a, []fqdn.Name{"a.example"}); err != nil {
			t.Fatal(err)
		}
	}
	mine, err := b.Find(t.Context(), b.a.ID, "a.example")
	if err != nil {
		t.Fatal(err)
	}
	if theirs, err := b.Find(t.Context(), b.b.ID, "a.example"); err != nil || theirs.ID == mine.ID {
		t.Errorf("%v, %v", theirs, err)
	}
	if _, err := b.Find(t.Context(), b.a.ID, "nothing.example"); !fault.Is(err, fault.NotFound) {
		t.Errorf("a domain that is not watched: %v", err)
	}
}

func TestDomainIsNotAddedWhenItsReportsCannotBeReleased(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail = errors.New("the queue is away")
	if err := b.Add(t.Context(), b.a, []fqdn.Name{"a.example"}); !errors.Is(err, b.fail) {
		t.Errorf("%v", err)
	}
	if got := names(t, b, b.a); len(got) != 0 {
		t.Errorf("it was added all the same: %v", got)
	}
}

func TestDomainsAddedAtOnceInAnyOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Added = func(context.Context, postgres.Tx, org.ID, []fqdn.Name) error { return nil }
	for round := range 3 { // in the first one, the pool still opens connections
		var list []fqdn.Name
		for i := range 60 {
			list = append(list, fqdn.Name(fmt.Sprintf("d%d-%d.example", round, i)))
		}
		turned := slices.Clone(list)
		slices.Reverse(turned)
		done, start := make(chan error, 2), make(chan struct{})
		for _, l := range [][]fqdn.Name{list, turned} {
			go func() { <-start; done <- b.Add(context.Background(), b.a, l) }()
		}
		close(start)
		for range 2 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	if got := names(t, b, b.a); len(got) != 180 {
		t.Errorf("%d domains", len(got))
	}
}
