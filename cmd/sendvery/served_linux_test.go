package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/built"
	"sendvery.com/sendvery/internal/mailtest"
)

// served is the built program at work as serve, in a process of its own.
type served struct {
	at     map[string]string // where it answers, by the names of the options
	cmd    *exec.Cmd
	exited chan error

	mu  sync.Mutex
	log strings.Builder
}

// startServe starts the program and returns once it serves.
func startServe(t *testing.T, program string, environ map[string]string, args ...string) *served {
	t.Helper()
	s := &served{cmd: exec.CommandContext(context.WithoutCancel(t.Context()), program, append([]string{"serve"}, args...)...)}
	s.cmd.Dir = t.TempDir()
	for name, value := range environ {
		s.cmd.Env = append(s.cmd.Env, name+"="+value)
	}
	log, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stderr = in
	s.exited, err = built.Start(s.cmd)
	_ = in.Close() // the program has it
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.stop(t) })
	serving := make(chan struct{})
	go s.listen(log, serving)
	select {
	case <-serving:
	case err := <-s.exited:
		s.exited <- err
		t.Fatalf("it does not serve: %v\n%s", err, s.said())
	case <-time.After(30 * time.Second):
		t.Fatalf("it does not serve:\n%s", s.said())
	}
	return s
}

// listen keeps what the program logs, and learns from it where it serves.
func (s *served) listen(log io.ReadCloser, serving chan<- struct{}) {
	defer log.Close()
	for lines := bufio.NewScanner(log); lines.Scan(); {
		var line struct {
			Msg string
			At  map[string]string
		}
		_ = json.Unmarshal(lines.Bytes(), &line) // a line that is none is kept all the same
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		if line.Msg == "serving" {
			s.at = line.At
			close(serving)
		}
		s.mu.Unlock()
	}
}

// said is the log so far.
func (s *served) said() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// stop ends the program in order.
func (s *served) stop(t *testing.T) {
	t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-s.exited:
		if err != nil {
			t.Errorf("it ended with %v\n%s", err, s.said())
		}
		s.exited <- nil // for whoever stops it again
	case <-time.After(30 * time.Second):
		_ = s.cmd.Process.Kill()
		t.Errorf("it does not end:\n%s", s.said())
	}
}

// withInbox has the program's own mail go to an inbox.
func withInbox(t *testing.T, environ map[string]string) *mailtest.Inbox {
	t.Helper()
	cert := mailtest.NewCert(t)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, cert.Authority, 0o600); err != nil {
		t.Fatal(err)
	}
	inbox := mailtest.NewInbox(t, cert, true)
	environ["SMTP_URL"], environ["SSL_CERT_FILE"] = "smtps://me:correct@"+inbox.Addr, file
	return inbox
}

// visitor is a browser without a screen.
type visitor struct {
	*http.Client
	base string
}

func newVisitor(t *testing.T, base string, transport *http.Transport) visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	return visitor{&http.Client{Jar: jar, Transport: transport, Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, base}
}

// ask sends a form, or asks for a page without one.
func (v visitor) ask(t *testing.T, path string, form url.Values) (status int, location, body string) {
	t.Helper()
	if form == nil {
		return v.send(t, http.MethodGet, path, "", nil)
	}
	return v.send(t, http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (v visitor) send(t *testing.T, method, path, contentType string, body io.Reader) (status int, location, answer string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, v.base+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := v.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Header.Get("Location"), string(content)
}

var signInLink = regexp.MustCompile(`/signin/link/[\w-]{43}`)

// linkOf is the path of the link in a sign-in mail, whose lines are broken for
// the way (RFC 2045 section 6.7).
func linkOf(t *testing.T, mail string) string {
	t.Helper()
	link := signInLink.FindString(strings.NewReplacer("=\r\n", "", "=3D", "=").Replace(mail))
	if link == "" {
		t.Fatalf("the mail holds no link:\n%s", mail)
	}
	return link
}

// signIn signs somebody in by the link in the mail, and returns their first page.
func (v visitor) signIn(t *testing.T, inbox *mailtest.Inbox, email string) (home string) {
	t.Helper()
	if status, to, body := v.ask(t, "/signin", url.Values{"email": {email}}); status != http.StatusSeeOther || to != "/signin/sent" {
		t.Fatalf("asking for a link: %d to %q: %s", status, to, body)
	}
	return v.enter(t, linkOf(t, inbox.Next(t)))
}

// enter signs in by a link and returns the first page.
func (v visitor) enter(t *testing.T, link string) (home string) {
	t.Helper()
	status, home, body := v.ask(t, link, url.Values{})
	if status != http.StatusSeeOther || !strings.HasPrefix(home, "/o/") {
		t.Fatalf("confirming: %d to %q: %s", status, home, body)
	}
	return home
}
