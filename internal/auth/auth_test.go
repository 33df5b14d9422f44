package auth_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/work"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// bench is the service on a database of its own. Jobs are done when the test
// says so; mails hold the link and the code, apart by a space.
type bench struct {
	*auth.Service
	db *dbtest.Database

	mu      sync.Mutex
	now     time.Time
	jobs    []auth.SendLink
	links   []auth.SendAddressLink
	mails   []mailer.Message
	fail    error // of the next mail
	departs error // why organizations do not let somebody go
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{db: dbtest.New(t), now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)}
	box, err := seal.NewBox(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	limits, err := auth.NewLimits(limit.NewMemory)
	if err != nil {
		t.Fatal(err)
	}
	b.Service = &auth.Service{
		DB: b.db.DB, Trail: dbtest.Trail(t), Queue: b, Box: box, Mail: b, Limits: limits, Now: b.clock,
		Depart:         func(context.Context, auth.PersonID) error { return b.departs },
		EndMemberships: func(context.Context, auth.PersonID, string) error { return nil },
		LinkURL:        func(token string) string { return token },
		AddressURL:     func(token string) string { return token },
		ComposeChange: func(m auth.ChangeMail) (mailer.Message, error) {
			return mailer.Message{Subject: m.Old + " to " + m.New, Text: m.Link}, nil
		},
		Compose: func(m auth.LinkMail) (mailer.Message, error) {
			return mailer.Message{Subject: m.Device + " " + m.Network, Text: m.Link + " " + m.Code}, nil
		},
	}
	return b
}

func (b *bench) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *bench) advance(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.now = b.now.Add(d)
}

// Enqueue implements work.Enqueuer.
func (b *bench) Enqueue(_ context.Context, _ postgres.Tx, args work.Args, _ ...work.Option) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch job := args.(type) {
	case auth.SendLink:
		b.jobs = append(b.jobs, job)
	case auth.SendAddressLink:
		b.links = append(b.links, job)
	default:
		return errors.New("not a job of signing in")
	}
	return nil
}

// Send implements mailer.Sender.
func (b *bench) Send(_ context.Context, m mailer.Message) error {
	b.mails = append(b.mails, m)
	err := b.fail
	b.fail = nil
	return err
}

// client is a browser of one network.
func client(network string) auth.Client {
	return auth.Client{Device: "Firefox on Linux", Network: network + ".0/24", Address: network + ".7"}
}

var here = client("192.0.2")

// asked is one request with what the person has of it.
type asked struct {
	id                   auth.RequestID
	browser, token, code string
}

// ask asks for a link and reads the mail.
func (b *bench) ask(t *testing.T, email string) asked {
	t.Helper()
	a := asked{browser: fmt.Sprintf("browser %d", len(b.jobs))}
	var err error
	if a.id, err = b.Ask(t.Context(), email, a.browser, here); err != nil {
		t.Fatal(err)
	}
	if err := b.Service.Send(t.Context(), b.jobs[len(b.jobs)-1]); err != nil {
		t.Fatal(err)
	}
	a.token, a.code = b.last()
	return a
}

// last returns link and code of the newest mail.
func (b *bench) last() (token, code string) {
	token, code, _ = strings.Cut(b.mails[len(b.mails)-1].Text, " ")
	return token, code
}

// signIn opens a session.
func (b *bench) signIn(t *testing.T, email string) auth.SignedIn {
	t.Helper()
	in, err := b.Confirm(t.Context(), b.ask(t, email).token, here)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

// problem is how a link fails; "" when it does not.
func problem(err error) auth.LinkProblem {
	if e, ok := errors.AsType[*auth.LinkError](err); ok {
		return e.Problem
	}
	if err != nil {
		return auth.LinkProblem(err.Error())
	}
	return ""
}

// one reads a single value outside of all organizations.
func one[T any](t *testing.T, b *bench, sql string, args ...any) (v T) {
	t.Helper()
	err := b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&v) })
	if err != nil {
		t.Fatal(sql, ": ", err)
	}
	return v
}

// another returns a code that is not this one.
func another(code string) string {
	if code == "000000" {
		return "000001"
	}
	return "000000"
}
