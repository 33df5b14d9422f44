// Package redistest runs a real Redis for a test, on loopback and for the life
// of the test. Never imported by production code.
package redistest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/built"
)

// Options change the server.
type Options struct {
	Password string
	// Chain and Key are files of a certificate, with which only TLS is spoken.
	Chain, Key string
}

// Server is a running Redis.
type Server struct {
	Port   int
	cmd    *exec.Cmd
	exited chan error
}

// New starts a server that keeps nothing on disk, and waits until it answers.
func New(t testing.TB, o Options) *Server {
	t.Helper()
	program, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal("Redis is missing. Install it: .ci/deps redis (Debian: apt-get install redis-server; macOS: brew install redis)")
	}
	words := ""
	for range 5 { // another program may take the port before the server does
		s := &Server{Port: freePort(t)}
		if words = s.start(t, program, o); words == "" {
			t.Cleanup(s.Stop)
			return s
		}
		s.Stop()
	}
	t.Fatal("redis-server does not start: ", words)
	return nil
}

// start starts the server and returns nothing once it is ready, else all that
// it said.
func (s *Server) start(t testing.TB, program string, o Options) (words string) {
	t.Helper()
	port, tls := fmt.Sprint(s.Port), "0"
	if o.Chain != "" {
		port, tls = tls, port
	}
	args := []string{"--bind", "127.0.0.1", "--port", port, "--save", "", "--appendonly", "no", "--daemonize", "no", "--dir", t.TempDir()}
	if o.Chain != "" {
		args = append(args, "--tls-port", tls, "--tls-cert-file", o.Chain, "--tls-key-file", o.Key, "--tls-auth-clients", "no")
	}
	if o.Password != "" {
		args = append(args, "--requirepass", o.Password)
	}
	s.cmd = exec.CommandContext(context.WithoutCancel(t.Context()), program, args...)
	log, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.cmd.Stdout, s.cmd.Stderr = in, in
	s.exited, err = built.Start(s.cmd)
	_ = in.Close() // the server has it
	if err != nil {
		t.Fatal(err)
	}
	select {
	case words = <-started(log):
		return words
	case <-time.After(20 * time.Second):
		return "it does not become ready"
	}
}

// started yields once: nothing when the server is ready, else all that it said.
func started(log *os.File) <-chan string {
	said := make(chan string, 1)
	go func() {
		defer func() { _ = log.Close() }()
		var words strings.Builder
		for lines := bufio.NewScanner(log); lines.Scan(); fmt.Fprintln(&words, lines.Text()) {
			if strings.Contains(lines.Text(), "Ready to accept connections") {
				said <- ""
				_, _ = io.Copy(io.Discard, log) // or it would wait for a reader
				return
			}
		}
		said <- "it said: " + words.String()
	}()
	return said
}

// freePort finds a port that nobody listens on.
func freePort(t testing.TB) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return int(netip.MustParseAddrPort(l.Addr().String()).Port())
}

// Freeze has the server take connections and answer nothing, until Thaw.
func (s *Server) Freeze() { _ = s.cmd.Process.Signal(syscall.SIGSTOP) }

// Thaw has it go on.
func (s *Server) Thaw() { _ = s.cmd.Process.Signal(syscall.SIGCONT) }

// Stop ends the server at once.
func (s *Server) Stop() {
	_ = s.cmd.Process.Kill()
	s.exited <- <-s.exited
}
