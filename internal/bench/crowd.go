package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
)

// Sizes of the crowd that pages are measured in.
const (
	crowdOrganizations = 200
	crowdDays          = 400
	crowdEmail         = "demo@example.org"
)

// crowdHouse is a program with a database of many organizations, and a browser
// of somebody to whom they all belong.
type crowdHouse struct {
	admin      *pgx.Conn
	app        *app.App
	server     *httptest.Server
	browser    *http.Client
	statements *statements
	plans      *plans
	places     places
	mails      chan mailer.Message
	now        time.Time
	millions   int
}

// openCrowd opens the database with so many million rows, and fills it if it
// is new.
func openCrowd(ctx context.Context, server databases, millions int) (*crowdHouse, error) {
	name := fmt.Sprintf("crowd_%d", millions)
	h := &crowdHouse{statements: &statements{}, plans: newPlans(), mails: make(chan mailer.Message, 1), millions: millions}
	var err error
	if h.admin, err = prepareDatabase(ctx, server, name); err != nil {
		return nil, err
	}
	cfg := app.Config{
		PublicURL: "http://localhost:8080", Listen: "127.0.0.1:0", DatabaseURL: server.URL(postgres.RoleApp, name), TLS: "off", IPLookup: "off", ASNLookup: "off", DKIMLookup: "off",
		SealKeys: seal.GenerateKey("bench"), AuditKeys: dbtest.AuditKeys, CookieKey: "cookies of benchmarks: 32 bytes or more", LogLevel: "warn", RateLimitBackend: "memory",
	}
	h.now = time.Now()
	var day *time.Time
	if err := h.admin.QueryRow(ctx, `SELECT max(day) FROM reports`).Scan(&day); err != nil {
		return nil, err
	}
	if day != nil {
		h.now = day.Add(36 * time.Hour)
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	parts := app.Parts{Now: func() time.Time { return h.now }, Outbox: mailer.NewOutbox(time.Now, func(m mailer.Message) { h.mails <- m }), Tracer: h.statements}
	if h.app, err = app.New(ctx, cfg, log, parts); err != nil {
		return nil, err
	}
	if day == nil {
		if err := h.fill(ctx); err != nil {
			return nil, err
		}
	}
	h.server = httptest.NewServer(h.app.Handler())
	if err := h.signIn(ctx); err != nil {
		return nil, err
	}
	h.places, err = h.findPlaces(ctx)
	return h, err
}

// fill makes the crowd.
func (h *crowdHouse) fill(ctx context.Context) error {
	plan := app.CrowdPlan{Organizations: crowdOrganizations, Days: crowdDays, Rows: h.millions * 1_000_000, Until: h.now, Seed: 1}
	start := time.Now()
	rows, err := h.app.FillCrowd(ctx, app.Crowd{CrowdPlan: plan, Email: crowdEmail, Progress: func(int64) {}})
	if err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d rows in %d organizations made in %s\n", rows, crowdOrganizations, time.Since(start).Round(time.Second))
	// As the server does by itself in the long run.
	_, err1 := h.admin.Exec(ctx, `VACUUM ANALYZE`)
	// What waits to be added up comes and goes: of 400 days in 400 days its index
	// would have used the same pages again and again.
	_, err2 := h.admin.Exec(ctx, `REINDEX TABLE daily_due`)
	_, err3 := h.admin.Exec(ctx, `CHECKPOINT`)
	return errors.Join(err1, err2, err3)
}

var signInLink = regexp.MustCompile(`/signin/link/[\w-]+`)

// signIn opens the browser's session, and waits until all days are added up.
// Nothing works in the background afterwards.
func (h *crowdHouse) signIn(ctx context.Context) error {
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	h.browser = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	working, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- h.app.Run(working, []string{app.RoleWorker}, nil) }()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			fmt.Fprintln(os.Stderr, "the worker:", err)
		}
	}()
	if err := h.send(ctx, http.MethodPost, "/signin", url.Values{"email": {crowdEmail}}); err != nil {
		return err
	}
	select {
	case m := <-h.mails:
		err = errors.Join(h.send(ctx, http.MethodPost, signInLink.FindString(m.Text), url.Values{}), h.settled(ctx))
	case <-time.After(time.Minute):
		err = errors.New("no sign-in mail came")
	}
	return err
}

// settled waits until nothing is left to add up.
func (h *crowdHouse) settled(ctx context.Context) error {
	for {
		var waiting bool
		const left = `SELECT EXISTS (SELECT FROM daily_due) OR EXISTS (SELECT FROM daily_stale) OR EXISTS (SELECT FROM daily_unjudged)`
		if err := h.admin.QueryRow(ctx, left).Scan(&waiting); err != nil || !waiting {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// send asks the program and reads the answer to its end.
func (h *crowdHouse) send(ctx context.Context, method, path string, form url.Values) error {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(ctx, method, h.server.URL+path, body)
	if err != nil {
		return err
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	resp, err := h.browser.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	if resp.StatusCode >= 400 || form == nil && resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", path, resp.Status)
	}
	return err
}

func (h *crowdHouse) close(ctx context.Context) error {
	h.server.Close()
	h.app.Close()
	return h.admin.Close(ctx)
}
