package main

import (
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/crowd"
)

type demoCommand struct {
	app.Config    `embed:""`
	Organizations int    `default:"20" help:"How many organizations to make."`
	Days          int    `default:"90" help:"How many days they have reports of, up to yesterday."`
	Rows          int    `default:"200000" help:"How many rows their reports have in all, about."`
	Seed          uint64 `default:"1" help:"The same seed makes the same numbers."`
	Email         string `default:"demo@example.org" help:"Address of the person to whom they belong."`
	Add           bool   `help:"Add them to a database that has organizations."`
}

func (c *demoCommand) problems() error {
	err := c.CheckStored()
	if c.Organizations < 1 || c.Days < 1 || c.Rows < 1 {
		err = errors.Join(err, errors.New("--organizations, --days and --rows must be 1 or more"))
	}
	if c.Organizations > 1000 || c.Days > 4000 {
		err = errors.Join(err, errors.New("--organizations is at most 1000, --days at most 4000"))
	}
	return err
}

// Run implements the command.
func (c *demoCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	began := time.Now()
	told := howFar{out: p.stderr, of: int64(c.Rows), what: "rows"}
	rows, err := a.FillCrowd(p.ctx, app.Crowd{
		Plan:  crowd.Plan{Organizations: c.Organizations, Days: c.Days, Rows: c.Rows, Seed: c.Seed, Until: began},
		Email: c.Email, Add: c.Add, Progress: told.tell,
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%d organizations with %d rows are there, after %s. They belong to %s, who can sign in.\n",
		c.Organizations, rows, time.Since(began).Round(time.Second), c.Email)
	return nil
}

// howFar tells how far something is, every five seconds.
type howFar struct {
	out  io.Writer
	of   int64
	what string
	mu   sync.Mutex
	last time.Time
}

func (p *howFar) tell(done int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if time.Since(p.last) > 5*time.Second {
		fmt.Fprintf(p.out, "%d of %d %s\n", done, p.of, p.what)
		p.last = time.Now()
	}
}
