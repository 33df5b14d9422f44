package journey

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/built"
)

// program is the real program in development mode, on a port and with a data
// folder of its own that outlive its starts.
type program struct {
	t    *testing.T
	home string
	base string // "http://localhost:41234"
	addr string
	env  []string // settings beside those of every journey

	began    time.Time // first start: what the demonstration mailbox holds
	terminal *terminal // what a person would see, of all starts
	log      *terminal
	cmd      *exec.Cmd
	exited   chan error
}

// newProgram makes a program that does not run yet. Whatever becomes of the
// test, nothing of it is left afterwards.
func newProgram(t *testing.T) *program {
	t.Helper()
	home, err := os.MkdirTemp("", "sendvery-journey-") //nolint:usetesting // the user that PostgreSQL runs as must be able to enter
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, home: home, terminal: &terminal{}, log: &terminal{}}
	t.Cleanup(func() {
		p.stop()
		if t.Failed() {
			t.Logf("the terminal:\n%s\nthe log:\n%s", tail(p.terminal.String()), tail(p.log.String()))
		}
		if err := os.RemoveAll(home); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(home, 0o755); err != nil {
		t.Fatal(err)
	}
	var lc net.ListenConfig
	free, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p.addr = free.Addr().String()
	_ = free.Close() // nothing was served
	_, port, _ := net.SplitHostPort(p.addr)
	p.base = "http://localhost:" + port
	return p
}

// start starts the program and returns once it serves.
func (p *program) start() {
	p.t.Helper()
	if p.began.IsZero() {
		p.began = time.Now()
	}
	p.cmd = exec.Command(binary, "dev")
	p.cmd.Dir = p.home
	p.cmd.Env = append(append(os.Environ(), "DATABASE_URL=", "DATA_DIR="+p.home, "LISTEN="+p.addr, "PUBLIC_URL="+p.base), p.env...)
	p.cmd.Stdout, p.cmd.Stderr = p.terminal, p.log
	var err error
	if p.exited, err = built.Start(p.cmd); err != nil {
		p.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(p.t.Context(), time.Minute)
	defer cancel()
	for !p.ready(ctx) {
		select {
		case err := <-p.exited:
			p.cmd = nil
			p.t.Fatalf("the program ended instead of serving: %v", err)
		case <-ctx.Done():
			p.t.Fatal("the program does not serve within a minute")
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (p *program) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.addr+"/readyz", nil)
	if err != nil {
		return false
	}
	answer, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		return false
	}
	_ = answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// stop asks the program to end as Ctrl-C does, and checks that its database
// ended with it.
func (p *program) stop() {
	p.t.Helper()
	if p.cmd == nil {
		return
	}
	cmd := p.cmd
	p.cmd = nil
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		p.t.Errorf("interrupt: %v", err)
	}
	select {
	case err := <-p.exited:
		if err != nil {
			p.t.Errorf("after Ctrl-C the program ends with %v", err)
		}
	case <-time.After(30 * time.Second):
		p.t.Error("the program does not end within 30 s of Ctrl-C")
		_ = cmd.Process.Kill() // it may have ended just now
		<-p.exited
	}
	if left, _ := filepath.Glob(filepath.Join(p.home, "pg*", "postmaster.pid")); len(left) > 0 {
		p.t.Errorf("the private PostgreSQL still runs: %s", left)
	}
}

// kill ends the program as a crash does: at once, without a chance to tidy up.
func (p *program) kill() {
	p.t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		p.t.Fatal(err)
	}
	<-p.exited
	p.cmd = nil
}

// complaints are the errors that the program has logged.
func (p *program) complaints() string {
	var found []string
	for line := range strings.Lines(p.log.String()) {
		if strings.Contains(line, `"level":"ERROR"`) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "")
}

func tail(s string) string {
	const most = 6000
	if len(s) <= most {
		return s
	}
	return fmt.Sprintf("(%d bytes)…%s", len(s), s[len(s)-most:])
}
