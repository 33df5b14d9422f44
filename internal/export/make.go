package export

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/spool"
)

// about is the text that explains the files.
const about = `Everything that Sendvery stores of this organization, as far as it is not a
secret: a file of JSON lines for each table of the database, one line a row.

reports.jsonl and records.jsonl are the DMARC aggregate reports and their rows;
a row's report_id and auth_id lead to reports.jsonl and auth_results.jsonl, a
report's domain_id and head_id to domains.jsonl and report_heads.jsonl.
people.jsonl names the members.

Left out: passwords and permissions of mailboxes, and the original mails, which
can be fetched one by one where a report mail is shown.
`

// leftOut are the columns that an export does without, by table; an empty list
// leaves the whole table out.
var leftOut = map[string][]string{
	"mailboxes":      {"secret"},  // never leaves the program
	"originals":      {"content"}, // may be as large as everything else together
	"original_parts": {},
	"exports":        {},
	"export_parts":   {},
}

// Make does a Make job. One that cannot be made is said to have failed and is
// not tried again by itself.
func (s *Service) Make(ctx context.Context, job Make) error {
	file, err := s.pack(ctx, job)
	if err == nil {
		err = s.keep(ctx, job, file)
		err = errors.Join(err, file.Close())
	}
	if err == nil || fault.Is(err, fault.Temporary) || fault.Is(err, fault.NotFound) {
		return err // tried again, or nobody wants it any more
	}
	failed := s.DB.InOrg(context.WithoutCancel(ctx), job.Org, func(ctx context.Context, tx postgres.Tx) error { return fail(ctx, tx, job) })
	return errors.Join(err, failed)
}

// pack writes the zip to a temporary file.
func (s *Service) pack(ctx context.Context, job Make) (*spool.File, error) {
	read, write := io.Pipe()
	go func() { write.CloseWithError(s.write(ctx, job, write)) }()
	file, err := spool.Keep(io.LimitReader(read, most+1), 0)
	if err == nil && file.Size() > most {
		err = errors.Join(fmt.Errorf("the export is larger than %d bytes", int64(most)), file.Close())
	}
	_ = read.Close() // whoever still writes stops
	return file, err
}

// write writes the zip as the maker of its kind has it.
func (s *Service) write(ctx context.Context, job Make, to io.Writer) error {
	var order Order
	err := s.DB.InOrg(ctx, job.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
		order, err = ordered(ctx, tx, job)
		return err
	})
	if err != nil {
		return err
	}
	m, err := s.maker(order.Kind)
	if err != nil {
		return err
	}
	z := zip.NewWriter(to)
	err = m.Write(ctx, job.Org, order.Request, z, s.progress(ctx, job))
	return errors.Join(err, z.Close())
}

// tellEvery is how long a page may lag behind what is done.
const tellEvery = time.Second

// progress notes how much is done, so often as somebody can see it change.
func (s *Service) progress(ctx context.Context, job Make) func(int64) error {
	var told time.Time
	return func(done int64) error {
		if s.Now().Sub(told) < tellEvery {
			return nil
		}
		told = s.Now()
		return s.DB.InOrg(ctx, job.Org, func(ctx context.Context, tx postgres.Tx) error { return advance(ctx, tx, job, done) })
	}
}

// everything writes table by table.
func (s *Service) everything(ctx context.Context, o org.ID, _ string, z *zip.Writer, _ func(int64) error) error {
	return s.DB.InOrg(ctx, o, func(ctx context.Context, tx postgres.Tx) error {
		tables, err := tables(ctx, tx)
		if err != nil {
			return err
		}
		if err := text(z, "about.txt", about); err != nil {
			return err
		}
		if err := entry(z, "people.jsonl", func(w io.Writer) error { return people(ctx, tx, o, w) }); err != nil {
			return err
		}
		for _, t := range tables {
			if err := entry(z, t.Name+".jsonl", func(w io.Writer) error { return t.rows(ctx, tx, o, w) }); err != nil {
				return err
			}
		}
		return nil
	})
}

func entry(z *zip.Writer, name string, fill func(io.Writer) error) error {
	w, err := z.Create(name)
	if err == nil {
		err = fill(w)
	}
	if err != nil {
		return fmt.Errorf("export %s: %w", name, err)
	}
	return nil
}

func text(z *zip.Writer, name, content string) error {
	return entry(z, name, func(w io.Writer) error {
		_, err := io.WriteString(w, content)
		return err
	})
}

// keep stores the zip in parts, each in a transaction of its own, and says last
// that it is ready.
func (s *Service) keep(ctx context.Context, job Make, file *spool.File) error {
	buffer := make([]byte, partSize)
	seq := 0
	for at := int64(0); at < file.Size(); at += partSize {
		content := buffer[:min(partSize, file.Size()-at)]
		if _, err := file.ReadAt(content, at); err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("read export: %w", err)
		}
		err := s.DB.InOrg(ctx, job.Org, func(ctx context.Context, tx postgres.Tx) error { return putPart(ctx, tx, job, seq, content) })
		if err != nil {
			return err
		}
		seq++
	}
	return s.DB.InOrg(ctx, job.Org, func(ctx context.Context, tx postgres.Tx) error { return finish(ctx, tx, job, file.Size()) })
}
