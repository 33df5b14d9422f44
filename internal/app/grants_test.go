package app_test

import (
	"context"
	"encoding/hex"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/dns/dnsfake"
	"sendvery.com/sendvery/internal/mailtest"
)

// withGoogle has the program ask the authorization server instead of Google.
func withGoogle(o *mailtest.OAuth, imap uint16) apptest.Option {
	return func(c *app.Config, _ *app.Parts) {
		c.GoogleClientID, c.GoogleClientSecret, c.GoogleEndpoints = o.ClientID, o.ClientSecret, o.Endpoints(imap, 0)
	}
}

func withoutProviders(c *app.Config, _ *app.Parts) { c.GoogleClientID, c.GoogleClientSecret = "", "" }

var refresh = regexp.MustCompile(`http-equiv="refresh" content="0; url=([^"]+)"`)

// sentTo is where a hand-off page sends the browser.
func sentTo(t *testing.T, p apptest.Page) string {
	t.Helper()
	found := refresh.FindStringSubmatch(p.Body)
	if p.Status != 200 || found == nil {
		t.Fatalf("%d, sent nowhere:\n%s", p.Status, p.Body)
	}
	if !strings.Contains(p.Body, `href="`+found[1]+`"`) {
		t.Error("the page has no link for browsers that do not go on by themselves")
	}
	return html.UnescapeString(found[1])
}

var grantForm = []string{"protocol", "imap", "folder", "INBOX", "since", "90", "after", "leave"}

// Consent, token, sign-in by XOAUTH2, loss and renewal, as a person sees them.
func TestGoogleLetsUsIntoAMailbox(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	o := mailtest.NewOAuth(t, mailtest.OAuthOptions{Redirect: "http://localhost:8080/oauth/callback", Rotate: true})
	server := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert, Extra: o.Dovecot(t)})
	a := apptest.New(t, withGoogle(o, server.IMAPS), func(c *app.Config, p *app.Parts) {
		p.Roots = cert.Roots
		c.AllowNetworks, c.AllowPorts = "127.0.0.0/8,::1/128", strconv.Itoa(int(server.IMAPS))
	})
	b := a.SignIn(t, "ada@first.example")
	connect := b.Home + "mailboxes/new"
	says(t, b.Get(t, connect), `href="`+b.Home+`mailboxes/grant/google"`, "Continue with Google")
	says(t, b.Get(t, b.Home+"mailboxes/grant/google"), "Continue with Google", `name="protocol"`, `name="move"`)
	if p := b.Post(t, b.Home+"mailboxes/grant/google", "protocol", "imap", "after", "move", "since", "90"); p.Status != 422 || !strings.Contains(p.Body, "Give the folder that report mails are moved to") {
		t.Errorf("a choice that is missing: %d", p.Status)
	}
	handOff := b.Post(t, b.Home+"mailboxes/grant/google", grantForm...)
	back := o.Consent(t, sentTo(t, handOff), true)
	test := b.Get(t, back.RequestURI())
	if test.Status != 303 || !strings.HasSuffix(test.Location, "/test") {
		t.Fatalf("back from the provider: %d to %q\n%s", test.Status, test.Location, test.Body)
	}
	mailbox := strings.TrimSuffix(test.Location, "/test")
	waitFor(t, b, test.Location, "Find my domains")
	// Once more by the same address: the cookie is gone.
	if p := b.Get(t, back.RequestURI()); p.Status != 422 || !strings.Contains(p.Body, "begin again") {
		t.Errorf("the same answer once more: %d", p.Status)
	}
	says(t, b.Get(t, mailbox+"/edit"), "Signed in through Google", mailtest.User)

	stored := dump(t, a)
	if !strings.Contains(stored, "mailbox.grant") || !strings.Contains(stored, mailtest.User) {
		t.Fatal("the dump does not hold what it should")
	}
	for _, secret := range o.Issued() {
		for where, text := range map[string]string{"database": stored, "log": a.Log.String(), "hand-off page": handOff.Body} {
			if strings.Contains(text, secret) || strings.Contains(text, hex.EncodeToString([]byte(secret))) {
				t.Errorf("the %s holds %.8s…", where, secret)
			}
		}
	}

	o.RevokeAll()
	if p := b.Post(t, mailbox+"/test"); p.Status != 303 {
		t.Fatalf("testing again: %d", p.Status)
	}
	waitFor(t, b, test.Location, "Edit and try again|Sign in with Google again")
	says(t, b.Get(t, mailbox+"/grant"), "Sign in with Google again")
	again := b.Get(t, o.Consent(t, sentTo(t, b.Post(t, mailbox+"/grant")), true).RequestURI())
	if again.Status != 303 || again.Location != test.Location {
		t.Fatalf("renewed: %d to %q", again.Status, again.Location)
	}
	waitFor(t, b, test.Location, "Find my domains")
}

// saysAs is says for a page with another status, one that says what is wrong.
func saysAs(t *testing.T, status int, p apptest.Page, words ...string) {
	t.Helper()
	if p.Status != status {
		t.Errorf("status %d, want %d", p.Status, status)
	}
	p.Status = 200
	says(t, p, words...)
}

// waitFor asks for a page until it says one of the words.
func waitFor(t *testing.T, b *apptest.Browser, path, words string) {
	t.Helper()
	says := regexp.MustCompile(words)
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	for tick := time.NewTicker(50 * time.Millisecond); ; {
		p := b.Get(t, path)
		if says.MatchString(p.Body) {
			tick.Stop()
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("%s never says %s:\n%s", path, words, p.Body)
		case <-tick.C:
		}
	}
}

func TestNobodyElseCompletesAGrant(t *testing.T) {
	t.Parallel()
	o := mailtest.NewOAuth(t, mailtest.OAuthOptions{})
	a := apptest.New(t, withGoogle(o, 993))
	b := a.SignIn(t, "ada@first.example")
	slug := strings.Split(b.Home, "/")[2]
	handOff := b.Post(t, b.Home+"mailboxes/grant/google", grantForm...)
	back := o.Consent(t, sentTo(t, handOff), true).RequestURI()
	cookie := ""
	for _, c := range handOff.Header.Values("Set-Cookie") {
		if strings.HasPrefix(c, "grant=") {
			cookie, _, _ = strings.Cut(c, ";")
			if !strings.Contains(c, "HttpOnly") || !strings.Contains(c, "SameSite=Lax") || !strings.Contains(c, "Max-Age=600") {
				t.Errorf("the cookie is %s", c)
			}
		}
	}
	if cookie == "" {
		t.Fatal("the browser keeps nothing")
	}
	if p := a.Browser(t).Get(t, back); p.Status != 303 || !strings.HasPrefix(p.Location, "/signin") {
		t.Errorf("without a session: %d to %q", p.Status, p.Location)
	}
	stranger, admin, viewer := a.SignIn(t, "bob@second.example"), join(t, a, slug, "admin"), join(t, a, slug, "viewer")
	before := fingerprint(t, a, slug)
	if p := stranger.Get(t, back); p.Status != 422 || !strings.Contains(p.Body, "another browser") {
		t.Errorf("a browser without the cookie: %d", p.Status)
	}
	for name, c := range map[string]struct {
		browser *apptest.Browser
		want    int
	}{"a stranger": {stranger, 404}, "a viewer": {viewer, 403}, "another admin": {admin, 422}} {
		c.browser.Header.Set("Cookie", cookie)
		if p := c.browser.Get(t, back); p.Status != c.want {
			t.Errorf("%s with the cookie: %d, want %d", name, p.Status, c.want)
		}
	}
	wrong := strings.Replace(back, "state=", "state=x", 1)
	b2 := b.Get(t, wrong)
	if b2.Status != 422 || strings.Contains(b2.Body, "code-") {
		t.Errorf("a state that does not fit: %d, or the page holds the code", b2.Status)
	}
	if after := fingerprint(t, a, slug); after != before {
		t.Errorf("somebody else changed something:\n%s\n%s", before, after)
	}
}

func TestDenialLeadsBackToTheChoices(t *testing.T) {
	t.Parallel()
	o := mailtest.NewOAuth(t, mailtest.OAuthOptions{})
	a := apptest.New(t, withGoogle(o, 993))
	b := a.SignIn(t, "ada@first.example")
	back := o.Consent(t, sentTo(t, b.Post(t, b.Home+"mailboxes/grant/google", grantForm...)), false)
	p := b.Get(t, back.RequestURI())
	saysAs(t, 422, p, "Access was not allowed at Google", `href="`+b.Home+`mailboxes/grant/google"`, "Begin again")
	o.Fail(503, "server_error")
	back = o.Consent(t, sentTo(t, b.Post(t, b.Home+"mailboxes/grant/google", grantForm...)), true)
	if p := b.Get(t, back.RequestURI()); p.Status != 503 || !strings.Contains(p.Body, "could not be asked just now") || strings.Contains(a.Log.String(), back.Query().Get("code")) {
		t.Errorf("a troubled provider: %d", p.Status)
	}
}

func TestProvidersThatAreNotSetUpAreNotOffered(t *testing.T) {
	t.Parallel()
	a := apptest.New(t, withoutProviders)
	w := newWorld(t, a, "ada@first.example")
	if p := w.owner.Get(t, w.owner.Home+"mailboxes/new?address=ada@gmail.com"); p.Status != 200 || strings.Contains(p.Body, "Continue with") {
		t.Errorf("%d, or a provider is offered", p.Status)
	}
	for _, path := range []string{"mailboxes/grant/google", "mailboxes/grant/microsoft", "mailboxes/grant/other"} {
		get, post := w.owner.Get(t, w.owner.Home+path), w.owner.Post(t, w.owner.Home+path, grantForm...)
		if get.Status != 404 || post.Status != 404 {
			t.Errorf("%s: %d and %d, want 404", path, get.Status, post.Status)
		}
	}
}

func TestSettingsAreFoundByTheAddress(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	zone, err := dnsfake.Serve(ctx, dnsfake.Zone{
		Records: []string{
			"_imaps._tcp.srv.example. 300 IN SRV 0 1 993 mail.srv.example.", "_pop3s._tcp.srv.example. 300 IN SRV 0 1 995 pop.srv.example.",
			"google.example. 300 IN MX 1 aspmx.l.google.com.", "_imaps._tcp.port.example. 300 IN SRV 0 1 22 ssh.port.example.",
		},
		Behave: map[string]dnsfake.Behaviour{"broken.example": dnsfake.ServFail},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); zone.Wait() })
	a := apptest.New(t, func(_ *app.Config, p *app.Parts) {
		var err error
		if p.Resolver, err = dns.New(dns.Config{Servers: []string{zone.Addr}}); err != nil {
			t.Fatal(err)
		}
	})
	b := a.SignIn(t, "ada@first.example")
	find := func(address string) apptest.Page {
		return b.Get(t, b.Home+"mailboxes/new?"+url.Values{"address": {address}}.Encode())
	}
	says(t, b.Get(t, b.Home+"mailboxes/new"), "Your mail address", "Find my settings")
	says(t, find("ada@srv.example"), "srv.example names the server mail.srv.example in DNS", `value="mail.srv.example"`, `value="ada@srv.example"`, "POP3 at pop.srv.example, port 995", "use=1")
	says(t, b.Get(t, b.Home+"mailboxes/new?address=ada@srv.example&use=1"), `value="pop.srv.example"`, `value="995"`, "IMAP at mail.srv.example, port 993")
	says(t, find("ada@google.example"), "Gmail takes in the mail of google.example", "imap.gmail.com", b.Home+"mailboxes/grant/google", "without a password")
	says(t, find("ada@fastmail.com"), "This is an address of Fastmail.", "imap.fastmail.com")
	says(t, find("ada@port.example"), "No settings are published for port.example", "port 22, which is not used for reading mail")
	says(t, find("ada@broken.example"), "could not be asked about broken.example just now")
	p := find("ada<b>")
	if strings.Contains(p.Body, "ada<b>") {
		t.Error("what was typed is markup")
	}
	saysAs(t, 422, p, "Type a whole e-mail address", "ada&lt;b&gt;")
	for n := range 40 {
		if p := find("ada@n" + string(rune('a'+n%26)) + ".example"); p.Status == 429 {
			saysAs(t, 429, p, "These were many look-ups", "Test the connection")
			return
		}
	}
	t.Error("look-ups are not limited")
}
