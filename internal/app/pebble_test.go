package app_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/built"
	"sendvery.com/sendvery/internal/dns/dnsfake"
	"sendvery.com/sendvery/internal/mailtest"
)

// pebble is the test authority of the people who made ACME, on this machine.
// It really connects to whom it gives a certificate: to the relays.
type pebble struct {
	directory string
	caFile    string         // of the authority's own certificate
	roots     *x509.CertPool // of the certificates that it gives
	tls, http *relay         // ports 443 and 80 of every name
	log       *lines
}

// findPebble builds it, in the version that the tools' module names, and
// returns where it is.
func findPebble(t *testing.T) string {
	t.Helper()
	build := exec.CommandContext(t.Context(), "go", "tool", "-modfile=.ci/tools/go.mod", "-n", "pebble")
	build.Dir = "../.."
	var problem strings.Builder
	build.Stderr = &problem
	path, err := build.Output()
	if err != nil {
		t.Fatalf("the authority of the tests does not build: %v\n%s", err, problem.String())
	}
	return strings.TrimSpace(string(path))
}

func newPebble(t *testing.T, host string) *pebble {
	t.Helper()
	program := findPebble(t)
	zone, err := dnsfake.Serve(t.Context(), dnsfake.Zone{Records: []string{host + ". 300 IN A 127.0.0.1"}})
	if err != nil {
		t.Fatal(err)
	}
	cert := mailtest.NewCert(t)
	p := &pebble{caFile: filepath.Join(t.TempDir(), "ca.pem"), tls: newRelay(t), http: newRelay(t)}
	if err := os.WriteFile(p.caFile, cert.Authority, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 5 { // another program may take a port before it does
		if p.start(t, program, zone.Addr, cert) {
			return p
		}
	}
	t.Fatalf("pebble does not start: %s", p.log)
	return nil
}

// start starts it and reports whether it answers.
func (p *pebble) start(t *testing.T, program, resolver string, cert *mailtest.Cert) bool {
	t.Helper()
	chain, key := cert.Files(t, t.TempDir())
	at, management := freeAddress(t), freeAddress(t)
	config, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": at, "managementListenAddress": management, "certificate": chain, "privateKey": key,
		"httpPort": p.http.port(), "tlsPort": p.tls.port(), "keyAlgorithm": "ecdsa", "retryAfter": map[string]int{"authz": 1, "order": 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "pebble.json")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), program, "-config", file, "-dnsserver", resolver)
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1")
	p.log = &lines{}
	cmd.Stdout, cmd.Stderr = p.log, p.log
	exited, err := built.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	stop := func() {
		_ = cmd.Process.Kill()
		exited <- <-exited
	}
	t.Cleanup(stop)
	p.directory = "https://" + at + "/dir"
	client := &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: cert.Roots, MinVersion: tls.VersionTLS12}}}
	defer client.CloseIdleConnections()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for until := time.Now().Add(20 * time.Second); time.Now().Before(until); <-again.C {
		select {
		case err := <-exited:
			exited <- err
			return false
		default:
		}
		if _, err := client.Get(p.directory); err != nil {
			continue
		}
		resp, err := client.Get("https://" + management + "/roots/0")
		if err != nil {
			continue
		}
		root, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		p.roots = x509.NewCertPool()
		return err == nil && p.roots.AppendCertsFromPEM(root)
	}
	return false
}

// orders counts what it was asked for.
func (p *pebble) orders() int { return strings.Count(p.log.String(), "Added order") }

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// lines is what a program says.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// relay passes connections on to where it is told to, and refuses them before.
type relay struct {
	net.Listener
	to atomic.Value
}

func newRelay(t *testing.T) *relay {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &relay{Listener: l}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			go r.pass(from)
		}
	}()
	return r
}

func (r *relay) port() int { return int(netip.MustParseAddrPort(r.Addr().String()).Port()) }

func (r *relay) pass(from net.Conn) {
	defer from.Close()
	address, ok := r.to.Load().(string)
	if !ok {
		return
	}
	to, err := (&net.Dialer{}).Dial("tcp", address)
	if err != nil {
		return
	}
	defer to.Close()
	go func() {
		_, _ = io.Copy(to, from)
		_ = to.(*net.TCPConn).CloseWrite()
	}()
	_, _ = bufio.NewReader(to).WriteTo(from)
}
