package soak

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// owner is an organization's owner, who does by the services what the pages
// offer. Jobs are only put into the queue here; the replicas do them.
type owner struct {
	access    org.Access
	domain    fqdn.Name
	mailboxes *mailbox.Service
}

// newServices makes what owners act through: a process that serves pages and
// does no jobs.
func newServices(t *testing.T, d *database, keys string) *mailbox.Service {
	t.Helper()
	db, err := postgres.Open(t.Context(), postgres.Config{URL: d.server.URL(postgres.RoleApp, databaseName)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	ring, err := seal.ParseRing(keys)
	if err != nil {
		t.Fatal(err)
	}
	limits, err := limit.NewMemory("connection tests", 1_000_000, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	trail := dbtest.Trail(t)
	reports := &report.Service{DB: db, Trail: trail, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	boxes := &mailbox.Service{
		DB: db, Trail: trail, Ring: ring, Intake: reports, Holder: "owners", Now: time.Now, Tests: limits, TestsAtHost: limits,
		Domains: &domain.Service{DB: db, Trail: trail, Now: time.Now, Added: reports.DomainsAdded},
	}
	jobs := work.NewRegistry()
	work.Handle(jobs, 0, boxes.Do)
	work.Handle(jobs, 0, reports.Release)
	queue, err := work.New(db, jobs, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	boxes.Queue, reports.Queue = queue, queue
	return boxes
}

// newOwner signs somebody up.
func newOwner(t *testing.T, d *database, boxes *mailbox.Service, name fqdn.Name) *owner {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), d.server.SuperuserURL(databaseName))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(t.Context())
	person, email := uid.New[postgres.Person](), "owner@"+name.String()
	if _, err := conn.Exec(t.Context(), `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, person, email); err != nil {
		t.Fatal(err)
	}
	o, err := (&org.Service{DB: boxes.DB, Trail: boxes.Trail, Now: time.Now}).EnsureFirst(t.Context(), person, email)
	if err != nil {
		t.Fatal(err)
	}
	return &owner{domain: name, mailboxes: boxes, access: org.Access{Membership: org.Membership{Organization: o, Role: org.Owner}, Person: person}}
}

// find returns the account's mailbox; ok is false before it is connected. It is
// asked every time: an answer that was lost in a crash is no answer.
func (o *owner) find(ctx context.Context, a *account) (m mailbox.Mailbox, ok bool, err error) {
	all, err := o.mailboxes.List(ctx, o.access.ID)
	for _, m := range all {
		if m.Username == a.settings.Username {
			return m, true, err
		}
	}
	return m, false, err
}

// tend does what the mailbox needs of its owner: connect, test again, choose,
// and have it read at once, also when it waits after a failure or has stopped.
func (o *owner) tend(ctx context.Context, a *account) error {
	m, ok, err := o.find(ctx, a)
	switch {
	case err != nil:
		return err
	case !ok:
		_, err := o.mailboxes.Connect(ctx, o.access, a.settings)
		return err
	case m.State == mailbox.Testing:
		run, _, err := o.mailboxes.Run(ctx, o.access.ID, m.ID, mailbox.TestRun)
		if err != nil || run.State != mailbox.RunFailed {
			return err
		}
		return o.mailboxes.Retest(ctx, o.access, m.ID, a.settings)
	case m.State == mailbox.Choosing:
		return o.mailboxes.Choose(ctx, o.access, m.ID, []fqdn.Name{o.domain})
	default:
		return o.mailboxes.CheckNow(ctx, o.access, m.ID)
	}
}

// rested reports whether the mailbox waits for its next poll after one that
// went well to its end.
func (o *owner) rested(ctx context.Context, a *account) (bool, error) {
	m, ok, err := o.find(ctx, a)
	return ok && m.State == mailbox.Polling && m.Failure == nil && m.FinishFailure == nil &&
		m.NextAt != nil && time.Until(*m.NextAt) > 10*time.Minute, err
}
