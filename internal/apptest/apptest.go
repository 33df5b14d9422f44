// Package apptest runs the whole program for tests: its real handler, its real
// jobs, a database of its own, and an outbox instead of a mail server.
//
// A package that uses it has dbtest.Main as its TestMain.
package apptest

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/seal"
)

// App is the running program.
type App struct {
	*app.App
	DB    *dbtest.Database
	Cfg   app.Config
	Clock *Clock
	Log   *Log

	server *httptest.Server
	tls    *tls.Config // of a client; nil without TLS
	mails  inboxes
	next   int // numbers browsers

	// StopWorker ends the background work and waits for it; New has the test
	// end with it in any case.
	StopWorker func()
}

// Option changes the configuration before the program is wired.
type Option func(*app.Config, *app.Parts)

// Public sets the address that people use; https makes it production, behind a
// proxy that speaks TLS.
func Public(url string) Option {
	return func(c *app.Config, _ *app.Parts) { c.PublicURL, c.TLS = url, "proxy" }
}

// WithoutOutbox sends mail by the configured server, as production does.
func WithoutOutbox(server string) Option {
	return func(c *app.Config, p *app.Parts) {
		c.SMTPURL, c.MailFrom, p.Outbox = server, "Sendvery <sendvery@example.org>", nil
	}
}

// Tokens of the machines that the configuration of tests lets in.
const (
	InboundToken = "token of tests for mail providers"
	JobToken     = "token of the tests for schedulers" //nolint:gosec // nobody else's
)

// Config is a complete configuration for the database.
func Config(db *dbtest.Database) app.Config {
	return app.Config{
		PublicURL: "http://localhost:8080", Listen: "127.0.0.1:0", DatabaseURL: db.URL, TLS: "off", TrustedHops: 1, IPLookup: "off", ASNLookup: "off", DKIMLookup: "off",
		SealKeys: seal.GenerateKey("first"), AuditKeys: dbtest.AuditKeys, CookieKey: "cookies of tests: 32 bytes or more", SMTPURL: "smtps://mail.example.org", MailFrom: "sendvery@example.org",
		InboundToken: InboundToken, JobToken: JobToken, LogLevel: "info", RateLimitBackend: "memory", GoogleClientID: "client.example", GoogleClientSecret: "a secret of tests",
	}
}

// New starts the program; it ends with the test.
func New(t testing.TB, options ...Option) *App {
	t.Helper()
	a := &App{DB: dbtest.New(t), Clock: &Clock{now: time.Now().UTC().Truncate(time.Second)}, Log: &Log{}}
	cfg := Config(a.DB)
	parts := app.Parts{Now: a.Clock.Now, Outbox: mailer.NewOutbox(a.Clock.Now, a.mails.put)}
	for _, o := range options {
		o(&cfg, &parts)
	}
	a.Cfg = cfg
	var err error
	if a.App, err = app.New(t.Context(), cfg, slog.New(slog.NewTextHandler(a.Log, &slog.HandlerOptions{Level: slog.LevelDebug})), parts); err != nil {
		t.Fatal("apptest: ", err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, []string{app.RoleWorker}, nil) }()
	if cfg.Production() {
		a.server = httptest.NewTLSServer(a.Handler())
		roots := x509.NewCertPool()
		roots.AddCert(a.server.Certificate())
		a.tls = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	} else {
		a.server = httptest.NewServer(a.Handler())
	}
	a.StopWorker = sync.OnceFunc(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error("apptest: ", err)
		}
	})
	t.Cleanup(func() {
		a.server.Close()
		a.StopWorker()
		a.App.Close()
	})
	return a
}

// Clock is a time that tests move by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// Now returns the tests' present.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Log is what the program logged, at every level.
type Log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *Log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// String returns everything logged so far.
func (l *Log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// inboxes are the captured mails by address.
type inboxes struct {
	mu sync.Mutex
	of map[string]chan mailer.Message
}

// inbox returns the mails to an address, those to come included.
func (i *inboxes) inbox(to string) chan mailer.Message {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.of == nil {
		i.of = map[string]chan mailer.Message{}
	}
	if i.of[to] == nil {
		i.of[to] = make(chan mailer.Message, 100)
	}
	return i.of[to]
}

func (i *inboxes) put(m mailer.Message) { i.inbox(m.To) <- m }

// Mail waits for the next mail to an address.
func (a *App) Mail(t testing.TB, to string) mailer.Message {
	t.Helper()
	select {
	case m := <-a.mails.inbox(to):
		return m
	case <-time.After(20 * time.Second):
		t.Fatalf("apptest: no mail to %s came; the log:\n%s", to, a.Log)
		panic(fmt.Sprint("unreachable: ", to))
	}
}
