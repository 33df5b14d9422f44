package main

import (
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/billing"
)

type replayCommand struct {
	app.Config `embed:""`
	Event      string `arg:"" optional:"" help:"Id of an event (evt_…), stored or still at Stripe."`
	Since      string `placeholder:"2026-11-30T12:00:00Z" help:"Instead of one: all events since a day or a moment (UTC), those delivered and those that Stripe still has."`
}

func (c *replayCommand) problems() error {
	problems := c.CheckPayments()
	if (c.Event == "") == (c.Since == "") {
		problems = errors.Join(problems, errors.New("name an event, or say --since"))
	}
	if _, err := c.since(); err != nil {
		problems = errors.Join(problems, err)
	}
	return problems
}

// since reads a day or a moment.
func (c *replayCommand) since() (time.Time, error) {
	if c.Since == "" {
		return time.Time{}, nil
	}
	for _, layout := range [...]string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, c.Since); err == nil {
			return at, nil
		}
	}
	return time.Time{}, errors.New("--since is neither a day such as 2026-11-30 nor a moment such as 2026-11-30T12:00:00Z")
}

// errUnfollowed makes the exit code tell that something is left to be done.
var errUnfollowed = errors.New("some events could not be followed; the reasons are above")

// Run implements the command.
func (c *replayCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	done, failed := 0, 0
	told := func(id string, state billing.EventState, err error) {
		done++
		if err != nil {
			failed++
			fmt.Fprintf(p.stdout, "%s: failed: %v\n", id, err)
			return
		}
		fmt.Fprintf(p.stdout, "%s: %s\n", id, state)
	}
	if c.Event != "" {
		state, err := a.ReplayEvent(p.ctx, c.Event)
		told(c.Event, state, err)
	} else {
		since, err := c.since()
		if err != nil {
			return err
		}
		if err := a.ReplaySince(p.ctx, since, told); err != nil {
			return err
		}
	}
	fmt.Fprintf(p.stdout, "Events followed once more: %d; failed: %d.\n", done, failed)
	if failed > 0 {
		return errUnfollowed
	}
	return nil
}

type reconcileCommand struct {
	app.Config `embed:""`
}

func (c *reconcileCommand) problems() error { return c.CheckPayments() }

// errUnrepaired makes the exit code tell that something needs a person.
var errUnrepaired = errors.New("some differences need you; they are above")

// Run implements the command.
func (c *reconcileCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	repaired, left := 0, 0
	compared, err := a.ReconcileBilling(p.ctx, func(d billing.Drift) {
		outcome := "repaired"
		if d.Repaired {
			repaired++
		} else {
			left++
			outcome = "not repaired"
		}
		fmt.Fprintf(p.stdout, "%s: %s (%s)\n", d.Org, d.What, outcome)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Organizations compared with Stripe: %d; differences repaired: %d, left: %d.\n", compared, repaired, left)
	if left > 0 {
		return errUnrepaired
	}
	return nil
}
