package demo

import (
	"context"
	"crypto/x509"
	"io"
	"testing"
	"time"

	"go.uber.org/goleak"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/netguard"
)

func TestServe(t *testing.T) {
	defer goleak.VerifyNone(t)
	ctx, cancel := context.WithCancel(t.Context())
	began := time.Now()
	story := Story{Start: began.AddDate(0, 0, -8), Seed: Seed}
	s, err := Serve(ctx, ServeConfig{Story: story, Now: began, Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d mails served after %s", s.Mails, time.Since(began))
	f := &mailfetch.Fetcher{
		Dialer: netguard.New(netguard.Config{AllowEndpoints: []netguard.Endpoint{{Host: s.Host, Port: s.Port}}}),
		Roots:  s.Roots,
	}
	account := mailfetch.Account{
		Protocol: mailfetch.IMAP, Host: s.Host, Port: s.Port, Security: mailfetch.ImplicitTLS,
		Username: Username, Password: Password, Since: began.AddDate(0, 0, -2),
	}
	counted := 0
	session, err := f.Open(ctx, account, func(s mailfetch.Step) { counted = max(counted, s.Mails) })
	if err != nil {
		t.Fatal(err)
	}
	listing, err := session.List(ctx, mailfetch.Query{})
	if err != nil || len(listing.IDs) != s.Mails || counted == 0 || counted > s.Mails/2 {
		t.Fatalf("%d mails listed, %d of two days, %v", len(listing.IDs), counted, err)
	}
	mails, _ := story.Mails(began)
	began = time.Now()
	for at := 0; at < len(listing.IDs); at += mailfetch.MaxBatch {
		ids := listing.IDs[at:min(at+mailfetch.MaxBatch, len(listing.IDs))]
		n := at
		if _, err := session.Fetch(ctx, ids, func(m mailfetch.Mail) error {
			body, err := io.ReadAll(m.Body)
			if string(body) != string(mails[n].Raw) || !m.Received.Equal(mails[n].Received.Truncate(time.Second)) {
				t.Errorf("mail %s differs, received %s", m.ID, m.Received)
			}
			n++
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("%d mails read in %s", len(mails), time.Since(began))
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	cancel()
	s.Wait()
	if _, err := Serve(t.Context(), ServeConfig{Story: story, Now: began, Addr: "0.0.0.0:0"}); err == nil {
		t.Error("served beyond loopback")
	}
}

func TestRootsKeepWhatTheSystemTrusts(t *testing.T) {
	t.Parallel()
	cert, roots, err := throwAway(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	want, err := x509.SystemCertPool()
	if err != nil {
		t.Fatal("install ca-certificates (Debian: apt-get install ca-certificates): ", err)
	}
	if roots.Equal(want) {
		t.Error("the demonstration's certificate is missing")
	}
	if want.AddCert(cert.Leaf); !roots.Equal(want) {
		t.Error("the roots are not the system's and the demonstration's")
	}
}
