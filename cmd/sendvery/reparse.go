package main

import (
	"errors"
	"fmt"
	"io"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/report"
)

type reparseCommand struct {
	app.Config `embed:""`
	Org        string    `help:"Organization, as it stands in its pages' addresses; all unless given."`
	Refused    bool      `help:"Read what is refused."`
	Since      time.Time `help:"Read everything that came in on this day (UTC) or later." format:"2006-01-02" placeholder:"DATE"`
}

func (c *reparseCommand) problems() error {
	if c.Refused == !c.Since.IsZero() {
		return errors.Join(errors.New("say what is to be read again: either --refused or --since DATE"), c.CheckStored())
	}
	return c.CheckStored()
}

// Run implements the command. It can be stopped and run again at any time.
func (c *reparseCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	counts, err := a.Reparse(p.ctx, c.Org, report.Originals{Refused: c.Refused, Since: c.Since})
	printTurns(p.stdout, counts)
	return err
}

// printTurns prints how many went from each verdict to each.
func printTurns(w io.Writer, counts map[report.Turn]int) {
	total := 0
	for _, before := range report.Verdicts {
		for _, after := range append(report.Verdicts[:], report.Damaged) {
			if n := counts[report.Turn{Before: before, After: after}]; n > 0 {
				fmt.Fprintf(w, "%-10s → %-10s %d\n", before, after, n)
				total += n
			}
		}
	}
	if total == 0 {
		fmt.Fprintln(w, "There is nothing to read again: no such original is kept.")
	}
}
