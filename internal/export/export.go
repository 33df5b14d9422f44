// Package export lets people take their data with them: everything of an
// organization for who may, with a file of JSON lines for each table; what the
// pages of other slices show, where that is much; and what is about a person for
// themselves. A job makes a zip, which is kept for a week. Secrets are never in
// it.
package export

import (
	"archive/zip"
	"context"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// Life is how long an export is kept.
const Life = 7 * 24 * time.Hour

// Bounds of the job that makes one.
const (
	makeTimeout = 15 * time.Minute
	attempts    = 3
	given       = 2 * time.Hour // what still runs then never ends
	most        = 2 << 30       // bytes of a zip
	partSize    = 1 << 20
	kept        = 3 // exports of an organization, of each kind
)

// ID identifies an export.
type ID = uid.ID[Export]

// State is how far an export is.
type State string

// The states.
const (
	Running State = "running"
	Ready   State = "ready"
	Failed  State = "failed"
)

// after is the state so long after an export was asked for: what was running
// when its process died is not for ever.
func (s State) after(d time.Duration) State {
	if s == Running && d > given {
		return Failed
	}
	return s
}

// Kind is what an export holds.
type Kind string

// Everything is the kind that holds everything of an organization.
const Everything Kind = "everything"

// Order says what is to be made.
type Order struct {
	Kind    Kind   `db:"kind"`
	Name    string `db:"name"`    // of the file, without its ending; "" = the organization's
	Request string `db:"request"` // what the kind's maker is told
	Total   int64  `db:"total"`   // of whatever the maker counts; 0 = it does not
}

// Maker makes the exports of a kind.
type Maker struct {
	Right org.Right // that it takes to have one made, and to fetch it
	// Write fills the zip with what the request asks for, and tells from time to
	// time how much is done, of the order's total.
	Write func(ctx context.Context, o org.ID, request string, z *zip.Writer, done func(int64) error) error
}

// Export is a zip of something of an organization.
type Export struct {
	ID        ID           `db:"export_id"`
	Person    org.PersonID `db:"person_id"` // who asked
	State     State        `db:"state"`
	AskedAt   time.Time    `db:"asked_at"`
	ExpiresAt time.Time    `db:"expires_at"`
	Size      int64        `db:"size"` // bytes of the zip
	Done      int64        `db:"done"` // of Total, while it runs
	Order
}

// Service is what can be done with exports.
type Service struct {
	DB     *postgres.DB
	Trail  *audit.Trail
	Queue  work.Enqueuer
	Makers map[Kind]Maker // of other kinds than Everything
	Now    func() time.Time
}

// maker is how exports of a kind are made.
func (s *Service) maker(k Kind) (Maker, error) {
	if k == Everything {
		return Maker{Right: org.ExportAll, Write: s.everything}, nil
	}
	m, ok := s.Makers[k]
	if !ok {
		return m, fmt.Errorf("exports of kind %q are not made", k)
	}
	return m, nil
}

// permit refuses who may not have exports of a kind.
func (s *Service) permit(a org.Access, k Kind) error {
	m, err := s.maker(k)
	if err == nil && !a.Role.May(m.Right) {
		err = fault.New(fault.Denied, "Your role in this organization does not allow this.")
	}
	return err
}

// Make is the job that makes the export of an organization.
type Make struct {
	Org    org.ID `json:"org"`
	Export ID     `json:"export"`
}

// Kind implements work.Args.
func (Make) Kind() string { return "make_export" }

// Handle registers the jobs.
func (s *Service) Handle(jobs *work.Registry) {
	work.Handle(jobs, makeTimeout, s.Make)
	work.Handle(jobs, 0, s.MakeOwn)
	work.Handle(jobs, 0, s.Expire)
	jobs.Every(time.Hour, Expire{})
}

// List returns the organization's exports of some kinds, newest first.
func (s *Service) List(ctx context.Context, o org.ID, kinds ...Kind) (all []Export, err error) {
	err = s.DB.InOrg(ctx, o, func(ctx context.Context, tx postgres.Tx) error {
		all, err = list(ctx, tx, o, kinds, s.Now())
		return err
	})
	for i, e := range all {
		all[i].State = e.State.after(s.Now().Sub(e.AskedAt))
	}
	return all, err
}

// Ask has an export made; Denied to who may not have one, Conflict while one of
// its kind is being made.
func (s *Service) Ask(ctx context.Context, a org.Access, order Order) error {
	if err := s.permit(a, order.Kind); err != nil {
		return err
	}
	now := s.Now()
	e := Export{ID: uid.New[Export](), Person: a.Person, State: Running, AskedAt: now, ExpiresAt: now.Add(Life), Order: order}
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if err := org.Stays(ctx, tx, a.ID); err != nil {
			return err
		}
		if err := giveUp(ctx, tx, a.ID, now.Add(-given)); err != nil {
			return err
		}
		if err := insert(ctx, tx, a.ID, e); err != nil {
			return err
		}
		if err := s.Queue.Enqueue(ctx, tx, Make{Org: a.ID, Export: e.ID}, work.Attempts(attempts)); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, "export.ask", e.ID))
	})
}

func (s *Service) event(a org.Access, action string, id ID) audit.Event {
	return audit.Event{Org: a.ID, Person: a.Person, Action: action, Subject: id.String(), At: s.Now()}
}

// Fetch hands an export over part by part; NotFound when it is not ready, or
// was forgotten, Denied to who may not have it by now. That somebody took it is
// recorded.
func (s *Service) Fetch(ctx context.Context, a org.Access, id ID, begin func(Export), write func([]byte) error) error {
	var e Export
	err := s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) (err error) {
		if e, err = ready(ctx, tx, a.ID, id, s.Now()); err != nil {
			return err
		}
		if err := s.permit(a, e.Kind); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, "export.fetch", id))
	})
	if err != nil {
		return err
	}
	begin(e)
	for seq := range int((e.Size + partSize - 1) / partSize) {
		var content []byte
		err := s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) (err error) {
			content, err = part(ctx, tx, a.ID, id, seq)
			return err
		})
		if err != nil {
			return err
		}
		if err := write(content); err != nil {
			return err
		}
	}
	return nil
}

// Expire is the job that forgets exports whose time is over.
type Expire struct{}

// Kind implements work.Args.
func (Expire) Kind() string { return "expire_exports" }

// Expire does an Expire job. One that is still running after so long never ends.
func (s *Service) Expire(ctx context.Context, _ Expire) error {
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error { return deleteExpired(ctx, tx, s.Now()) })
	if err != nil {
		return err
	}
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return deleteExpiredOwn(ctx, tx, s.Now()) })
}

// errGone is told about an export that is not there.
var errGone = fault.New(fault.NotFound, "This export is not there any more. Have a new one made.")
