package main

import (
	"errors"
	"fmt"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

type migrateCommand struct {
	app.Config `embed:""`
}

// Run implements the command.
func (c *migrateCommand) Run(p *process) error {
	if c.MigrateURL == "" {
		return errors.New("MIGRATE_DATABASE_URL is missing: the database as the role sendvery_owner")
	}
	if err := postgres.Migrate(p.ctx, c.MigrateURL, migrations.Files, work.Migrate); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "The database has this version's schema.")
	return nil
}

type dbCommand struct {
	Roles dbRolesCommand `cmd:"" help:"Print the SQL that makes the three roles, or run it."`
}

type dbRolesCommand struct {
	On string `name:"run" placeholder:"URL" help:"Run it on this database as a superuser instead of printing it."`
}

// Run implements the command.
func (c *dbRolesCommand) Run(p *process) error {
	if c.On == "" {
		_, err := fmt.Fprint(p.stdout, postgres.RolesSQL)
		return err
	}
	if err := postgres.CreateRoles(p.ctx, c.On); err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "The roles are there, and the database belongs to", postgres.RoleOwner+".")
	return nil
}
