package main

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/postgres/cluster"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

// present is the benchmarks' clock: the sample reports are of the days before.
var present = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

const watchedDomain = "example.com"

// auditKeys are those of the house, and of programs that run beside it.
const auditKeys = dbtest.AuditKeys

// house is a program's database with normal durability and one organization.
type house struct {
	server  *cluster.Cluster
	home    string
	db      *postgres.DB
	trail   *audit.Trail
	reports *report.Service
	access  org.Access // of its owner
	org     org.ID
	domain  domain.ID
	admin   *pgx.Conn // superuser, whom no policy binds: for the baseline
	slug    string
	n       int   // reports made
	filled  int64 // and reports that fill has made
}

// silent is a queue for jobs that nobody does here.
type silent struct{}

func (silent) Enqueue(context.Context, postgres.Tx, work.Args, ...work.Option) error { return nil }

func openHouse(ctx context.Context) (h *house, err error) {
	h = &house{}
	binaries, err := dbtest.Binaries(ctx)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sendvery-bench-")
	if err != nil {
		return nil, err
	}
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the user that PostgreSQL runs as must be able to enter
		return nil, err
	}
	if h.home, err = cluster.Home(dir); err != nil {
		return nil, err
	}
	if h.server, err = cluster.Start(ctx, cluster.Options{Home: h.home, Binaries: binaries}); err != nil {
		return nil, err
	}
	if err := h.prepare(ctx); err != nil {
		return nil, errors.Join(err, h.close(ctx))
	}
	return h, nil
}

func (h *house) prepare(ctx context.Context) error {
	const name = "bench"
	var err error
	if h.admin, err = prepareDatabase(ctx, h.server, name); err != nil {
		return err
	}
	if h.db, err = postgres.Open(ctx, postgres.Config{URL: h.server.URL(postgres.RoleApp, name)}); err != nil {
		return err
	}
	return h.settle(ctx)
}

// databases are those of a server, by who uses them.
type databases interface {
	URL(role, name string) string
	SuperuserURL(name string) string
}

// prepareDatabase mak a database with this version's schema, unless it is
// there, and connects to it as a superuser.
func prepareDatabase(ctx context.Context, server databases, name string) (*pgx.Conn, error) {
	if err := postgres.EnsureDatabase(ctx, server.SuperuserURL("postgres"), name); err != nil {
		return nil, err
	}
	if err := postgres.CreateRoles(ctx, server.SuperuserURL(name)); err != nil {
		return nil, err
	}
	if err := postgres.Migrate(ctx, server.URL(postgres.RoleOwner, name), migrations.Files, work.Migrate); err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, server.SuperuserURL(name))
}

// settle makes the organization and its domain.
func (h *house) settle(ctx context.Context) error {
	now := func() time.Time { return present }
	keys, err := seal.ParseSigner(auditKeys)
	if err != nil {
		return err
	}
	h.trail = &audit.Trail{Keys: keys}
	h.reports = &report.Service{DB: h.db, Trail: h.trail, Queue: silent{}, Log: slog.New(slog.DiscardHandler), Now: now}
	person := uid.New[postgres.Person]()
	if _, err := h.admin.Exec(ctx, `INSERT INTO people (person_id, email, created_at) VALUES ($1, 'bench@example.org', now())`, person); err != nil {
		return err
	}
	o, err := (&org.Service{DB: h.db, Trail: h.trail, Now: now}).EnsureFirst(ctx, person, "bench@example.org")
	if err != nil {
		return err
	}
	h.org, h.slug = o.ID, o.Slug
	h.access = org.Access{Membership: org.Membership{Organization: o, Role: org.Owner}, Person: person}
	domains := &domain.Service{DB: h.db, Trail: h.trail, Now: now, Added: h.reports.DomainsAdded}
	if err := domains.Add(ctx, h.access, []fqdn.Name{watchedDomain}); err != nil {
		return err
	}
	d, err := domains.Find(ctx, h.org, watchedDomain)
	h.domain = d.ID
	return err
}

func (h *house) close(ctx context.Context) error {
	if h.admin != nil {
		_ = h.admin.Close(ctx) // the server ends next
	}
	if h.db != nil {
		h.db.Close()
	}
	if err := h.server.Stop(); err != nil {
		return err
	}
	return os.RemoveAll(h.home)
}
