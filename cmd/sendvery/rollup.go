package main

import (
	"errors"
	"fmt"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
)

type rollupCommand struct {
	Rebuild rebuildCommand `cmd:"" help:"Add up all days anew from their records; can be stopped and run again at any time."`
}

type rebuildCommand struct {
	app.Config   `embed:""`
	Organization string `placeholder:"SLUG" help:"Organization, as it stands in its pages' addresses; all unless given."`
}

func (c *rebuildCommand) problems() error { return c.CheckStored() }

// Run implements the command.
func (c *rebuildCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	days := 0
	err = a.Rebuild(p.ctx, c.Organization, func(o org.Organization, done, of int) {
		if fmt.Fprintf(p.stderr, "%s: %d of %d days\n", o.Slug, done, of); done == of {
			days += of
		}
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d days of domains were added up anew.\n", days)
	return nil
}

type checkCommand struct {
	app.Config `embed:""`
}

func (c *checkCommand) problems() error { return c.CheckStored() }

// errDiffers makes the exit code tell that something is wrong.
var errDiffers = errors.New("sums differ from the records; sendvery rollup rebuild makes them anew")

// Run implements the command.
func (c *checkCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	differences := 0
	days, err := a.CheckSums(p.ctx, func(o org.Organization, d report.Difference) {
		differences++
		fmt.Fprintf(p.stdout, "%s: %s: %s\n", o.Slug, d.Domain, d)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d days of domains were compared; differences: %d.\n", days, differences)
	if differences > 0 {
		return errDiffers
	}
	return nil
}
