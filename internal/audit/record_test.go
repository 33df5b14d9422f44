package audit_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var now = time.Date(2026, 11, 20, 12, 0, 0, 123456789, time.UTC)

// bench is a trail on a database of its own, with an organization and a person.
type bench struct {
	*audit.Trail
	db     *dbtest.Database
	org    postgres.TenantID
	person postgres.PersonID
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{Trail: dbtest.Trail(t), db: dbtest.New(t)}
	b.DB, b.Now = b.db.DB, func() time.Time { return now }
	b.org, b.person = b.newOrg(t, "first"), b.newPerson(t, "ada@first.example")
	return b
}

func (b *bench) newOrg(t *testing.T, slug string) postgres.TenantID {
	t.Helper()
	org := uid.New[postgres.Tenant]()
	err := b.db.InOrg(t.Context(), org, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO organizations (org_id, slug, name, created_at) VALUES ($1, $2, $2, now())`, org, slug)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func (b *bench) newPerson(t *testing.T, email string) postgres.PersonID {
	t.Helper()
	person := uid.New[postgres.Person]()
	err := b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, person, email)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return person
}

// event is a change in the organization by the person.
func (b *bench) event(subject string) audit.Event {
	return audit.Event{Org: b.org, Person: b.person, Action: "domain.add", Subject: subject, At: now}
}

// do records events in one transaction of the organization.
func (b *bench) do(ctx context.Context, events ...audit.Event) error {
	return b.db.InOrg(ctx, b.org, func(ctx context.Context, tx postgres.Tx) error { return b.Record(ctx, tx, events...) })
}

// one reads a single value of the organization.
func one[T any](t *testing.T, b *bench, sql string, args ...any) (v T) {
	t.Helper()
	err := b.db.InOrg(t.Context(), b.org, func(ctx context.Context, tx postgres.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&v) })
	if err != nil {
		t.Fatal(sql, ": ", err)
	}
	return v
}

func TestEventsOfOneCallGoToTheirChains(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	personal := audit.Event{Person: b.person, Action: "session.begin", Subject: "s1", At: now}
	program := audit.Event{Action: "key.rotate", Subject: "k1", At: now}
	if err := b.do(t.Context(), personal, b.event("one.example"), program, b.event("two.example"), personal); err != nil {
		t.Fatal(err)
	}
	for sql, want := range map[string]string{
		`SELECT string_agg(subject, ' ' ORDER BY seq) FROM audit_events WHERE mac IS NOT NULL`:          "one.example two.example",
		`SELECT string_agg(seq || ' ' || action, ', ' ORDER BY chain_id, seq) FROM audit_person_events`: "1 key.rotate, 1 session.begin, 2 session.begin",
		`SELECT string_agg(seq::text, ' ' ORDER BY chain_id) FROM audit_person_heads`:                   "1 2",
		`SELECT seq::text FROM audit_heads`:                                                             "2",
		`SELECT string_agg(key_id, ' ') FROM audit_keys`:                                                "tests",
	} {
		if got := one[string](t, b, sql); got != want {
			t.Errorf("%s: %q, want %q", sql, got, want)
		}
	}
}

func TestAnEventWithoutItsChangeDoesNotExist(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	broken := errors.New("the change fails")
	err := b.db.InOrg(t.Context(), b.org, func(ctx context.Context, tx postgres.Tx) error {
		if err := b.Record(ctx, tx, b.event("one.example")); err != nil {
			return err
		}
		return broken
	})
	if !errors.Is(err, broken) {
		t.Fatal(err)
	}
	if n := one[int](t, b, `SELECT (SELECT count(*) FROM audit_events) + (SELECT count(*) FROM audit_heads)`); n != 0 {
		t.Errorf("%d rows are left of it", n)
	}
	if err := b.do(t.Context(), b.event("two.example")); err != nil {
		t.Error("the next one: ", err)
	}
}

func TestEventOfAnotherOrganizationIsRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	foreign := b.event("one.example")
	foreign.Org = b.newOrg(t, "second")
	if err := b.do(t.Context(), foreign); err == nil {
		t.Error("it is recorded")
	}
}

func TestTheProgramCanNeitherChangeNorDeleteEvents(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if err := b.do(t.Context(), b.event("one.example"), audit.Event{Person: b.person, Action: "session.begin", At: now}); err != nil {
		t.Fatal(err)
	}
	for _, sql := range []string{
		`UPDATE audit_events SET subject = 'another'`, `DELETE FROM audit_events`, `TRUNCATE audit_events`, `DELETE FROM audit_heads`,
		`UPDATE audit_person_events SET subject = 'another'`, `DELETE FROM audit_person_events`, `DELETE FROM audit_person_heads`, `DELETE FROM audit_keys`,
	} {
		for name, in := range map[string]func(context.Context, func(context.Context, postgres.Tx) error) error{
			"app": func(ctx context.Context, fn func(context.Context, postgres.Tx) error) error {
				return b.db.InOrg(ctx, b.org, fn)
			}, "system": b.db.InSystem,
		} {
			err := in(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
				_, err := tx.Exec(ctx, sql)
				return err
			})
			if err == nil {
				t.Errorf("%s as %s is allowed", sql, name)
			}
		}
	}
}

func TestWritersAtOnceMakeOneChain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	const writers, each = 16, 20
	var all sync.WaitGroup
	for range writers {
		all.Go(func() {
			for range each {
				if err := b.do(context.Background(), audit.Event{Person: b.person, Action: "session.begin", At: now}, b.event("one.example")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	const whole = `SELECT count(*) = 320 AND min(seq) = 1 AND max(seq) = 320 AND count(DISTINCT mac) = 320 FROM `
	for _, table := range []string{"audit_events", "audit_person_events"} {
		if !one[bool](t, b, whole+table) {
			t.Errorf("%s has gaps or a fork", table)
		}
	}
	if found, v := b.verify(t, ""); found != "" || v.Events != 2*writers*each {
		t.Errorf("%d events: %s", v.Events, found)
	}
}
