package main

import (
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/seal"
)

type keysCommand struct {
	Generate keysGenerateCommand `cmd:"" help:"Print a new key, to stand first in SEAL_KEYS or AUDIT_KEYS."`
	Rotate   keysRotateCommand   `cmd:"" help:"Seal everything again with the first key of SEAL_KEYS."`
	Status   keysStatusCommand   `cmd:"" help:"Show how many passwords are sealed with each key."`
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
	n, err := a.RotateKeys(p.ctx)
	fmt.Fprintf(p.stdout, "%d passwords were sealed again.\n", n)
	return err
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
	keys, err := a.KeyStatus(p.ctx)
	if err != nil {
		return err
	}
	for _, k := range keys {
		fmt.Fprintf(p.stdout, "%-32s %6d  %s\n", k.ID, k.Secrets, k.Remark)
	}
	return nil
}
