package mailfetch

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/mailtest"
)

// TestDovecot reads a real server by both securities, batch for batch, and
// finds every mail file exactly as it was, flags and \Recent included.
func TestDovecot(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	const mails = 620
	day := func(n int) time.Time { return time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC).AddDate(0, 0, n/20) }
	for n := range mails {
		flags := []string{"", "S", "F", "ST"}[n%4]
		if n >= mails-10 {
			flags = "new"
		}
		d.Deliver(t, mail(n), day(n), flags)
	}
	before := d.Snapshot(t)
	for security, port := range map[Security]uint16{ImplicitTLS: d.IMAPS, STARTTLS: d.IMAP} {
		f, a := fetcher(cert.Roots, port), account(port, security)
		a.Since = day(600)
		counted := 0
		s, err := f.Open(t.Context(), a, func(s Step) { counted = max(counted, s.Mails) })
		if err != nil {
			t.Fatalf("%s: %v", security, err)
		}
		if counted != 20 {
			t.Errorf("%s: %d mails since %s", security, counted, a.Since)
		}
		all, err := s.List(t.Context(), Query{})
		if err != nil || len(all.IDs) != mails {
			t.Fatalf("%s: %d mails, %v", security, len(all.IDs), err)
		}
		seen := 0
		for at := 0; at < mails; at += 300 {
			got, _, err := readAll(t, s, all.IDs[at:min(at+300, mails)])
			if err != nil {
				t.Fatalf("%s: %v", security, err)
			}
			seen += len(got)
			for _, body := range got {
				if _, ok := before[find(before, body)]; !ok {
					t.Fatalf("%s: body %q is none of the files", security, body)
				}
			}
		}
		last, err := s.CursorAt(all.IDs[mails-1])
		if err != nil {
			t.Fatal(err)
		}
		if rest, err := s.List(t.Context(), Query{After: last}); err != nil || len(rest.IDs) != 0 {
			t.Errorf("%s: after the last: %v %v", security, rest, err)
		}
		if seen != mails {
			t.Errorf("%s: read %d of %d", security, seen, mails)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if d := cmp.Diff(before, d.Snapshot(t)); d != "" {
			t.Errorf("%s: the mailbox changed: %s", security, d)
		}
	}
}

func find(files map[string]string, body string) string {
	for name, content := range files {
		if content == body {
			return name
		}
	}
	return ""
}

func TestDovecotFailures(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert, Extra: "mail_max_userip_connections = 3\n"})
	plain := mailtest.NewDovecot(t, mailtest.DovecotOptions{})
	f, a := fetcher(cert.Roots, d.IMAPS), account(d.IMAPS, ImplicitTLS)

	wrong := a
	wrong.Password = "wrong"
	expect(t, f, wrong, WrongPassword, StepSignIn)

	missing := a
	missing.Folder = "Reports/DMARC"
	expect(t, f, missing, FolderMissing, StepFolder)

	expect(t, fetcher(cert.Roots, plain.IMAP), account(plain.IMAP, STARTTLS), TLSNotOffered, StepTLS)
	expect(t, fetcher(cert.Roots, plain.IMAP), account(plain.IMAP, ImplicitTLS), TLSNotOffered, StepTLS)

	var first Session
	for n := range 3 {
		if s := open(t, f, a); n == 0 {
			first = s
		}
	}
	expect(t, f, a, Throttled, StepSignIn)

	d.Kick(t)
	var err error
	for until := time.Now().Add(10 * time.Second); err == nil && time.Now().Before(until); { // it takes a moment to arrive
		_, err = first.List(t.Context(), Query{})
	}
	if KindOf(err) != Dropped || err == nil || !KindOf(err).Retry() {
		t.Errorf("after a kick: %v", err)
	}
}

// expect opens and checks how it fails: kind, step, what the owner reads.
func expect(t *testing.T, f *Fetcher, a Account, want Kind, at StepName) {
	t.Helper()
	var last Step
	s, err := f.Open(t.Context(), a, func(s Step) { last = s })
	if err == nil {
		_ = s.Close()
		t.Errorf("%s: opened", want)
		return
	}
	if KindOf(err) != want {
		t.Errorf("%s: got %s: %v", want, KindOf(err), err)
	}
	if last.Name != at || last.State != Failed || last.Kind != want || last.Sentence == "" || last.Advice == "" {
		t.Errorf("%s: last step %+v", want, last)
	}
	if s := fmt.Sprint(last.Sentence, last.Advice); len(s) < 40 {
		t.Errorf("%s: says only %q", want, s)
	}
}
