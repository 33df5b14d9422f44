package main

import (
	"fmt"
	"log/slog"
	"net"
	"slices"

	"sendvery.com/sendvery/internal/app"
)

type serveCommand struct {
	app.Config `embed:""`
	Roles      []string `default:"web,worker" help:"What this process does: web, worker or both."`
}

func (c *serveCommand) problems() error { return c.Check() }

// Run implements the command.
func (c *serveCommand) Run(p *process) error {
	for _, role := range c.Roles {
		if role != app.RoleWeb && role != app.RoleWorker {
			return fmt.Errorf("--roles knows web and worker, not %q", role)
		}
	}
	a, err := app.New(p.ctx, c.Config, p.log, app.Parts{})
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Run(p.ctx, slices.Compact(c.Roles), func(at net.Addr) {
		p.log.Info("serving", "address", at.String(), "public", c.PublicURL)
	})
}

type devCommand struct {
	app.Config `embed:""`
}

// Run implements the command.
func (c *devCommand) Run(p *process) error {
	// A person reads this at a terminal: only what is wrong.
	log := slog.New(slog.NewTextHandler(p.stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	return app.Dev(p.ctx, c.Config, log, p.getenv, p.stdout)
}
