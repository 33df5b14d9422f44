package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/audit"
)

type auditCommand struct {
	Anchor auditAnchorCommand `cmd:"" help:"Print the signed end of every chain, to be kept where the database is not."`
	Verify auditVerifyCommand `cmd:"" help:"Check that no event was changed, deleted, inserted or reordered."`
}

type auditAnchorCommand struct {
	app.Config `embed:""`
}

func (c *auditAnchorCommand) problems() error { return c.CheckStored() }

// Run implements the command.
func (c *auditAnchorCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.WriteAnchors(p.ctx, p.stdout)
}

type auditVerifyCommand struct {
	app.Config `embed:""`
	With       string `name:"anchor" placeholder:"FILE" help:"Check also that everything is there that this anchor knows; it may be several, one behind another."`
}

func (c *auditVerifyCommand) problems() error { return c.CheckStored() }

// errBroken makes the exit code tell that something is wrong.
var errBroken = errors.New("the audit trail is not as it was written")

// Run implements the command.
func (c *auditVerifyCommand) Run(p *process) error {
	var anchors io.Reader
	if c.With != "" {
		file, err := os.Open(c.With)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // it was only read
		anchors = file
	}
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	broken := 0
	seen, err := a.VerifyTrail(p.ctx, anchors, func(b audit.Break) {
		broken++
		fmt.Fprintf(p.stdout, "%s: %s\n", b.Chain, b.What)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d chains with %d events were checked; broken: %d.\n", seen.Chains, seen.Events, broken)
	if seen.Older > 0 {
		fmt.Fprintf(p.stdout, "%d older events are from before there were chains; nothing proves them.\n", seen.Older)
	}
	if broken > 0 {
		return errBroken
	}
	return nil
}
