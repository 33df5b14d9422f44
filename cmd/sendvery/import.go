package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/report"
)

type importCommand struct {
	app.Config `embed:""`
	Org        string   `required:"" help:"Organization to import into, as it stands in its pages' addresses."`
	Paths      []string `arg:"" name:"path" help:"Files and folders with reports or report mails."`
}

func (c *importCommand) problems() error { return c.CheckStored() }

// importBatch is how many files are open at once.
const importBatch = 50

// Run implements the command.
func (c *importCommand) Run(p *process) error {
	a, err := app.Open(p.ctx, c.Config, p.log)
	if err != nil {
		return err
	}
	defer a.Close()
	var names []string
	for name, err := range files(c.Paths) {
		if err != nil {
			return err
		}
		names = append(names, name)
	}
	counts, err := importAll(p, a, c.Org, names)
	for _, verdict := range report.Verdicts {
		if counts[verdict] > 0 {
			fmt.Fprintf(p.stdout, "%-10s %d\n", verdict, counts[verdict])
		}
	}
	return err
}

// importAll imports the files and counts what is stored, also when it fails.
func importAll(p *process, a *app.App, org string, names []string) (report.Imported, error) {
	total := report.Imported{}
	for some := range slices.Chunk(names, importBatch) {
		counts, err := importFiles(p, a, org, some)
		for verdict, count := range counts {
			total[verdict] += count
		}
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// importFiles imports files, mbox files mail by mail.
func importFiles(p *process, a *app.App, org string, names []string) (counts report.Imported, err error) {
	var batch []report.File
	var open []*os.File
	defer func() {
		for _, f := range open {
			err = errors.Join(err, f.Close())
		}
	}()
	for _, name := range names {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		open = append(open, f)
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		for mail, err := range mimepart.Messages(mimepart.Source{ReaderAt: f, Size: info.Size(), Name: filepath.Base(name)}) {
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			batch = append(batch, report.File{Name: mail.Name, Content: mail.ReaderAt, Size: mail.Size})
		}
	}
	return a.Import(p.ctx, org, batch)
}
