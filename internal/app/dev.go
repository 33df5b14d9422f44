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
	"sendvery.com/sendvery/internal/postgres/cluster"
	"sendvery.com/sendvery/internal/seal"
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
	db, err := openDevDatabase(ctx, cfg, home, getenv, out)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.stop()) }()
	if err := db.migrate(ctx); err != nil {
		return err
	}
	cfg.DatabaseURL, cfg.MigrateURL = db.app, "" // with a database of the developer's, both have its one password
	if err := devKeys(home, &cfg); err != nil {
		return err
	}
	parts, err := demonstration(ctx, home)
	if err != nil {
		return err
	}
	parts.ActsAsApp = db.actsAsApp
	parts.Outbox = mailer.NewOutbox(time.Now, func(m mailer.Message) { announce(out, m) })
	a, err := New(ctx, cfg, log, parts)
	if err != nil {
		return err
	}
	defer a.Close()
	return a.Run(ctx, []string{RoleWeb, RoleWorker}, func(map[string]string) {
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

// devKeys sets the keys of this data folder, made at the first start.
func devKeys(home string, c *Config) (err error) {
	ring := func() string { return seal.GenerateKey("dev") }
	for _, k := range []struct {
		into     *string
		file     string
		generate func() string
	}{
		{&c.SealKeys, "seal.key", ring},
		{&c.AuditKeys, "audit.key", ring},
		{&c.CookieKey, "cookie.key", func() string { return rand.Text() + rand.Text() }},
	} {
		if *k.into, err = devKey(filepath.Join(home, k.file), k.generate); err != nil {
			return err
		}
	}
	return nil
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
