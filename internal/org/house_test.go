package org_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// house is the service on a database of its own, with people and an
// organization that ada owns. Mail that would be sent is kept.
type house struct {
	*org.Service
	db  *dbtest.Database
	ada org.Access

	mu    sync.Mutex
	now   time.Time
	jobs  []org.SendInvitation
	mails []mailer.Message
	wiped []org.ID
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{db: dbtest.New(t), now: time.Now().UTC().Truncate(time.Second)}
	mails, err := limit.NewMemory("invitations", 50, 24*time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	h.Service = &org.Service{
		DB: h.db.DB, Trail: dbtest.Trail(t), Now: h.clock, Mails: mails,
		Post: org.Post{Queue: h, Mail: h, Compose: func(m org.InvitationMail) (mailer.Message, error) {
			return mailer.Message{Subject: m.Inviter + " invites to " + m.Organization.Name + " as " + string(m.Role)}, nil
		}},
		Wipe: func(_ context.Context, _ postgres.Tx, a org.Access) ([]audit.Event, func(context.Context), error) {
			return nil, func(context.Context) { h.wiped = append(h.wiped, a.ID) }, nil
		},
	}
	h.ada = h.founder(t, "ada@first.example")
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *house) advance(d time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = h.now.Add(d)
}

// Enqueue implements work.Enqueuer.
func (h *house) Enqueue(_ context.Context, _ postgres.Tx, args work.Args, _ ...work.Option) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if job, ok := args.(org.SendInvitation); ok {
		h.jobs = append(h.jobs, job)
	}
	return nil
}

// Send implements mailer.Sender.
func (h *house) Send(_ context.Context, m mailer.Message) error {
	h.mails = append(h.mails, m)
	return nil
}

// post does the jobs that wait and returns what was sent.
func (h *house) post(t *testing.T) (sent []string) {
	t.Helper()
	for _, job := range h.jobs {
		if err := h.Service.Send(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	for _, m := range h.mails {
		sent = append(sent, m.To+": "+m.Subject)
	}
	h.jobs, h.mails = nil, nil
	return sent
}

// person signs somebody up.
func (h *house) person(t *testing.T, email string) org.PersonID {
	t.Helper()
	id := uid.New[postgres.Person]()
	h.admin(t, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, id, email)
	return id
}

// founder signs somebody up who gets an organization.
func (h *house) founder(t *testing.T, email string) org.Access {
	t.Helper()
	id := h.person(t, email)
	o, err := h.EnsureFirst(t.Context(), id, email)
	if err != nil {
		t.Fatal(err)
	}
	return h.access(t, id, o.Slug)
}

// goes marks the account of somebody as being deleted.
func (h *house) goes(t *testing.T, id org.PersonID) {
	t.Helper()
	h.admin(t, `UPDATE people SET deleted_at = now(), purge_at = now() + interval '30 days' WHERE person_id = $1`, id)
}

// access enters the organization as somebody.
func (h *house) access(t *testing.T, id org.PersonID, slug string) org.Access {
	t.Helper()
	a, err := h.Enter(t.Context(), id, "", slug)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// joins invites an address in a role and accepts that.
func (h *house) joins(t *testing.T, email string, role org.Role) org.Access {
	t.Helper()
	if err := h.Invite(t.Context(), h.ada, email, role); err != nil {
		t.Fatal(err)
	}
	id := h.person(t, email)
	offers, err := h.Offers(t.Context(), id)
	if err != nil || len(offers) != 1 {
		t.Fatalf("%v, %v", offers, err)
	}
	if _, err := h.Accept(t.Context(), id, offers[0].ID); err != nil {
		t.Fatal(err)
	}
	return h.access(t, id, h.ada.Slug)
}

// team names the members and their roles.
func (h *house) team(t *testing.T) string {
	t.Helper()
	team, err := h.Team(t.Context(), h.ada)
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, m := range team.Members {
		local, _, _ := strings.Cut(m.Email, "@")
		all = append(all, local+" "+string(m.Role))
	}
	return strings.Join(all, ", ")
}

// admin runs SQL that no trigger minds.
func (h *house) admin(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), h.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), `SET session_replication_role = replica`); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(err)
	}
}

func (h *house) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), h.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
