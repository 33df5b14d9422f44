package app_test

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/seal"
)

// program wires an app on a database of its own, not yet running.
func program(t *testing.T, change func(*app.Config)) *app.App {
	t.Helper()
	cfg := apptest.Config(dbtest.New(t))
	if change != nil {
		change(&cfg)
	}
	a, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Parts{Outbox: mailer.NewOutbox(time.Now, nil)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	return a
}

// running runs the roles and returns where requests are answered; the test's
// end, or stop, ends them.
func running(t *testing.T, a *app.App, roles ...string) (at map[string]string, stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, ended := make(chan map[string]string, 1), make(chan error, 1)
	go func() { ended <- a.Run(ctx, roles, func(at map[string]string) { ready <- at }) }()
	select {
	case at = <-ready:
	case err := <-ended:
		cancel()
		t.Fatal("it did not start: ", err)
	case <-time.After(30 * time.Second):
		cancel()
		t.Fatal("it does not start")
	}
	stopped := false
	stop = func() error {
		if stopped {
			return nil
		}
		stopped = true
		cancel()
		return <-ended
	}
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	return at, stop
}

func TestBusyPortEndsTheProgramWithASentence(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	a := program(t, func(c *app.Config) { c.Listen = taken.Addr().String() })
	ended := make(chan error, 1)
	go func() { ended <- a.Run(context.WithoutCancel(t.Context()), []string{app.RoleWeb, app.RoleWorker}, nil) }()
	select {
	case err := <-ended:
		if err == nil || !strings.Contains(err.Error(), "another program already listens on "+taken.Addr().String()) {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Fatal("the program hangs instead of telling that its port is taken")
	}
}

func TestRequestsUnderWayEndBeforeTheProgramDoes(t *testing.T) {
	t.Parallel()
	a := program(t, nil)
	at, stop := running(t, a, app.RoleWeb, app.RoleWorker)
	address := at["LISTEN"]
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	// A request whose body is not all there is under way.
	if _, err := conn.Write([]byte("POST /signin HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n" +
		"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 10\r\n\r\n")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4096)
	if n, err := conn.Read(answer); err != nil || !strings.Contains(string(answer[:n]), "100 Continue") {
		t.Fatalf("%q %v", answer[:n], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- stop() }()
	// The listener closes at once; until then the program has not begun to end.
	for {
		probe, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err != nil {
			break
		}
		_ = probe.Close()
	}
	if _, err := conn.Write([]byte("email=nobo")); err != nil {
		t.Fatal(err)
	}
	n, err := conn.Read(answer)
	if err != nil || !strings.HasPrefix(string(answer[:n]), "HTTP/1.1 4") {
		t.Errorf("the request under way: %q %v", answer[:n], err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if status, err := get(t, address, "/healthz"); err == nil {
		t.Errorf("it still answers: %d", status)
	}
}

func get(t *testing.T, address, path string) (status int, err error) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := (&http.Client{Timeout: 20 * time.Second}).Do(req)
	if err != nil {
		return 0, err
	}
	return resp.StatusCode, resp.Body.Close()
}

func TestWorkerAnswersHowItIsAndNothingElse(t *testing.T) {
	t.Parallel()
	at, _ := running(t, program(t, nil), app.RoleWorker)
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/": 404, "/signin": 404, "/dev/outbox": 404} {
		if status, err := get(t, at["LISTEN"], path); err != nil || status != want {
			t.Errorf("%s: %d, %v, want %d", path, status, err, want)
		}
	}
}

func TestProgramRefusesToStartWithoutAKeyThatEventsAreSignedWith(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	a.SignIn(t, "ada@first.example")
	cfg := apptest.Config(a.DB)
	newer := seal.GenerateKey("newer")
	for keys, want := range map[string]string{newer: `AUDIT_KEYS lacks the key "tests"`, newer + "," + dbtest.AuditKeys: ""} {
		cfg.AuditKeys = keys
		again, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Parts{})
		if err == nil {
			again.Close()
		}
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestProgramRefusesToStartWithoutAKeyInUse(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.SignIn(t, "ada@first.example")
	connect(t, b, strings.Split(b.Home, "/")[2]) // sealed with the key "first"
	cfg := apptest.Config(a.DB)
	other := seal.GenerateKey("second")
	cfg.SealKeys = other
	again, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Parts{})
	if err == nil {
		again.Close()
	}
	if err == nil || !strings.Contains(err.Error(), `SEAL_KEYS lacks the key "first", which 1 stored values`) {
		t.Errorf("without the key: %v", err)
	}
	if _, key, _ := strings.Cut(other, ":"); err != nil && strings.Contains(err.Error(), key) {
		t.Errorf("a key is shown: %v", err)
	}
	// The commands that mend it do start.
	opened, err := app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	opened.Close()
}
