package main

import (
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/keyring"
	"sendvery.com/sendvery/internal/seal"
)

type keysCommand struct {
	Generate keysGenerateCommand `cmd:"" help:"Print a new key, to stand first in SEAL_KEYS or AUDIT_KEYS."`
	Rotate   keysRotateCommand   `cmd:"" help:"Seal everything again with the first key of SEAL_KEYS; may be stopped and run again."`
	Status   keysStatusCommand   `cmd:"" help:"Show how many values are sealed with each key, and how far a rotation has come."`
}

type keysGenerateCommand struct {
	ID string `help:"Name of the key; today's date unless given." placeholder:"NAME"`
}

// Run implements the command.
func (c *keysGenerateCommand) Run(p *process) error {
	if c.ID == "" {
		c.ID = time.Now().UTC().Format("2006-01-02")
	}
	fmt.Fprintln(p.stdout, seal.GenerateKey(c.ID))
	return nil
}

type keysRotateCommand struct {
	app.Config `embed:""`
}

func (c *keysRotateCommand) problems() error { return c.CheckStored() }

// Run implements the command. It can be stopped and run again at any time.
func (c *keysRotateCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.RotateKeys(p.ctx, func(r keyring.Run) {
		if r.FinishedAt == nil {
			fmt.Fprintf(p.stdout, "%d of %d values are sealed again.\n", r.Done, r.Total)
		} else {
			fmt.Fprintf(p.stdout, "%d values were sealed again.\n", r.Done)
		}
	})
}

type keysStatusCommand struct {
	app.Config `embed:""`
}

func (c *keysStatusCommand) problems() error { return c.CheckStored() }

// Run implements the command.
func (c *keysStatusCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	status, err := a.KeyStatus(p.ctx)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, "Values sealed with SEAL_KEYS:")
	for _, k := range status.Sealing {
		fmt.Fprintf(p.stdout, "  %-32s %8d  %s\n", k.ID, k.Values, k.Remark)
		for _, u := range k.Columns {
			fmt.Fprintf(p.stdout, "    %-30s %8d\n", u.Column, u.Values)
		}
	}
	fmt.Fprintln(p.stdout, "Audit trail signed with AUDIT_KEYS:")
	for _, k := range status.Signing {
		fmt.Fprintf(p.stdout, "  %-32s %8s  %s\n", k.ID, "", k.Remark)
	}
	if len(status.Rotations) > 0 {
		fmt.Fprintln(p.stdout, "Rotations:")
	}
	for _, r := range status.Rotations {
		fmt.Fprintf(p.stdout, "  to %s: %s\n", r.Key, progress(r))
	}
	return nil
}

// progress says how far a rotation has come.
func progress(r keyring.Run) string {
	text := fmt.Sprintf("%d of %d values are sealed again", r.Done, r.Total)
	if r.Failed > 0 {
		text += fmt.Sprintf(", %d do not open (%s)", r.Failed, r.Failure)
	}
	const form = "2006-01-02 15:04 UTC"
	if r.FinishedAt != nil {
		return text + "; ended " + r.FinishedAt.UTC().Format(form)
	}
	return text + "; under way since " + r.StartedAt.UTC().Format(form) + ", last step " + r.AdvancedAt.UTC().Format(form)
}
