package mailfetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/netguard"
)

// through puts a proxy in front of a port and opens through it.
func through(t *testing.T, f *Fetcher, a Account, port uint16, spoil mailtest.Spoil) (*mailtest.Proxy, *Fetcher, Account) {
	t.Helper()
	p := mailtest.NewProxy(t, port, spoil)
	g := *f
	g.Dialer = fetcher(nil, p.Port).Dialer
	a.Port = p.Port
	return p, &g, a
}

// noSecret fails when a credential, plain or as SASL PLAIN, was on the wire.
func noSecret(t *testing.T, p *mailtest.Proxy) {
	t.Helper()
	sent := p.FromClient()
	for _, secret := range []string{mailtest.User, mailtest.Password, "LOGIN", "AUTHENTICATE", "USER ", "PASS ", "AUTH ", base64.StdEncoding.EncodeToString([]byte("\x00" + mailtest.User + "\x00" + mailtest.Password))} {
		if bytes.Contains(bytes.ToUpper(sent), []byte(strings.ToUpper(secret))) {
			t.Errorf("%q was sent in the clear: %q", secret, sent)
		}
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	mute := mailtest.NewProxy(t, 0, mailtest.Spoil{Mute: true})
	f := fetcher(nil, mute.Port)
	f.Limits.Silence = 300 * time.Millisecond
	for _, security := range []Security{ImplicitTLS, STARTTLS} {
		began := time.Now()
		expect(t, f, account(mute.Port, security), TimedOut, StepTLS)
		if took := time.Since(began); took > 3*time.Second {
			t.Errorf("a mute server took %s", took)
		}
	}
	_, f, a := memory(t, ImplicitTLS, 0)
	closed := a
	closed.Port = 1
	g := *f
	g.Dialer = fetcher(nil, 1).Dialer
	expect(t, &g, closed, Refused, StepConnect)

	strict := *f
	strict.Dialer = netguard.New(netguard.Config{AllowPorts: []uint16{a.Port}})
	expect(t, &strict, a, ForbiddenAddress, StepResolve)
	strict.Dialer = netguard.New(netguard.Config{})
	expect(t, &strict, a, PortNotAllowed, StepResolve)
	nowhere := a
	nowhere.Host = "nowhere.invalid"
	expect(t, f, nowhere, nameKind(t), StepResolve)
}

// nameKind is what this machine's resolver says about a name that cannot
// exist: a sandbox without DNS fails instead of answering.
func nameKind(t *testing.T) Kind {
	t.Helper()
	_, err := netguard.New(netguard.Config{}).Resolve(t.Context(), "nowhere.invalid", 993)
	return kindOf(StepResolve, err)
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		cert *mailtest.Cert
		want Kind
		tls  func(*tls.Config)
	}{
		"self-signed": {cert: mailtest.SelfSigned(t), want: CertificateUntrusted},
		"wrong host":  {cert: mailtest.NewCert(t, mailtest.ForHost("mail.example.net")), want: CertificateWrongHost},
		"expired":     {cert: mailtest.NewCert(t, mailtest.Expired), want: CertificateExpired},
		"TLS 1.1":     {cert: mailtest.NewCert(t), want: TLSFailed, tls: func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }},
	} {
		for _, security := range []Security{ImplicitTLS, STARTTLS} {
			t.Run(name+" "+string(security), func(t *testing.T) {
				t.Parallel()
				m := mailtest.NewMemory(t, mailtest.Options{Cert: c.cert, Implicit: security == ImplicitTLS, TLS: c.tls})
				p, f, a := through(t, fetcher(c.cert.Roots, m.Port), account(0, security), m.Port, mailtest.Spoil{})
				expect(t, f, a, c.want, StepTLS)
				noSecret(t, p)
				// The operator may renew an expired one; the others need the owner.
				if err, retry := mustFail(t, f, a), c.want == CertificateExpired; fault.Is(err, fault.Temporary) != retry || KindOf(err).Retry() != retry {
					t.Errorf("%v: tried again: %v", err, !retry)
				}
			})
		}
	}
}

func mustFail(t *testing.T, f *Fetcher, a Account) error {
	t.Helper()
	s, err := f.Open(t.Context(), a, nil)
	if err == nil {
		_ = s.Close()
		t.Fatal("opened")
	}
	return err
}

func TestNothingIsSentBeforeTLS(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	open143 := mailtest.NewMemory(t, mailtest.Options{})
	secure := mailtest.NewMemory(t, mailtest.Options{Cert: cert})
	for name, c := range map[string]struct {
		port  uint16
		spoil mailtest.Spoil
		want  Kind
	}{
		"plain-text only": {open143.Port, mailtest.Spoil{}, TLSNotOffered},
		"stripped from the capabilities and the command": {secure.Port, mailtest.Spoil{
			FromServer: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("STARTTLS"), []byte("XXXXXXXX")) },
			FromClient: func(b []byte) []byte { return bytes.ReplaceAll(b, []byte("STARTTLS"), []byte("XXXXXXXX")) },
		}, TLSNotOffered},
		"answered by the middle with OK": {open143.Port, mailtest.Spoil{
			FromServer: func(b []byte) []byte {
				if bytes.HasPrefix(b, []byte("a ")) {
					return []byte("a OK begin\r\n")
				}
				return b
			},
		}, Dropped},
		"response injected after OK": {secure.Port, mailtest.Spoil{
			FromServer: func(b []byte) []byte {
				if bytes.HasPrefix(b, []byte("a OK")) {
					return append(b, "* CAPABILITY IMAP4rev1 AUTH=PLAIN\r\n"...)
				}
				return b
			},
		}, Interference},
		"PREAUTH": {secure.Port, mailtest.Spoil{
			FromServer: func(b []byte) []byte { return bytes.Replace(b, []byte("* OK"), []byte("* PREAUTH"), 1) },
		}, Interference},
		"no IMAP at all": {secure.Port, mailtest.Spoil{
			FromServer: func([]byte) []byte { return []byte("220 smtp ready\r\n") },
		}, TLSFailed},
		"closed at once": {secure.Port, mailtest.Spoil{CutAfter: 1}, Dropped},
		"endless line": {secure.Port, mailtest.Spoil{
			FromServer: func([]byte) []byte { return bytes.Repeat([]byte("* OK "), 4000) },
		}, TLSFailed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, f, a := through(t, fetcher(cert.Roots, 1), account(0, STARTTLS), c.port, c.spoil)
			expect(t, f, a, c.want, StepTLS)
			noSecret(t, p)
		})
	}
}

func TestServerAnswers(t *testing.T) {
	t.Parallel()
	no := func(code imap.ResponseCode, text string) *imap.Error {
		return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
	}
	for _, c := range []struct {
		step   StepName
		answer *imap.Error
		want   Kind
	}{
		{StepSignIn, no("AUTHENTICATIONFAILED", "Invalid credentials (Failure)"), WrongPassword},
		{StepSignIn, no("ALERT", "Application-specific password required: https://support.example/answer/185833 (Failure)"), AppPasswordNeeded},
		{StepSignIn, no("AUTHENTICATIONFAILED", "Please use an app password"), AppPasswordNeeded},
		{StepSignIn, no("ALERT", "Please log in via your web browser: https://support.example (Failure)"), SignInBlocked},
		{StepSignIn, no("WEBALERT", "Web login required."), SignInBlocked},
		{StepSignIn, no("ALERT", "Your account is not enabled for IMAP use."), ProtocolDisabled},
		{StepSignIn, no("", "LOGIN failed."), WrongPassword},
		{StepSignIn, no("", "AUTHENTICATE failed."), WrongPassword},
		{StepSignIn, no("", "LOGIN failed, LogonDenied-BasicAuthBlocked"), PasswordsRefused},
		{StepSignIn, &imap.Error{Type: imap.StatusResponseTypeBad, Text: "User is authenticated but not connected."}, Unavailable},
		{StepSignIn, no("UNAVAILABLE", "Temporary authentication failure."), Unavailable},
		{StepSignIn, no("LIMIT", "Maximum number of connections from user+IP exceeded"), Throttled},
		{StepSignIn, no("ALERT", "Too many simultaneous connections. (Failure)"), Throttled},
		{StepRead, no("OVERQUOTA", "Account exceeded command or bandwidth limits."), OverQuota},
		{StepRead, no("THROTTLED", ""), Throttled},
		{StepFolder, no("", "Mailbox doesn't exist: Reports"), FolderMissing},
		{StepFolder, no("NONEXISTENT", "Unknown Mailbox"), FolderMissing},
		{StepFolder, no("NOPERM", "Permission denied"), FolderMissing},
		{StepSignIn, no("AUTH", "[AUTH] Authentication failed."), WrongPassword},
		{StepSignIn, no("AUTH", "[AUTH] Username and password not accepted."), WrongPassword},
		{StepSignIn, no("AUTH", "[AUTH] Application-specific password required: https://support.example/answer/185833"), AppPasswordNeeded},
		{StepSignIn, no("AUTH", "[AUTH] Web login required: https://support.example"), SignInBlocked},
		{StepSignIn, no("SYS/PERM", "[SYS/PERM] Your account is not enabled for POP access."), ProtocolDisabled},
		{StepSignIn, no("SYS/PERM", "[SYS/PERM] Mailbox is damaged"), ServerFault},
		{StepSignIn, no("SYS/TEMP", "[SYS/TEMP] Server error"), Unavailable},
		{StepSignIn, no("IN-USE", "[IN-USE] Do you have another POP session running?"), MailboxInUse},
		{StepSignIn, no("", "maildrop already locked"), MailboxInUse},
		{StepSignIn, no("LOGIN-DELAY", "[LOGIN-DELAY] minimum time between mail checks violation"), Throttled},
		{StepSignIn, no("", "Logon failure: unknown user name or bad password."), WrongPassword},
		{StepSignIn, no("", "Internal error occurred."), Unavailable},
		{StepRead, no("", "Some messages could not be FETCHed"), Unavailable},
		{StepRead, &imap.Error{Type: imap.StatusResponseTypeBad, Text: "Command unknown"}, Odd},
		{StepRead, &imap.Error{Type: imap.StatusResponseTypeBye, Text: "Autologout; idle for too long"}, Dropped},
	} {
		if got := answerKind(c.step, c.answer); got != c.want {
			t.Errorf("%s %v: %s, want %s", c.step, c.answer, got, c.want)
		}
	}
}

func TestFaultsOfTheServer(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	said := "<b>call 555</b>"
	for name, c := range map[string]struct {
		faults mailtest.Faults
		want   Kind
		at     StepName
	}{
		"busy":    {mailtest.Faults{Login: &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeUnavailable, Text: said}}, Unavailable, StepSignIn},
		"locked":  {mailtest.Faults{Login: &imap.Error{Type: imap.StatusResponseTypeNo, Code: imap.ResponseCodeAlert, Text: "App password needed " + said}}, AppPasswordNeeded, StepSignIn},
		"no such": {mailtest.Faults{Select: &imap.Error{Type: imap.StatusResponseTypeNo, Text: said}}, FolderMissing, StepFolder},
	} {
		m := mailtest.NewMemory(t, mailtest.Options{Cert: cert, Implicit: true, Faults: c.faults})
		f, a := fetcher(cert.Roots, m.Port), account(m.Port, ImplicitTLS)
		expect(t, f, a, c.want, c.at)
		if err := mustFail(t, f, a); strings.Contains(fault.Sentence(err), "555") || !strings.Contains(err.Error(), "555") {
			t.Errorf("%s: the server's words belong in the log only: %q", name, fault.Sentence(err))
		}
	}

	m := mailtest.NewMemory(t, mailtest.Options{Cert: cert, Implicit: true, Faults: mailtest.Faults{Fetch: &imap.Error{Type: imap.StatusResponseTypeNo, Code: "THROTTLED"}}})
	m.Append(t, mail(1), time.Now())
	s := open(t, fetcher(cert.Roots, m.Port), account(m.Port, ImplicitTLS))
	for range 2 { // a plain NO leaves the session usable
		if _, _, err := readAll(t, s, []MailID{"1"}); KindOf(err) != Throttled || !fault.Is(err, fault.Temporary) {
			t.Errorf("throttled fetch: %v", err)
		}
	}
}

func TestSignInChoosesTheMethod(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	for caps, want := range map[string]string{
		"IMAP4rev1 AUTH=PLAIN SASL-IR":       "AUTHENTICATE PLAIN",
		"IMAP4rev1 AUTH=PLAIN LOGINDISABLED": "AUTHENTICATE PLAIN",
		"IMAP4rev1 AUTH=XOAUTH2":             "LOGIN",
		"IMAP4rev1 LOGINDISABLED":            "",
	} {
		used := make(chan string, 1)
		port := mailtest.NewScript(t, cert, "* OK hello", func(tag, command string) (string, bool) {
			verb, _, _ := strings.Cut(command, " ")
			switch verb {
			case "CAPABILITY":
				return fmt.Sprintf("* CAPABILITY %s\r\n%s OK\r\n", caps, tag), true
			case "AUTHENTICATE", "LOGIN":
				used <- strings.Join(strings.Fields(command)[:len(strings.Fields(want))], " ")
				return tag + " NO [AUTHENTICATIONFAILED] no\r\n", true
			}
			return tag + " BAD\r\n", false
		})
		kind := WrongPassword
		if want == "" {
			kind = PasswordsRefused
		}
		expect(t, fetcher(cert.Roots, port), account(port, ImplicitTLS), kind, StepSignIn)
		got := ""
		select {
		case got = <-used:
		default:
		}
		if got != want {
			t.Errorf("%s: used %q, want %q", caps, got, want)
		}
	}
}

func TestBadAccount(t *testing.T) {
	t.Parallel()
	good := account(993, ImplicitTLS)
	for name, change := range map[string]func(*Account){
		"no host":         func(a *Account) { a.Host = "" },
		"no password":     func(a *Account) { a.Password = "" },
		"NUL in password": func(a *Account) { a.Password = "a\x00b" },
		"line in user":    func(a *Account) { a.Username = "a\r\nb" },
		"no security":     func(a *Account) { a.Security = "none" },
		"no protocol":     func(a *Account) { a.Protocol = "" },
		"password, token": func(a *Account) { a.Token = "token" },
		"end in token":    func(a *Account) { a.Password, a.Token = "", "a\x01b" },
		"folder of POP3":  func(a *Account) { a.Protocol, a.Folder = POP3, "Reports" },
	} {
		a := good
		change(&a)
		if err := mustFail(t, &Fetcher{}, a); !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestCutAtAnyByte cuts the connection at many places of a session; whatever
// was handed over was whole, and the next session gets the rest.
func TestCutAtAnyByte(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, ImplicitTLS, 8)
	for cut := 500; cut < 6000; cut += 137 {
		_, g, b := through(t, f, a, m.Port, mailtest.Spoil{CutAfter: cut})
		s, err := g.Open(t.Context(), b, nil)
		if err != nil {
			if k := KindOf(err); !k.Retry() {
				t.Errorf("cut at %d: %v", cut, err)
			}
			continue
		}
		got, outcomes, err := readAll(t, s, []MailID{"1", "2", "3", "4", "5", "6", "7", "8"})
		for id, body := range got {
			if want := string(mail(int(id[0] - '1'))); body != want {
				t.Errorf("cut at %d: mail %s is %q", cut, id, body)
			}
		}
		delivered := 0
		for _, o := range outcomes {
			if o.State == Delivered {
				delivered++
			}
		}
		if delivered != len(got) || err == nil && delivered != 8 || err != nil && KindOf(err) != Dropped {
			t.Errorf("cut at %d: %d of %d delivered, %v", cut, delivered, len(got), err)
		}
		_ = s.Close()
	}
	if got, _, err := readAll(t, open(t, f, a), []MailID{"1", "8"}); err != nil || len(got) != 2 {
		t.Error(err)
	}
}

// TestSilence: the server may be silent for so long, the
// callback may take longer.
func TestSilence(t *testing.T) {
	t.Parallel()
	m, f, a := memory(t, ImplicitTLS, 3)
	f.Limits.Silence = time.Second
	s := open(t, f, a)
	slow := time.After(2 * f.Limits.Silence)
	if _, err := s.Fetch(t.Context(), []MailID{"1", "2", "3"}, func(m Mail) error {
		<-slow
		slow = time.After(0)
		_, err := io.Copy(io.Discard, m.Body)
		return err
	}); err != nil {
		t.Errorf("slow callback: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	_, g, b := through(t, f, a, m.Port, mailtest.Spoil{Delay: time.Second})
	g.Limits.Silence = 10 * time.Second
	if _, err := g.Open(ctx, b, nil); KindOf(err) != TimedOut {
		t.Errorf("deadline of the caller: %v", err)
	}
}

// plainSide is a server's words before TLS; what the client says is dropped.
type plainSide struct {
	io.Reader
	io.Writer
}

func FuzzStartTLS(f *testing.F) {
	for _, s := range []string{"* OK hi\r\na OK go\r\n", "* PREAUTH hi\r\n", "* BYE [UNAVAILABLE] no\r\n", "* OK\r\n* CAPABILITY IMAP4rev1\r\na NO\r\n", "* OK hi\na BAD\n", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if err := startTLS(plainSide{strings.NewReader(s), io.Discard}); err == nil && !strings.HasSuffix(s, "\n") {
			t.Errorf("%q passed", s)
		}
	})
}

func FuzzAnswers(f *testing.F) {
	f.Add("[UNAVAILABLE] text", "imap:1:2")
	f.Fuzz(func(t *testing.T, bye, cursor string) {
		if e := coded(imap.StatusResponseTypeBye, bye); answerKind(StepRead, e) >= Kind(len(texts)) {
			t.Error(bye)
		}
		if c, err := ParseCursor(cursor); err == nil {
			if again, err := ParseCursor(c.String()); err != nil || again != c {
				t.Errorf("%q became %q", cursor, c)
			}
		}
	})
}
