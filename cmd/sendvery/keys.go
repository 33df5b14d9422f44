package main

import (
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/seal"
)

type keysCommand struct {
	Generate keysGenerateCommand `cmd:"" help:"Print a new key, to stand first in SEAL_KEYS."`
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

type importCommand struct {
	app.Config `embed:""`
}

// Run implements the command.
func (c *importCommand) Run(*process) error { return nil }

type parseCommand struct{}

// Run implements the command.
func (c *parseCommand) Run(*process) error { return nil }
