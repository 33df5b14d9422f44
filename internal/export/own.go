package export

import (
	"archive/zip"
	"bytes"
	"context"
	"io"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// Own is a zip of what is stored about a person outside of organizations.
type Own struct {
	ID        ID           `db:"export_id"`
	Person    org.PersonID `db:"person_id"`
	State     State        `db:"state"`
	AskedAt   time.Time    `db:"asked_at"`
	ExpiresAt time.Time    `db:"expires_at"`
}

// MakeOwn is the job that makes a person's own export.
type MakeOwn struct {
	Person org.PersonID `json:"person"`
	Export ID           `json:"export"`
}

// Kind implements work.Args.
func (MakeOwn) Kind() string { return "make_own_export" }

const aboutOwn = `What Sendvery stores about you: your account, where you are signed in, the
organizations you belong to, and what is recorded of your sessions and account.
A file of JSON lines for each, one line a row. What organizations store is in
their own exports, which their admins can have made.
`

// Own returns the person's export; nil without one.
func (s *Service) Own(ctx context.Context, person org.PersonID) (found *Own, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		e, err := own(ctx, tx, person, s.Now())
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		e.State = e.State.after(s.Now().Sub(e.AskedAt))
		found = &e
		return err
	})
	return found, err
}

// AskOwn has the person's export made; it takes the place of an older one.
func (s *Service) AskOwn(ctx context.Context, person org.PersonID) error {
	now := s.Now()
	e := Own{ID: uid.New[Export](), Person: person, State: Running, AskedAt: now, ExpiresAt: now.Add(Life)}
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := putOwn(ctx, tx, e); err != nil {
			return err
		}
		if err := s.Queue.Enqueue(ctx, tx, MakeOwn{Person: person, Export: e.ID}, work.Attempts(attempts)); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Person: person, Action: "export.ask", Subject: e.ID.String(), At: now})
	})
}

// MakeOwn does a MakeOwn job.
func (s *Service) MakeOwn(ctx context.Context, job MakeOwn) error {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	err := s.DB.InPerson(ctx, job.Person, func(ctx context.Context, tx postgres.Tx) error {
		b.Reset()
		if err := text(z, "about.txt", aboutOwn); err != nil {
			return err
		}
		for _, q := range ownQueries {
			if err := entry(z, q.name+".jsonl", func(w io.Writer) error { return lines(ctx, tx, w, q.sql, job.Person) }); err != nil {
				return err
			}
		}
		return z.Close()
	})
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return finishOwn(ctx, tx, job, b.Bytes()) })
}

// FetchOwn returns the person's zip; NotFound when it is not ready, or was forgotten.
func (s *Service) FetchOwn(ctx context.Context, person org.PersonID) (content []byte, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var e Own
		if e, err = own(ctx, tx, person, s.Now()); err != nil {
			return err
		}
		if content, err = ownContent(ctx, tx, e.ID); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Person: person, Action: "export.fetch", Subject: e.ID.String(), At: s.Now()})
	})
	return content, err
}
