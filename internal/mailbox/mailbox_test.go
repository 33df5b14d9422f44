package mailbox_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"
	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/netguard"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// bench is one organization with a mail server and the services on a database
// of its own. Slices wait until the test does them.
type bench struct {
	*mailbox.Service
	db      *dbtest.Database
	org     org.Access
	reports *report.Service
	cert    *mailtest.Cert
	server  *mailtest.Memory
	key     string

	mu     sync.Mutex
	now    time.Time
	slices []mailbox.Slice
	tells  []mailbox.TellPaused
}

func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{db: dbtest.New(t), cert: mailtest.NewCert(t), now: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), key: seal.GenerateKey("first")}
	b.server = mailtest.NewMemory(t, mailtest.Options{Cert: b.cert, Implicit: true})
	ring, err := seal.ParseRing(b.key)
	if err != nil {
		t.Fatal(err)
	}
	trail := dbtest.Trail(t)
	b.reports = &report.Service{DB: b.db.DB, Trail: trail, Queue: b, Log: slog.New(slog.DiscardHandler), Now: b.clock}
	b.Service = &mailbox.Service{
		DB: b.db.DB, Trail: trail, Ring: ring, Queue: b, Intake: b.reports, Holder: "this process", Now: b.clock,
		Domains: &domain.Service{DB: b.db.DB, Trail: trail, Now: b.clock, Added: b.reports.DomainsAdded},
	}
	b.allow(b.server.Port)
	b.org = b.newOrg(t, "ada@first.example")
	return b
}

// allow has the services reach these ports of this machine, and no others.
func (b *bench) allow(ports ...uint16) {
	b.Fetcher = &mailfetch.Fetcher{Roots: b.cert.Roots, Dialer: netguard.New(netguard.Config{
		AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}, AllowPorts: ports})}
}

// newOrg signs somebody up.
func (b *bench) newOrg(t *testing.T, email string) org.Access {
	t.Helper()
	person := uid.New[postgres.Person]()
	b.admin(t, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, person, email)
	o, err := (&org.Service{DB: b.db.DB, Trail: b.Trail, Now: b.clock}).EnsureFirst(t.Context(), person, email)
	if err != nil {
		t.Fatal(err)
	}
	return org.Access{Membership: org.Membership{Organization: o, Role: org.Owner}, Person: person}
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
	switch j := args.(type) {
	case mailbox.Slice:
		b.slices = append(b.slices, j)
	case mailbox.TellPaused:
		b.tells = append(b.tells, j)
	}
	return nil
}

// take returns the slices that wait.
func (b *bench) take() []mailbox.Slice {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := b.slices
	b.slices = nil
	return all
}

// settle does slices, and those that come of them, until nothing is due.
func (b *bench) settle(t *testing.T) {
	t.Helper()
	for n := 0; ; n++ {
		all := b.take()
		if len(all) == 0 {
			return
		}
		if n > 50 {
			t.Fatal("slices never end")
		}
		for _, j := range all {
			if err := b.Do(t.Context(), j); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// dispatch claims what is due and does it.
func (b *bench) dispatch(t *testing.T) {
	t.Helper()
	if err := b.Dispatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
}

// settings are those of the bench's own server.
func (b *bench) settings() mailbox.Settings {
	return mailbox.Settings{Protocol: mailfetch.IMAP, Host: mailtest.Host, Port: int(b.server.Port), Security: mailfetch.ImplicitTLS, Username: mailtest.User,
		Password: mailtest.Password, Folder: "INBOX", AfterImport: mailbox.LeaveUntouched}
}

func (b *bench) connect(t *testing.T, set mailbox.Settings) mailbox.ID {
	t.Helper()
	id, err := b.Connect(t.Context(), b.org, set)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// polling brings a mailbox all the way, with these domains ticked.
func (b *bench) polling(t *testing.T, set mailbox.Settings, names ...fqdn.Name) mailbox.ID {
	t.Helper()
	id := b.connect(t, set)
	b.settle(t)
	b.wantState(t, id, mailbox.Choosing)
	if err := b.Choose(t.Context(), b.org, id, names); err != nil {
		t.Fatal(err)
	}
	b.settle(t)
	b.wantState(t, id, mailbox.Polling)
	return id
}

// meanwhile does something once, while the next connection is being made.
func (b *bench) meanwhile(do func()) {
	var once sync.Once
	b.Fetcher = &mailfetch.Fetcher{Roots: b.Fetcher.Roots, Limits: b.Fetcher.Limits, Dialer: hooked{b.Fetcher.Dialer, func() { once.Do(do) }}}
}

// hooked is a dialer that tells when it begins.
type hooked struct {
	mailfetch.Dialer
	begins func()
}

// Resolve implements mailfetch.Dialer.
func (h hooked) Resolve(ctx context.Context, host string, port uint16) ([]netip.Addr, error) {
	h.begins()
	return h.Dialer.Resolve(ctx, host, port)
}

func (b *bench) get(t *testing.T, id mailbox.ID) mailbox.Mailbox {
	t.Helper()
	m, err := b.Get(t.Context(), b.org.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func (b *bench) wantState(t *testing.T, id mailbox.ID, want mailbox.State) {
	t.Helper()
	if m := b.get(t, id); m.State != want {
		failure := ""
		if m.Failure != nil {
			failure = *m.Failure
		}
		t.Fatalf("state %s (%s), want %s", m.State, failure, want)
	}
}

func (b *bench) run(t *testing.T, id mailbox.ID, kind mailbox.RunKind) mailbox.Run {
	t.Helper()
	r, ok, err := b.Run(t.Context(), b.org.ID, id, kind)
	if err != nil || !ok {
		t.Fatalf("run %s: %v, %v", kind, ok, err)
	}
	return r
}

// admin changes the database past all policies, as a disaster would.
func (b *bench) admin(t *testing.T, sql string, args ...any) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql, args...); err != nil {
		t.Fatal(sql, ": ", err)
	}
}

// one reads a single value inside the organization.
func one[T any](t *testing.T, b *bench, sql string, args ...any) (v T) {
	t.Helper()
	err := b.db.InOrg(t.Context(), b.org.ID, func(ctx context.Context, tx postgres.Tx) error {
		return tx.QueryRow(ctx, sql, args...).Scan(&v)
	})
	if err != nil {
		t.Fatal(sql, ": ", err)
	}
	return v
}

// counted is how many messages the totals hold.
func (b *bench) counted(t *testing.T) int64 {
	t.Helper()
	return one[int64](t, b, `SELECT coalesce(sum(messages), 0)::bigint FROM messages_by_receiver`)
}

// reportMail is a mail with one report of ten messages.
func reportMail(id, domain string) []byte {
	begin := time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC).Unix()
	return fmt.Appendf(nil, "From: dmarc@reporter.example\r\nSubject: Report %s\r\nContent-Type: text/xml\r\n\r\n"+
		`<feedback><report_metadata><org_name>reporter.example</org_name><email>dmarc@reporter.example</email><report_id>%[1]s</report_id>`+
		`<date_range><begin>%[3]d</begin><end>%[4]d</end></date_range></report_metadata><policy_published><domain>%[2]s</domain><p>none</p></policy_published>`+
		`<record><row><source_ip>192.0.2.1</source_ip><count>10</count><policy_evaluated><disposition>none</disposition><dkim>pass</dkim><spf>pass</spf></policy_evaluated></row>`+
		`<identifiers><header_from>%[2]s</header_from></identifiers><auth_results><spf><domain>%[2]s</domain><result>pass</result></spf></auth_results></record></feedback>`,
		id, domain, begin, begin+86399)
}

// appendReports puts n reports into the mailbox.
func (b *bench) appendReports(t *testing.T, prefix, domain string, n int) {
	t.Helper()
	for i := range n {
		b.server.Append(t, reportMail(fmt.Sprintf("%s-%d", prefix, i), domain), b.clock())
	}
}

const ordinary = "From: friend@example.net\r\nSubject: private matter\r\n\r\nhello\r\n"

// look returns what a mail program sees: per mail its subject line and flags.
func (b *bench) look(t *testing.T) (mails []string) {
	t.Helper()
	conn, err := tls.Dial("tcp", net.JoinHostPort(mailtest.Host, fmt.Sprint(b.server.Port)), &tls.Config{RootCAs: b.cert.Roots, ServerName: mailtest.Host})
	if err != nil {
		t.Fatal(err)
	}
	c := imapclient.New(conn, nil)
	defer c.Close()
	if err := errors.Join(c.Login(mailtest.User, mailtest.Password).Wait(), func() error { _, err := c.Select("INBOX", nil).Wait(); return err }()); err != nil {
		t.Fatal(err)
	}
	all, err := c.Fetch(imap.SeqSet{{Start: 1, Stop: 0}}, &imap.FetchOptions{UID: true, Flags: true, Envelope: true}).Collect()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range all {
		mails = append(mails, strings.TrimSpace(fmt.Sprintf("%d %s %v", m.UID, m.Envelope.Subject, m.Flags)))
	}
	return mails
}
