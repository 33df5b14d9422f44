package app_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/keyring"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/seal"
)

const publicHost = "sendvery.example.org"

// replica runs the pages with a configuration.
func replica(t *testing.T, cfg app.Config) (a *app.App, at map[string]string) {
	t.Helper()
	a, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Parts{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(a.Close)
	at, _ = running(t, a, app.RoleWeb)
	return a, at
}

// shake connects as a browser that speaks up to a version of TLS.
func shake(t *testing.T, address, name string, roots *x509.CertPool, version uint16) (*x509.Certificate, error) {
	t.Helper()
	d := tls.Dialer{Config: &tls.Config{ServerName: name, RootCAs: roots, MinVersion: tls.VersionTLS12, MaxVersion: version}}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	conn, err := d.DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	state := conn.(*tls.Conn).ConnectionState()
	if state.Version != tls.VersionTLS13 {
		t.Errorf("the version is %s", tls.VersionName(state.Version))
	}
	return state.PeerCertificates[0], nil
}

// browse asks for something without following redirects.
func browse(t *testing.T, roots *x509.CertPool, method, url, host string) apptest.Page {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: publicHost, MinVersion: tls.VersionTLS13}, ForceAttemptHTTP2: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	req, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Host = host
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return apptest.Page{Status: resp.StatusCode, Header: resp.Header, Body: string(body), Location: resp.Header.Get("Location")}
}

// overPlain checks what is answered over plain HTTP beside TLS.
func overPlain(t *testing.T, address string) {
	t.Helper()
	for method, want := range map[string]int{"GET": 308, "HEAD": 308, "POST": 403, "PUT": 403, "DELETE": 403} {
		p := browse(t, nil, method, "http://"+address+"/signin?next=/o/x", publicHost)
		if p.Status != want || (want == 308) != (p.Location == public+"/signin?next=/o/x") {
			t.Errorf("%s over plain HTTP: %d to %q, want %d", method, p.Status, p.Location, want)
		}
		for _, problem := range apptest.Unsecured(p.Header, false) {
			t.Errorf("%s over plain HTTP: %s", method, problem)
		}
	}
}

func TestReplicasOrderOneCertificateAndShareIt(t *testing.T) {
	t.Parallel()
	authority := newPebble(t, publicHost)
	db := dbtest.New(t)
	cfg := apptest.Config(db)
	cfg.PublicURL, cfg.TLS, cfg.ListenHTTP, cfg.TrustedHops = public, "acme", "127.0.0.1:0", 0
	cfg.ACMEDirectory, cfg.ACMECAFile, cfg.ACMEEmail = authority.directory, authority.caFile, "operator@example.org"
	first, here := replica(t, cfg)
	_, there := replica(t, cfg)
	// The authority looks at the replica that may not have been the one to order.
	authority.tls.to.Store(there["LISTEN"])
	authority.http.to.Store(there["LISTEN_HTTP"])

	if _, err := shake(t, here["LISTEN"], "other.example.org", authority.roots, tls.VersionTLS13); err == nil {
		t.Error("somebody else's name gets a certificate")
	}
	if n := authority.orders(); n != 0 {
		t.Errorf("%d orders for a stranger", n)
	}
	var got [6]*x509.Certificate
	var all sync.WaitGroup
	for i := range got {
		all.Go(func() {
			// It may take longer than a handshake may: then a browser tries again.
			for until := time.Now().Add(time.Minute); got[i] == nil && time.Now().Before(until); {
				var err error
				if got[i], err = shake(t, []map[string]string{here, there}[i%2]["LISTEN"], publicHost, authority.roots, tls.VersionTLS13); err != nil {
					t.Log(err)
				}
			}
		})
	}
	all.Wait()
	for _, c := range got {
		if c == nil || !c.Equal(got[0]) {
			t.Fatalf("the replicas have no certificate, or not the same: %s", authority.log)
		}
	}
	if n := authority.orders(); n != 1 {
		t.Errorf("%d orders for six visitors of two replicas, want 1", n)
	}
	if _, err := shake(t, here["LISTEN"], publicHost, authority.roots, tls.VersionTLS12); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	if p := browse(t, authority.roots, "GET", "https://"+there["LISTEN"]+"/signin", publicHost); p.Status != 200 || !strings.Contains(p.Header.Get("Strict-Transport-Security"), "max-age=31536000") {
		t.Errorf("the page: %d, HSTS %q", p.Status, p.Header.Get("Strict-Transport-Security"))
	}
	overPlain(t, here["LISTEN_HTTP"])

	stored := dump(t, &apptest.App{DB: db})
	if !strings.Contains(stored, publicHost) || !strings.Contains(stored, "acme_account+key") {
		t.Fatal("nothing is stored")
	}
	for _, key := range []string{"PRIVATE KEY", hex.EncodeToString([]byte("PRIVATE KEY"))} {
		if strings.Contains(stored, key) {
			t.Errorf("the database holds %q", key)
		}
	}
	rotated(t, first, cfg, authority, got[0])
}

// rotated seals everything again with a new key and starts a replica that has
// only that one.
func rotated(t *testing.T, a *app.App, cfg app.Config, authority *pebble, want *x509.Certificate) {
	t.Helper()
	used := func(a *app.App) map[string]int {
		t.Helper()
		keys, err := a.KeyStatus(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := map[string]int{}
		for _, k := range keys.Sealing {
			n[k.ID] = k.Values
		}
		return n
	}
	before := used(a)["first"]
	old := cfg.SealKeys
	fresh := seal.GenerateKey("second")
	cfg.SealKeys = fresh + "," + old
	both, err := app.Open(t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	defer both.Close()
	var n int64
	err = both.RotateKeys(t.Context(), func(run keyring.Run) { n = run.Done })
	if after := used(both); err != nil || before < 2 || n != int64(before) || after["first"] != 0 || after["second"] != before {
		t.Errorf("of %d entries %d were sealed again, now %v, %v", before, n, after, err)
	}
	cfg.SealKeys = fresh
	_, at := replica(t, cfg)
	if got, err := shake(t, at["LISTEN"], publicHost, authority.roots, tls.VersionTLS13); err != nil || !got.Equal(want) {
		t.Errorf("with the new key alone: %v", err)
	}
	if n := authority.orders(); n != 1 {
		t.Errorf("%d orders after the rotation", n)
	}
	cfg.SealKeys = old
	if broken, err := app.New(t.Context(), cfg, slog.New(slog.DiscardHandler), app.Parts{}); err == nil {
		broken.Close()
		t.Error("it starts without the key of the certificates")
	} else if !strings.Contains(err.Error(), `SEAL_KEYS lacks the key "second"`) {
		t.Error(err)
	}
}

func TestAuthorityIsAnsweredOverPlainHTTPWhereItCannotReachTLS(t *testing.T) {
	t.Parallel()
	authority := newPebble(t, publicHost)
	cfg := apptest.Config(dbtest.New(t))
	cfg.PublicURL, cfg.TLS, cfg.ListenHTTP, cfg.TrustedHops = public, "acme", "127.0.0.1:0", 0
	cfg.ACMEDirectory, cfg.ACMECAFile = authority.directory, authority.caFile
	_, at := replica(t, cfg)
	authority.http.to.Store(at["LISTEN_HTTP"])
	var err error
	for until := time.Now().Add(time.Minute); time.Now().Before(until); {
		if _, err = shake(t, at["LISTEN"], publicHost, authority.roots, tls.VersionTLS13); err == nil {
			break
		}
	}
	if err != nil {
		t.Fatalf("%v\n%s", err, authority.log)
	}
	// Of what the authority does not ask for, strangers learn nothing.
	for _, host := range []string{publicHost, "other.example.org"} {
		p := browse(t, nil, "GET", "http://"+at["LISTEN_HTTP"]+"/.well-known/acme-challenge/nothing", host)
		if p.Status < 400 || strings.Contains(p.Body, "certificates") || strings.Contains(p.Body, "SQL") {
			t.Errorf("%s: %d %s", host, p.Status, p.Body)
		}
	}
}

func TestCertificateInFilesIsInForceOnceItChanges(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	first := mailtest.NewCert(t, mailtest.ForHost(publicHost))
	cfg := apptest.Config(dbtest.New(t))
	cfg.PublicURL, cfg.TLS, cfg.ListenHTTP = public, "files", "127.0.0.1:0"
	cfg.TLSCertFile, cfg.TLSKeyFile = first.Files(t, dir)
	_, at := replica(t, cfg)
	if _, err := shake(t, at["LISTEN"], publicHost, first.Roots, tls.VersionTLS13); err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, at["LISTEN"], publicHost, first.Roots, tls.VersionTLS12); err == nil {
		t.Error("TLS 1.2 is spoken")
	}
	overPlain(t, at["LISTEN_HTTP"])
	if p := browse(t, first.Roots, "GET", "https://"+at["LISTEN"]+"/signin", publicHost); p.Status != 200 || p.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("the page: %d, HSTS %q", p.Status, p.Header.Get("Strict-Transport-Security"))
	}

	// A key without its certificate, as between two writes, changes nothing.
	second := mailtest.NewCert(t, mailtest.ForHost(publicHost))
	chain, key := second.Files(t, t.TempDir())
	for _, move := range [][2]string{{key, cfg.TLSKeyFile}, {chain, cfg.TLSCertFile}} {
		if _, err := shake(t, at["LISTEN"], publicHost, first.Roots, tls.VersionTLS13); err != nil {
			t.Errorf("before %s: %v", filepath.Base(move[0]), err)
		}
		if err := os.Rename(move[0], move[1]); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := shake(t, at["LISTEN"], publicHost, second.Roots, tls.VersionTLS13); err != nil {
		t.Errorf("after both: %v", err)
	}
	if err := os.Remove(cfg.TLSKeyFile); err != nil {
		t.Fatal(err)
	}
	if _, err := shake(t, at["LISTEN"], publicHost, second.Roots, tls.VersionTLS13); err != nil {
		t.Errorf("without the file: %v", err)
	}
}

func TestProxyMustHaveBeenReachedOverTLS(t *testing.T) {
	t.Parallel()
	cfg := apptest.Config(dbtest.New(t))
	cfg.PublicURL, cfg.TLS = public, "proxy"
	_, at := replica(t, cfg)
	overPlain(t, at["LISTEN"])
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/assets/nothing.css": 308, "/o/x/": 308} {
		if p := browse(t, nil, "GET", "http://"+at["LISTEN"]+path, publicHost); p.Status != want {
			t.Errorf("%s without a word of TLS: %d, want %d", path, p.Status, want)
		}
	}
}
