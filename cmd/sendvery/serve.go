package main

import (
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"sendvery.com/sendvery/internal/app"
)

type serveCommand struct {
	app.Config `embed:""`
	Roles      []string `default:"web,worker" help:"What this process does: web, worker or both."`
}

func (c *serveCommand) problems() error {
	problems := []error{c.Check()}
	if c.SMTPURL == "" && !c.Production() { // Check says so in production
		problems = append(problems, errors.New("SMTP_URL is missing: nobody could sign in"))
	}
	for _, role := range c.Roles {
		if role != app.RoleWeb && role != app.RoleWorker {
			problems = append(problems, fmt.Errorf("--roles knows web and worker, not %q", role))
		}
	}
	return errors.Join(problems...)
}

// Run implements the command.
func (c *serveCommand) Run(p *process) error {
	a, err := app.New(p.ctx, c.Config, p.log, app.Parts{})
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Run(p.ctx, slices.Compact(c.Roles), func(at map[string]string) {
		p.log.Info("serving", "at", at, "public", c.PublicURL)
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
