package mailfetch

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailtest"
)

// introspection says which token is whose, and calls all others inactive.
func introspection(t *testing.T, tokens map[string]string) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, active := tokens[r.PostFormValue("token")]
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"active":%t,"username":%q}`, active, user)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/introspect"
}

// TestTokens signs in by access token everywhere, beside another account of
// the same server.
func TestTokens(t *testing.T) {
	t.Parallel()
	const other = "other@example.org"
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{
		Cert: cert, Accounts: []string{other},
		Introspect: introspection(t, map[string]string{"good-token": mailtest.User, "other-token": other}),
	})
	d.Deliver(t, mail(1), time.Now(), "")
	d.As(other).Deliver(t, mail(2), time.Now(), "")
	d.As(other).Deliver(t, mail(3), time.Now(), "")
	for protocol, ports := range map[Protocol]map[Security]uint16{
		IMAP: {ImplicitTLS: d.IMAPS, STARTTLS: d.IMAP}, POP3: {ImplicitTLS: d.POP3S, STARTTLS: d.POP3},
	} {
		for security, port := range ports {
			f, a := fetcher(cert.Roots, port), account(port, security)
			a.Protocol, a.Password, a.Token = protocol, "", "good-token"
			if got := open(t, f, a).Folder().Mails; got != 1 {
				t.Errorf("%s %s: %d mails", protocol, security, got)
			}
			a.Username, a.Token = other, "other-token"
			if got := open(t, f, a).Folder().Mails; got != 2 {
				t.Errorf("%s %s: %d mails of the other", protocol, security, got)
			}
			for _, bad := range []string{"bad-token", "good-token"} { // the second is somebody else's
				a.Token = bad
				expect(t, f, a, TokenRefused, StepSignIn)
				if err := mustFail(t, f, a); strings.Contains(err.Error(), bad) || KindOf(err).Retry() {
					t.Errorf("%s %s: %v", protocol, security, err)
				}
			}
		}
	}
}

// TestTokensElsewhere: servers that do not offer XOAUTH2, that refuse with a
// plain no, and that repeat what they were sent.
func TestTokensElsewhere(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	token := func(a Account) Account {
		a.Password, a.Token = "", "secret-token"
		return a
	}
	expect(t, fetcher(cert.Roots, d.IMAPS), token(account(d.IMAPS, ImplicitTLS)), TokensNotOffered, StepSignIn)
	expect(t, fetcher(cert.Roots, d.POP3S), token(popAccount(d.POP3S, ImplicitTLS)), TokensNotOffered, StepSignIn)

	for answer, want := range map[string]Kind{"NO AUTHENTICATE failed.": TokenRefused, "NO [AUTHENTICATIONFAILED] bad secret-token": TokenRefused, "NO [UNAVAILABLE] later": Unavailable} {
		port := mailtest.NewScript(t, cert, "* OK [CAPABILITY IMAP4rev1 AUTH=XOAUTH2 SASL-IR] hello", func(tag, _ string) (string, bool) {
			return tag + " " + answer + "\r\n", true
		})
		f, a := fetcher(cert.Roots, port), token(account(port, ImplicitTLS))
		expect(t, f, a, want, StepSignIn)
		if err := mustFail(t, f, a); strings.Contains(err.Error(), a.Token) {
			t.Error(err)
		}
	}
	for answer, want := range map[string]Kind{"-ERR Authentication failed, secret-token": TokenRefused, "-ERR [AUTH] no secret-token": TokenRefused, "-ERR [SYS/TEMP] later": Unavailable, "+ ": Odd} {
		_, f, a := scriptedPOP3(t, 1, func(line string) string {
			switch {
			case line == "CAPA":
				return "+OK\r\nUIDL\r\nSASL XOAUTH2\r\n.\r\n"
			case line == "AUTH XOAUTH2", line != "" && answer == "+ ":
				return "+ \r\n"
			}
			return answer + "\r\n"
		})
		a = token(a)
		expect(t, f, a, want, StepSignIn)
		if err := mustFail(t, f, a); strings.Contains(err.Error(), a.Token) {
			t.Error(err)
		}
	}
}
