package app

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/audit/auditweb"
	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/auth/authweb"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/billing/billingweb"
	"sendvery.com/sendvery/internal/certs"
	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/export/exportweb"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/failurereport/failureweb"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/ingress"
	"sendvery.com/sendvery/internal/instance"
	"sendvery.com/sendvery/internal/instance/instanceweb"
	"sendvery.com/sendvery/internal/keyring"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailbox/mailboxweb"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/netguard"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/org/orgweb"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/internal/site/siteweb"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/tlsreport/tlsweb"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
	"sendvery.com/sendvery/web"
)

// App is the whole program, wired.
type App struct {
	cfg     Config
	log     *slog.Logger
	now     func() time.Time
	db      *postgres.DB
	started time.Time // when the program was wired
	ring    *seal.Ring
	trail   *audit.Trail
	queue   *work.Queue
	certs   *certs.Store

	ingress *ingress.Web

	limiter   limit.Maker
	redis     *limit.Redis   // nil without it
	strangers *limit.Limiter // requests without a session, per network

	headroom []byte

	cookies httpio.Cookies
	parts   Parts
	outbox  *mailer.Outbox // development only

	plans   *billing.Service    // nil without a payment provider
	webhook *billingweb.Webhook // the same

	orgs      *org.Service
	auth      *auth.Service
	domains   *domain.Service
	mailboxes *mailbox.Service
	finders   *mailbox.Finder
	keys      *keyring.Service
	reports   *report.Service
	senders   *sender.Service
	tls       *tlsreport.Service
	failures  *failurereport.Service
	exports   *export.Service

	authWeb     *authweb.Web
	orgWeb      *orgweb.Web
	mailboxWeb  *mailboxweb.Web
	reportWeb   *reportweb.Web
	tlsWeb      *tlsweb.Web
	failureWeb  *failureweb.Web
	exportWeb   *exportweb.Web
	instance    *instance.Service
	siteWeb     *siteweb.Web
	instanceWeb *instanceweb.Web
	auditWeb    *auditweb.Web
	billingWeb  *billingweb.Web // nil where nothing is paid for
}

// Parts are what development mode and tests bring instead of the configured
// ones; the zero value is production.
type Parts struct {
	Now    func() time.Time
	Outbox *mailer.Outbox      // captures mail instead of sending it
	Demo   *mailboxweb.Demo    // offers the demonstration mailbox
	Roots  *x509.CertPool      // that mailbox certificates may come from; nil = the system's
	Allow  []netguard.Endpoint // reachable although private
	// Resolver asks DNS, whatever is configured; nil = the system's, as configured.
	Resolver *dns.Resolver
	Tracer   postgres.Tracer // sees every statement; benchmarks count them

	// ActsAsApp says that DATABASE_URL signs in as a superuser and acts as the
	// app's role: development on a database of the developer's own.
	ActsAsApp bool
}

// New wires the program and checks that it can run: assets, database, roles,
// schema, keys.
func New(ctx context.Context, cfg Config, log *slog.Logger, parts Parts) (*App, error) {
	if err := errors.Join(cfg.Check(), web.Check()); err != nil {
		return nil, err
	}
	if parts.Now == nil {
		parts.Now = time.Now
	}
	a := &App{cfg: cfg, log: slog.New(discreet{log.Handler()}), now: parts.Now, started: parts.Now(), parts: parts, outbox: parts.Outbox}
	if err := errors.Join(a.openKeys(), a.openLimits()); err != nil {
		return nil, err
	}
	sender, err := a.sender()
	if err != nil {
		return nil, err
	}
	if a.db, err = postgres.Open(ctx, postgres.Config{URL: cfg.DatabaseURL, MaxConnections: 20, Tracer: parts.Tracer}); err != nil {
		return nil, err
	}
	err = errors.Join(a.checkDatabase(ctx), a.wire(sender))
	if err == nil {
		err = a.checkKeys(ctx)
	}
	if err != nil {
		a.db.Close()
		return nil, err
	}
	return a, nil
}

// Open is New for commands that neither serve nor send mail.
func Open(ctx context.Context, cfg Config, log *slog.Logger) (*App, error) {
	if err := cfg.CheckStored(); err != nil {
		return nil, err
	}
	a := &App{cfg: cfg, log: slog.New(discreet{log.Handler()}), now: time.Now, outbox: mailer.NewOutbox(time.Now, nil)}
	if err := errors.Join(a.openKeys(), a.openLimits()); err != nil {
		return nil, err
	}
	var err error
	if a.db, err = postgres.Open(ctx, postgres.Config{URL: cfg.DatabaseURL}); err != nil {
		return nil, err
	}
	if err := errors.Join(a.checkDatabase(ctx), a.wire(a.outbox)); err != nil {
		a.db.Close()
		return nil, err
	}
	return a, nil
}

func (a *App) openKeys() error {
	var err error
	if a.ring, err = seal.ParseRing(a.cfg.SealKeys); err != nil {
		return fmt.Errorf("SEAL_KEYS: %w", err)
	}
	signer, err := seal.ParseSigner(a.cfg.AuditKeys)
	if err != nil {
		return fmt.Errorf("AUDIT_KEYS: %w", err)
	}
	a.trail = &audit.Trail{Keys: signer}
	cookie := values(a.cfg.CookieKey)
	box, err := seal.NewBox(cookie[0], cookie[1:]...)
	if err != nil {
		return fmt.Errorf("COOKIE_KEY: %w", err)
	}
	a.cookies = httpio.Cookies{Box: box, Secure: strings.HasPrefix(a.cfg.PublicURL, "https://")}
	return nil
}

// sender is the captured outbox, or the configured mail server.
func (a *App) sender() (mailer.Sender, error) {
	if a.outbox != nil {
		return a.outbox, nil
	}
	if a.cfg.SMTPURL == "" {
		return nil, errors.New("SMTP_URL is missing: sign-in links could not be sent")
	}
	s, err := mailer.NewSMTP(a.cfg.SMTPURL, a.cfg.MailFrom, nil)
	if err != nil {
		return nil, fmt.Errorf("SMTP_URL: %w", err)
	}
	return s, nil
}

func (a *App) checkDatabase(ctx context.Context) error {
	pending, err := a.db.Pending(ctx, migrations.Files)
	if err != nil {
		return fmt.Errorf("%w; was sendvery migrate run?", err)
	}
	if pending > 0 {
		return fmt.Errorf("the database lacks %d migrations: run sendvery migrate", pending)
	}
	return a.checkRoles(ctx)
}

// checkRoles reports what the database's roles may more than they should.
func (a *App) checkRoles(ctx context.Context) error {
	if a.parts.ActsAsApp {
		return a.db.CheckActingRole(ctx)
	}
	return a.db.CheckRoles(ctx)
}

// checkKeys refuses to work without a key that something stored is sealed or
// signed with: every mailbox it closes would fail, one after the other, and
// nobody would notice that events cannot be proved.
func (a *App) checkKeys(ctx context.Context) error {
	status, err := a.KeyStatus(ctx)
	if err != nil {
		return fmt.Errorf("read what keys are in use: %w", err)
	}
	var missing []error
	for _, k := range status.Sealing {
		if k.Missing {
			missing = append(missing, fmt.Errorf("SEAL_KEYS lacks the key %q, which %d stored values are sealed with: put it back; sendvery keys status lists all keys", k.ID, k.Values))
		}
	}
	for _, k := range status.Signing {
		if k.Missing {
			missing = append(missing, fmt.Errorf("AUDIT_KEYS lacks the key %q, which events of the audit trail are signed with: put it back", k.ID))
		}
	}
	return errors.Join(missing...)
}

// Handler answers all requests.
func (a *App) Handler() http.Handler { return a.routes() }

// Close frees what New opened.
func (a *App) Close() {
	a.db.Close()
	if a.redis != nil {
		_ = a.redis.Close() // nothing is under way there
	}
}
