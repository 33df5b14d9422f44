package billing_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// house is the service on a database of its own, with a payment provider whose
// state the test sets, and one organization.
type house struct {
	*billing.Service
	db       *dbtest.Database
	provider *provider
	ada      billing.Actor

	mu     sync.Mutex
	now    time.Time
	gone   bool // the organization is being deleted
	jobs   []work.Args
	mails  []string
	grown  int
	shrunk []billing.Plan
	fails  struct{ people, grown, enqueue error } // from then on
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{db: dbtest.New(t), now: time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC), provider: &provider{subs: map[string][]billing.Subscription{}}}
	h.provider.clock = h.clock
	trail := dbtest.Trail(t)
	h.Service = &billing.Service{
		DB: h.db.DB, Trail: trail, Queue: h, Gateway: h.provider, Mail: h, Now: h.clock,
		People: func(context.Context, postgres.Tx, postgres.TenantID) (billing.People, error) {
			if h.fails.people != nil {
				return billing.People{}, h.fails.people
			}
			if h.gone {
				return billing.People{}, fault.New(fault.NotFound, "It is being deleted.")
			}
			return billing.People{Slug: "first", Name: "First", Owners: []billing.Owner{{ID: h.ada.Person, Email: h.ada.Email}}}, nil
		},
		Compose: func(_ context.Context, _ billing.People, n billing.Notice) (mailer.Message, error) {
			return mailer.Message{Subject: fmt.Sprintf("%s from %q, %d days", n.Subject, n.From, n.Days)}, nil
		},
		Grown: func(context.Context, postgres.Tx, postgres.TenantID) error { h.grown++; return h.fails.grown },
		Shrunk: func(_ context.Context, _ postgres.Tx, _ postgres.TenantID, p billing.Plan) error {
			h.shrunk = append(h.shrunk, p)
			return nil
		},
	}
	h.ada = h.founder(t, "ada@first.example", h.now)
	return h
}

func (h *house) clock() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

// later moves the clock and does what goes by time.
func (h *house) later(t *testing.T, d time.Duration) {
	t.Helper()
	h.mu.Lock()
	h.now = h.now.Add(d)
	h.mu.Unlock()
	if err := h.PassTime(t.Context(), billing.PassTime{}); err != nil {
		t.Fatal(err)
	}
}

// Enqueue implements work.Enqueuer.
func (h *house) Enqueue(_ context.Context, _ postgres.Tx, args work.Args, _ ...work.Option) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.jobs = append(h.jobs, args)
	return h.fails.enqueue
}

// Send implements mailer.Sender.
func (h *house) Send(_ context.Context, m mailer.Message) error {
	h.mails = append(h.mails, m.To+": "+m.Subject)
	return nil
}

// post does the jobs that wait, and returns what was sent.
func (h *house) post(t *testing.T) []string {
	t.Helper()
	for len(h.jobs) > 0 {
		job := h.jobs[0]
		h.jobs = h.jobs[1:]
		var err error
		switch j := job.(type) {
		case billing.TellPlan:
			err = h.Tell(t.Context(), j)
		case billing.FollowEvent:
			err = h.Follow(t.Context(), j)
		case billing.SyncAccount:
			err = h.Service.SyncAccount(t.Context(), j)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	sent := h.mails
	h.mails = nil
	return sent
}

// founder signs somebody up who owns an organization since then.
func (h *house) founder(t *testing.T, email string, since time.Time) billing.Actor {
	t.Helper()
	a := billing.Actor{Org: uid.New[postgres.Tenant](), Person: uid.New[postgres.Person](), Name: "First", Email: email, Back: "http://localhost:8080/o/first/billing"}
	slug, _, _ := strings.Cut(email, "@")
	h.admin(t, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, $3)`, a.Person, email, since)
	h.admin(t, `INSERT INTO organizations (org_id, slug, name, created_at) VALUES ($1, $2, $2, $3)`, a.Org, slug, since)
	h.admin(t, `INSERT INTO members (org_id, person_id, role, joined_at) VALUES ($1, $2, 'owner', $3)`, a.Org, a.Person, since)
	if since.Before(h.clock()) {
		return a // from before there were plans
	}
	if err := h.db.InOrg(t.Context(), a.Org, func(ctx context.Context, tx postgres.Tx) error { return h.Born(ctx, tx, a.Org) }); err != nil {
		t.Fatal(err)
	}
	return a
}

func (h *house) admin(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), h.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(sql, ": ", err)
	}
}

// ask returns the first column of the only row that a superuser's query gives.
func ask[T any](t *testing.T, h *house, sql string, args ...any) (v T) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), h.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatal(sql, ": ", err)
	}
	return v
}

func (h *house) account(t *testing.T) billing.Account {
	t.Helper()
	a, err := h.Account(t.Context(), h.ada.Org)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// allowance is what the organization may have just now.
func (h *house) allowance(t *testing.T, l billing.Limit) (a billing.Allowance) {
	t.Helper()
	err := h.db.InOrg(t.Context(), h.ada.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
		a, err = h.Limits().Check(ctx, tx, h.ada.Org, l)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// pays makes the organization one that has paid for a plan, by Checkout.
func (h *house) pays(t *testing.T, p billing.Price) {
	t.Helper()
	if _, err := h.Subscribe(t.Context(), h.ada, p); err != nil {
		t.Fatal(err)
	}
	h.provider.complete(t, h.clock())
	h.sync(t)
	h.post(t)
}

func (h *house) sync(t *testing.T) {
	t.Helper()
	if err := h.Sync(t.Context(), h.ada.Org); err != nil {
		t.Fatal(err)
	}
}

// provider is a payment provider in memory, whose state a test sets.
type provider struct {
	billing.Gateway // whatever is not written below is not asked in these tests

	clock func() time.Time

	mu        sync.Mutex
	customers int
	known     []billing.Customer // those that are listed
	pages     []page
	subs      map[string][]billing.Subscription // by customer
	changes   []billing.Change
	away      bool // it does not answer
	declines  bool // of every card
	asked     func()
	changed   func()
}

// page is one for paying.
type page struct {
	billing.Checkout
	order billing.Order
	state string // open, complete, expired
}

var errAway = fault.New(fault.Temporary, "The provider does not answer.")

func (p *provider) Live() bool { return false }

func (p *provider) CreateCustomer(_ context.Context, _ string, _ billing.Customer) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.customers++
	return fmt.Sprint("cus_", p.customers), nil
}

func (p *provider) Subscriptions(_ context.Context, customer string) ([]billing.Subscription, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.away {
		return nil, errAway
	}
	subs := slices.Clone(p.subs[customer])
	if p.asked != nil {
		p.mu.Unlock()
		p.asked()
		p.mu.Lock()
	}
	return subs, nil
}

func (p *provider) Checkout(_ context.Context, _ string, o billing.Order) (billing.Checkout, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	id := fmt.Sprint("cs_", len(p.pages)+1)
	c := billing.Checkout{ID: id, URL: "https://pay.example/" + id, Until: o.Until}
	p.pages = append(p.pages, page{c, o, "open"})
	return c, nil
}

func (p *provider) ExpireCheckout(_ context.Context, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pages {
		if p.pages[i].ID == id {
			if p.pages[i].state != "open" {
				return fault.New(fault.Conflict, "It is not open.")
			}
			p.pages[i].state = "expired"
		}
	}
	return nil
}

// complete pays on every page that is still open.
func (p *provider) complete(t *testing.T, at time.Time) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.pages {
		if p.pages[i].state == "open" {
			p.pages[i].state = "complete"
			o := p.pages[i].order
			p.add(o.Customer, o.Price, at)
		}
	}
}

func (p *provider) add(customer string, price billing.Price, at time.Time) {
	id := fmt.Sprint("sub_", customer, "_", len(p.subs[customer])+1)
	p.subs[customer] = append(p.subs[customer], billing.Subscription{
		ID: id, Item: "si_" + id, Status: billing.Active, Key: price.Key(), Created: at, PeriodStart: at, PeriodEnd: at.AddDate(0, 1, 0),
	})
}

// set changes the newest subscription of the first customer.
func (p *provider) set(do func(*billing.Subscription)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	list := p.subs["cus_1"]
	do(&list[len(list)-1])
}

func (p *provider) Preview(_ context.Context, c billing.Change) (billing.Preview, error) {
	return billing.Preview{Currency: billing.Currency, Due: c.To.Cents() - int64(c.At.Sub(p.clock())/time.Hour)}, nil
}

func (p *provider) Change(_ context.Context, _ string, c billing.Change) error {
	if p.declines {
		return fault.New(fault.LimitReached, "The card was declined.")
	}
	p.changes = append(p.changes, c)
	p.set(func(s *billing.Subscription) { s.Key, s.EndsThen = c.To.Key(), false })
	if p.changed != nil {
		p.changed()
	}
	return nil
}

func (p *provider) CancelAtEnd(_ context.Context, _ string, ends bool) error {
	p.set(func(s *billing.Subscription) { s.EndsThen = ends })
	return nil
}

func (p *provider) End(_ context.Context, id string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, list := range p.subs {
		for i := range list {
			if list[i].ID == id {
				list[i].Status = billing.Canceled
			}
		}
	}
	return nil
}

func (p *provider) Customers(_ context.Context, _ time.Time, each func(billing.Customer) error) error {
	for _, c := range p.known {
		if err := each(c); err != nil {
			return err
		}
	}
	return nil
}

func (p *provider) Verify(_ []byte, signature string) error {
	if signature != "good" {
		return fault.New(fault.Invalid, "Not the provider's.")
	}
	return nil
}

func (p *provider) Read(body []byte) (e billing.Event, err error) {
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" {
		return e, fault.Wrap(fault.Invalid, "Not an event.", errors.Join(err))
	}
	return e, nil
}

// deliver delivers an event about the first customer.
func (h *house) deliver(t *testing.T, id, kind string) {
	t.Helper()
	body, err := json.Marshal(billing.Event{ID: id, Type: kind, Created: h.clock(), Customer: "cus_1"})
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Deliver(t.Context(), http.Header{billing.SignatureHeader: {"good"}}, body); err != nil {
		t.Fatal(err)
	}
}
