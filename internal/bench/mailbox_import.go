package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/built"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/work"
)

// importing is a first import by the program, watched from outside.
type importing struct {
	house   *house
	owner   *mailbox.Service // as pages would: it puts jobs into the queue and does none
	set     mailbox.Settings
	process *os.Process
	exited  <-chan error

	rate   float64 // mails a second
	memory float64 // MB
	took   time.Duration
	cpu    map[part]float64 // seconds
}

// newImport starts the program beside somebody who acts through its services.
func (h *house) newImport(ctx context.Context, s *stage, server *mailtest.Dovecot, cert *mailtest.Cert) (*importing, error) {
	i := &importing{house: h, set: mailbox.Settings{
		Protocol: mailfetch.IMAP, Host: mailtest.Host, Port: int(server.IMAPS), Security: mailfetch.ImplicitTLS, Username: mailtest.User, Password: mailtest.Password,
		AfterImport: mailbox.LeaveUntouched,
	}}
	keys := seal.GenerateKey("bench")
	if err := i.employ(keys); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "sendvery-bench-")
	if err != nil {
		return nil, err
	}
	s.Cleanup(func() { _ = os.RemoveAll(dir) }) // only leaves a file behind
	authority := filepath.Join(dir, "authority.pem")
	if err := os.WriteFile(authority, cert.Authority, 0o600); err != nil {
		return nil, err
	}
	program, err := built.Program(ctx, ".", dir)
	if err != nil {
		return nil, err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	c := exec.CommandContext(ctx, program, "serve")
	c.Env = []string{
		"LISTEN=" + address, "PUBLIC_URL=http://" + address, "DATABASE_URL=" + h.server.URL(postgres.RoleApp, "bench"), "SEAL_KEYS=" + keys, "AUDIT_KEYS=" + auditKeys, "COOKIE_KEY=" + rand.Text() + rand.Text(),
		"SMTP_URL=smtp://nobody:nothing@127.0.0.1:9", "MAIL_FROM=bench@example.org", "CA_FILE=" + authority,
		"ALLOW_NETWORKS=127.0.0.0/8", "ALLOW_PORTS=" + strconv.Itoa(int(server.IMAPS)), "IP_LOOKUP=off", "DKIM_LOOKUP=off",
	}
	if i.exited, err = built.Start(c); err != nil {
		return nil, err
	}
	i.process = c.Process
	s.Cleanup(func() { // it may have ended, as it pleased
		_ = c.Process.Signal(os.Interrupt)
		<-i.exited //nolint:errcheck // how it ended is not asked
	})
	return i, nil
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// employ makes the service that the owner acts through.
func (i *importing) employ(keys string) error {
	ring, err := seal.ParseRing(keys)
	if err != nil {
		return err
	}
	tests, err := limit.NewMemory("connection tests", 1000, time.Hour)
	if err != nil {
		return err
	}
	h := i.house
	i.owner = &mailbox.Service{
		DB: h.db, Trail: h.trail, Ring: ring, Intake: h.reports, Holder: "owner", Now: time.Now, Tests: tests, TestsAtHost: tests,
		Domains: &domain.Service{DB: h.db, Trail: h.trail, Now: time.Now, Added: h.reports.DomainsAdded},
	}
	jobs := work.NewRegistry()
	work.Handle(jobs, 0, i.owner.Do)
	i.owner.Queue, err = work.New(h.db, jobs, slog.New(slog.DiscardHandler))
	return err
}

// run connects the mailbox and has it imported.
func (i *importing) run(ctx context.Context) error {
	id, err := i.owner.Connect(ctx, i.house.access, i.set)
	if err != nil {
		return err
	}
	if err := i.await(ctx, id, time.Minute, mailbox.Choosing); err != nil {
		return err
	}
	before, start := spent(), time.Now()
	if err := i.owner.Choose(ctx, i.house.access, id, nil); err != nil {
		return err
	}
	if err := i.await(ctx, id, 10*time.Minute, mailbox.Polling); err != nil {
		return err
	}
	i.took, i.cpu = time.Since(start), spent()
	for p := range i.cpu {
		i.cpu[p] -= before[p]
	}
	i.rate = importMails / i.took.Seconds()
	i.memory, _ = highWater(i.process.Pid)
	var reports int
	if err := i.house.admin.QueryRow(ctx, `SELECT count(*) FROM reports`).Scan(&reports); err != nil {
		return err
	}
	if reports != importMails {
		return fmt.Errorf("%d reports are stored", reports)
	}
	return nil
}

// await waits for a state of the mailbox.
func (i *importing) await(ctx context.Context, id mailbox.ID, most time.Duration, state mailbox.State) error {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		m, err := i.owner.Get(ctx, i.house.org, id)
		switch {
		case err != nil:
			return err
		case m.Failure != nil:
			return errors.New(*m.Failure)
		case m.State == state:
			return nil
		}
		select {
		case err := <-i.exited:
			return fmt.Errorf("the program ends: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// tell adds the figures to the table. What each part costs is processor time:
// the three work at the same time.
func (i *importing) tell(t *table, alone, parsing float64) {
	t.row(row{figure: "first import of 100,000 report mails", value: i.rate, baseline: alone, unit: "mails/s", against: "fetching alone", wanted: 0.3})
	t.row(row{figure: "first import, memory", value: i.memory, unit: "MB", against: "nothing", wanted: 150, atMost: true})
	whole := 0.0
	for _, seconds := range i.cpu {
		whole += seconds
	}
	read := importMails / parsing
	for _, p := range []struct {
		name    string
		seconds float64
	}{
		{"IMAP server", i.cpu[partIMAP]}, {"PostgreSQL", i.cpu[partPostgreSQL]}, {"reading reports", read}, {"the rest of the program", i.cpu[partProgram] - read},
	} {
		t.row(row{figure: "first import, processor time, " + p.name, value: 100 * p.seconds / whole, baseline: 100, unit: "%", against: "all of them", share: true})
	}
	t.row(row{figure: "first import, processor time in all", value: whole, baseline: i.took.Seconds(), unit: "s", against: "its duration"})
}
