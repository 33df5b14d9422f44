package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/postgres/cluster"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

// Dev runs everything that a newcomer needs on this very machine: a private
// PostgreSQL (unless DATABASE_URL names one), keys, an outbox instead of a
// mail server, and a demonstration mailbox. It refuses any address that other
// machines could reach.
func Dev(ctx context.Context, cfg Config, log *slog.Logger, getenv func(string) string, out io.Writer) (err error) {
	if err := loopbackOnly(cfg); err != nil {
		return err
	}
	home, err := cluster.Home(cfg.DataDir)
	if err != nil {
		return err
	}
	if abs, err := filepath.Abs(cfg.DataDir); err == nil && abs != home {
		fmt.Fprintf(out, "The data is in %s: PostgreSQL must run as another user, who cannot reach %s.\n", home, abs)
	}
	adminURL, stop, err := devDatabase(ctx, cfg, home, getenv, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stop()) }()
	if cfg.DatabaseURL, cfg.MigrateURL, err = devSchema(ctx, adminURL); err != nil {
		return err
	}
	if cfg.SealKeys, cfg.CookieKey, err = devKeys(home); err != nil {
		return err
	}
	parts, err := demonstration(ctx, home)
	if err != nil {
		return err
	}
	parts.Outbox = mailer.NewOutbox(time.Now, func(m mailer.Message) { announce(out, m) })
	a, err := New(ctx, cfg, log, parts)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Run(ctx, []string{RoleWeb, RoleWorker}, func(net.Addr) {
		fmt.Fprintf(out, "\nSendvery is at %s (outbox: %s/dev/outbox). Stop it with Ctrl-C.\n\n", cfg.PublicURL, cfg.PublicURL)
	})
}

func loopbackOnly(cfg Config) error {
	host, _, err := net.SplitHostPort(cfg.Listen)
	if err != nil {
		return fmt.Errorf("LISTEN is not an address with a port, such as 127.0.0.1:8080")
	}
	if !isLoopback(host) || cfg.Production() {
		return errors.New("development mode shows everybody's sign-in mails, so it listens on this machine only: use 127.0.0.1 and localhost, or run sendvery serve")
	}
	return nil
}

// devDatabase returns a superuser's address of the database: the operator's
// own, or a private server's, which stop ends.
func devDatabase(ctx context.Context, cfg Config, home string, getenv func(string) string, out io.Writer) (adminURL string, stop func() error, err error) {
	if cfg.DatabaseURL != "" {
		return cfg.DatabaseURL, func() error { return nil }, nil
	}
	binaries, err := cluster.Find(ctx, getenv)
	if errors.Is(err, cluster.ErrNoServer) {
		fmt.Fprintln(out, "No PostgreSQL server is on this machine; fetching one with npm (once).")
		binaries, err = cluster.Install(ctx, home)
	}
	if err == nil {
		binaries, err = cluster.Fit(ctx, home, binaries, getenv)
	}
	if err != nil {
		return "", nil, err
	}
	server, err := cluster.Start(ctx, cluster.Options{Home: home, Binaries: binaries})
	if err != nil {
		return "", nil, err
	}
	if err := postgres.EnsureDatabase(ctx, server.SuperuserURL("postgres"), "sendvery"); err != nil {
		return "", nil, errors.Join(err, server.Stop())
	}
	fmt.Fprintf(out, "PostgreSQL %d runs for this program alone; its data is in %s.\n", binaries.Major, home)
	return server.SuperuserURL("sendvery"), server.Stop, nil
}

// devSchema makes roles and schema and returns the addresses of app and owner.
func devSchema(ctx context.Context, adminURL string) (appURL, ownerURL string, err error) {
	if err := postgres.CreateRoles(ctx, adminURL); err != nil {
		return "", "", err
	}
	if appURL, err = postgres.AsRole(adminURL, postgres.RoleApp); err != nil {
		return "", "", err
	}
	if ownerURL, err = postgres.AsRole(adminURL, postgres.RoleOwner); err != nil {
		return "", "", err
	}
	return appURL, ownerURL, postgres.Migrate(ctx, ownerURL, migrations.Files, work.Migrate)
}

// devKeys returns the keys of this data folder, made at the first start.
func devKeys(home string) (sealKeys, cookieKey string, err error) {
	if sealKeys, err = devKey(filepath.Join(home, "seal.key"), func() string { return seal.GenerateKey("dev") }); err != nil {
		return "", "", err
	}
	cookieKey, err = devKey(filepath.Join(home, "cookie.key"), func() string { return rand.Text() + rand.Text() })
	return sealKeys, cookieKey, err
}

func devKey(path string, generate func() string) (string, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		key := generate()
		return key, os.WriteFile(path, []byte(key), 0o600)
	}
	return strings.TrimSpace(string(content)), err
}

// announce prints a captured mail for the person at the terminal.
func announce(out io.Writer, m mailer.Message) {
	fmt.Fprintf(out, "\n--- mail to %s: %s\n%s---\n", m.To, m.Subject, m.Text)
}
