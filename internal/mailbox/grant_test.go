package mailbox_test

import (
	"bytes"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/oauth"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/uid"
)

const google = mailbox.SignIn("google")

// granting is a bench with an authorization server.
type granting struct {
	*bench
	oauth *mailtest.OAuth
}

func newGranting(t *testing.T, options mailtest.OAuthOptions) *granting {
	t.Helper()
	g := &granting{bench: newBench(t), oauth: mailtest.NewOAuth(t, options)}
	p := oauth.Google()
	p.Endpoints = oauth.Endpoints{Auth: g.oauth.URL + "/authorize", Token: g.oauth.URL + "/token", Revoke: g.oauth.URL + "/revoke"}
	p.IMAP.Host, p.POP3.Host, p.IMAP.Port = mailtest.Host, mailtest.Host, int(g.server.Port)
	box, err := seal.NewBox("cookies of tests, 32 bytes or more")
	if err != nil {
		t.Fatal(err)
	}
	g.Box = box
	g.Grants = map[mailbox.SignIn]*oauth.Client{google: {
		Provider: p, ID: g.oauth.ClientID, Secret: g.oauth.ClientSecret, Redirect: "http://localhost/oauth/callback", HTTP: oauth.NewHTTP(), Now: g.clock,
	}}
	return g
}

var choice = mailbox.Choice{Protocol: mailfetch.IMAP, Folder: "INBOX", AfterImport: mailbox.LeaveUntouched, ReadDays: 30}

// begin sends the owner to the provider.
func (g *granting) begin(t *testing.T) (page, cookie string) {
	t.Helper()
	page, cookie, err := g.BeginGrant(g.org, google, choice)
	if err != nil {
		t.Fatal(err)
	}
	return page, cookie
}

func answerOf(back *url.URL) mailbox.Answer {
	q := back.Query()
	return mailbox.Answer{State: q.Get("state"), Code: q.Get("code"), Error: q.Get("error")}
}

// granted goes the whole way to a new mailbox.
func (g *granting) granted(t *testing.T) mailbox.ID {
	t.Helper()
	page, cookie := g.begin(t)
	id, err := g.CompleteGrant(t.Context(), g.org, cookie, answerOf(g.oauth.Consent(t, page, true)))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (g *granting) mailboxes(t *testing.T) int {
	t.Helper()
	return one[int](t, g.bench, `SELECT count(*) FROM mailboxes`)
}

func TestGrantConnectsTheAccountsMailbox(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	id := g.granted(t)
	m := g.get(t, id)
	if m.SignIn != google || m.Username != mailtest.User || m.Host != mailtest.Host || m.Port != int(g.server.Port) ||
		m.Security != mailfetch.ImplicitTLS || m.Folder != "INBOX" || m.State != mailbox.Testing || m.ReadFrom == nil {
		t.Errorf("%+v", m)
	}
	if r := g.run(t, id, mailbox.TestRun); r.State != mailbox.RunRunning {
		t.Errorf("the test is %s", r.State)
	}
	if n := one[int](t, g.bench, `SELECT count(*) FROM audit_events WHERE action = 'mailbox.grant' AND subject = $1 AND person_id = $2 AND detail->>'provider' = 'google'`,
		id.String(), g.org.Person); n != 1 {
		t.Errorf("%d audit events", n)
	}
	sealed := one[[]byte](t, g.bench, `SELECT secret FROM mailboxes WHERE mailbox_id = $1`, id)
	for _, secret := range g.oauth.Issued() {
		if bytes.Contains(sealed, []byte(secret)) {
			t.Error("a token is stored in clear")
		}
	}
}

func TestAccessTokenIsKeptUntilShortlyBeforeItsEnd(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	id := g.granted(t)
	j := g.take()[0]
	token := func() string {
		t.Helper()
		password, token, err := g.TokenOf(t.Context(), j)
		if err != nil || password != "" || token == "" {
			t.Fatal(password, token, err)
		}
		return token
	}
	first := token()
	asked := g.oauth.Asked()
	g.advance(58 * time.Minute)
	if token() != first || g.oauth.Asked() != asked {
		t.Error("a good token is not used again")
	}
	g.advance(time.Minute)
	second := token()
	if second == first {
		t.Error("a token is used up to its very end")
	}
	g.oauth.ExpireAccess()
	if g.Delete(t.Context(), g.org, id) != nil || g.oauth.Grants() != 0 {
		t.Error("the access to a deleted mailbox is not given back")
	}
}

func TestTokenWithoutAnEndIsUsedOnce(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{Lifetime: time.Millisecond})
	g.granted(t)
	j := g.take()[0]
	_, first, err1 := g.TokenOf(t.Context(), j)
	_, second, err2 := g.TokenOf(t.Context(), j)
	if err := errors.Join(err1, err2); err != nil || first == second {
		t.Error(first, second, err)
	}
}

func TestRotatedRefreshTokenIsStoredBeforeItsAccessTokenIsUsed(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{Rotate: true, Lifetime: time.Millisecond})
	id := g.granted(t)
	j := g.take()[0]
	secret := func() []byte {
		return one[[]byte](t, g.bench, `SELECT secret FROM mailboxes WHERE mailbox_id = $1`, id)
	}
	before := secret()
	for range 3 { // each voids the one before
		if _, _, err := g.TokenOf(t.Context(), j); err != nil {
			t.Fatal(err)
		}
	}
	if bytes.Equal(before, secret()) {
		t.Error("the stored secret is the old one")
	}
}

func TestLostAccessIsToldApartFromATroubledProvider(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{Lifetime: time.Millisecond})
	g.granted(t)
	j := g.take()[0]
	failure := func() error {
		_, _, err := g.TokenOf(t.Context(), j)
		for _, secret := range g.oauth.Issued() {
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("the error holds a secret: %v", err)
			}
		}
		return err
	}
	g.oauth.Fail(http.StatusServiceUnavailable, "temporarily_unavailable")
	if err := failure(); mailfetch.KindOf(err) != mailfetch.Unavailable || !mailfetch.KindOf(err).Retry() {
		t.Errorf("a troubled provider: %v", err)
	}
	g.oauth.Fail(http.StatusUnauthorized, "invalid_client")
	if err := failure(); fault.KindOf(err) != fault.Internal || !strings.Contains(fault.Sentence(err), "set up") {
		t.Errorf("a client that is not known: %v", err)
	}
	g.oauth.Fail(0, "")
	if err := failure(); err != nil {
		t.Error(err)
	}
	g.oauth.RevokeAll()
	if err := failure(); mailfetch.KindOf(err) != mailfetch.OAuthRevoked || mailfetch.KindOf(err).Retry() {
		t.Errorf("access that was withdrawn: %v", err)
	}
	clear(g.Grants)
	if err := failure(); fault.KindOf(err) != fault.Internal {
		t.Errorf("a provider that is not set up any more: %v", err)
	}
}

func TestAccessTokensGoToTheProvidersServersOnly(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	g.granted(t)
	g.admin(t, `UPDATE mailboxes SET host = 'imap.example.net'`)
	asked := g.oauth.Asked()
	if _, token, err := g.TokenOf(t.Context(), g.take()[0]); token != "" || mailfetch.KindOf(err) != mailfetch.BadAccount || g.oauth.Asked() != asked {
		t.Errorf("%q, %v", token, err)
	}
}

// What is no answer to what this browser was sent for stores nothing.
func TestAnswersThatDoNotFitAreRefused(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	page, cookie := g.begin(t)
	answer := answerOf(g.oauth.Consent(t, page, true))
	otherPage, otherCookie := g.begin(t)
	other := answerOf(g.oauth.Consent(t, otherPage, true))
	stranger := g.newOrg(t, "bob@second.example")
	colleague := g.org
	colleague.Person = uid.New[postgres.Person]()
	foreign := g.org
	foreign.ID = stranger.ID
	spoiled := []byte(cookie)
	spoiled[len(spoiled)/2] ^= 1
	for name, c := range map[string]struct {
		who    org.Access
		cookie string
		answer mailbox.Answer
	}{
		"no cookie":                     {g.org, "", answer},
		"a cookie that was changed":     {g.org, string(spoiled), answer},
		"a cookie sealed for other use": {g.org, g.Box.Seal("flash", []byte("{}")), answer},
		"the cookie of another attempt": {g.org, otherCookie, answer},
		"no state":                      {g.org, cookie, mailbox.Answer{Code: answer.Code}},
		"the state of another attempt":  {g.org, cookie, mailbox.Answer{State: other.State, Code: answer.Code}},
		"the code of another attempt":   {g.org, cookie, mailbox.Answer{State: answer.State, Code: other.Code}}, // PKCE
		"another person":                {colleague, cookie, answer},
		"another organization":          {foreign, cookie, answer},
		"a stranger":                    {stranger, cookie, answer},
		"no code":                       {g.org, cookie, mailbox.Answer{State: answer.State}},
		"access denied":                 {g.org, cookie, mailbox.Answer{State: answer.State, Error: "access_denied"}},
		"another error":                 {g.org, cookie, mailbox.Answer{State: answer.State, Code: answer.Code, Error: "<b>server_error"}},
	} {
		_, err := g.CompleteGrant(t.Context(), c.who, c.cookie, c.answer)
		if !fault.Is(err, fault.Invalid) || !strings.Contains(strings.ToLower(fault.Sentence(err)), "begin again") || strings.Contains(fault.Sentence(err), "<b>") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := g.mailboxes(t); n != 0 {
		t.Errorf("%d mailboxes were stored", n)
	}
	if _, err := g.CompleteGrant(t.Context(), g.org, cookie, answer); err != nil {
		t.Fatal("the right one: ", err)
	}
	if _, err := g.CompleteGrant(t.Context(), g.org, cookie, answer); !fault.Is(err, fault.Invalid) || g.mailboxes(t) != 1 {
		t.Errorf("the same once more: %v, %d mailboxes", err, g.mailboxes(t))
	}
}

func TestGrantIsOverAfterTenMinutes(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	page, cookie := g.begin(t)
	answer := answerOf(g.oauth.Consent(t, page, true))
	if e, err := g.GrantErrand(cookie); err != nil || e.Slug != g.org.Slug || e.Provider != google || e.Mailbox != nil {
		t.Error(e, err)
	}
	g.advance(mailbox.GrantLife + time.Second)
	if _, err := g.CompleteGrant(t.Context(), g.org, cookie, answer); !fault.Is(err, fault.Invalid) || g.mailboxes(t) != 0 {
		t.Error(err)
	}
	if e, err := g.GrantErrand(cookie); err == nil || e.Slug != "" {
		t.Error(e, err)
	}
}

func TestGrantThatTheProviderDoesNotFulfil(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	for _, c := range []struct {
		status int
		code   string
		kind   fault.Kind
		says   string
	}{
		{http.StatusBadRequest, "invalid_grant", fault.Invalid, "begin again"},
		{http.StatusUnauthorized, "invalid_client", fault.Temporary, "set up"},
		{http.StatusBadGateway, "", fault.Temporary, "could not be asked"},
	} {
		page, cookie := g.begin(t)
		answer := answerOf(g.oauth.Consent(t, page, true))
		g.oauth.Fail(c.status, c.code)
		_, err := g.CompleteGrant(t.Context(), g.org, cookie, answer)
		g.oauth.Fail(0, "")
		if !fault.Is(err, c.kind) || !strings.Contains(fault.Sentence(err), c.says) || strings.Contains(err.Error(), answer.Code) {
			t.Errorf("%d %s: %v", c.status, c.code, err)
		}
	}
	g.oauth.Grant("openid email")
	page, cookie := g.begin(t)
	if _, err := g.CompleteGrant(t.Context(), g.org, cookie, answerOf(g.oauth.Consent(t, page, true))); !strings.Contains(fault.Sentence(err), "every permission") {
		t.Errorf("a permission that was left unticked: %v", err)
	}
	if n := g.mailboxes(t); n != 0 {
		t.Errorf("%d mailboxes were stored", n)
	}
}

func TestChoicesAreRefusedBeforeAnybodyIsSentAway(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	for field, change := range map[string]func(*mailbox.Choice){
		"protocol": func(c *mailbox.Choice) { c.Protocol = "smtp" },
		"after":    func(c *mailbox.Choice) { c.Protocol, c.AfterImport = mailfetch.POP3, mailbox.MarkSeen },
		"move":     func(c *mailbox.Choice) { c.AfterImport = mailbox.Move },
		"days":     func(c *mailbox.Choice) { c.ReadDays = -1 },
		"folder":   func(c *mailbox.Choice) { c.Folder = strings.Repeat("<", 600) },
	} {
		c := choice
		change(&c)
		if _, _, err := g.BeginGrant(g.org, google, c); len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, _, err := g.BeginGrant(g.org, "microsoft", choice); !fault.Is(err, fault.NotFound) {
		t.Errorf("a provider that is not set up: %v", err)
	}
}

func TestRenewalIsForTheSameAccount(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	id := g.granted(t)
	g.take()
	g.oauth.RevokeAll()
	g.admin(t, `UPDATE mailboxes SET state = 'paused', failure = 'lost', next_at = NULL`)
	renew := func() (mailbox.ID, error) {
		page, cookie, err := g.RenewGrant(t.Context(), g.org, id)
		if err != nil {
			t.Fatal(err)
		}
		if u, err := url.Parse(page); err != nil || u.Query().Get("login_hint") != mailtest.User {
			t.Errorf("sent to %s", page)
		}
		return g.CompleteGrant(t.Context(), g.org, cookie, answerOf(g.oauth.Consent(t, page, true)))
	}
	g.oauth.SignInAs("other@example.org")
	if _, err := renew(); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Sentence(err), "other@example.org") {
		t.Errorf("another account: %v", err)
	}
	if g.oauth.Grants() != 0 {
		t.Error("the access to the other account is not given back")
	}
	g.wantState(t, id, mailbox.Paused)
	g.oauth.SignInAs(strings.ToUpper(mailtest.User))
	if again, err := renew(); err != nil || again != id {
		t.Fatal(again, err)
	}
	g.wantState(t, id, mailbox.Testing)
	if _, token, err := g.TokenOf(t.Context(), g.take()[0]); err != nil || token == "" {
		t.Error("the new access does not work: ", err)
	}
	if n := one[int](t, g.bench, `SELECT count(*) FROM audit_events WHERE action = 'mailbox.grant'`); n != 2 {
		t.Errorf("%d audit events, want one each time", n)
	}
	byPassword := g.connect(t, g.settings())
	if _, _, err := g.RenewGrant(t.Context(), g.org, byPassword); !fault.Is(err, fault.Conflict) {
		t.Errorf("a mailbox with a password: %v", err)
	}
	if _, _, err := g.RenewGrant(t.Context(), g.newOrg(t, "bob@second.example"), id); !fault.Is(err, fault.NotFound) {
		t.Errorf("a stranger: %v", err)
	}
}

// A provider withdraws everything at once, so what another mailbox lives by is
// left alone, also when that one is in another organization.
func TestDeletingLeavesTheAccessOfOtherMailboxes(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	first := g.granted(t)
	bob := g.newOrg(t, "bob@second.example")
	page, cookie, err := g.BeginGrant(bob, google, choice)
	if err != nil {
		t.Fatal(err)
	}
	second, err := g.CompleteGrant(t.Context(), bob, cookie, answerOf(g.oauth.Consent(t, page, true)))
	if err != nil {
		t.Fatal(err)
	}
	if err := g.Delete(t.Context(), g.org, first); err != nil || g.oauth.Grants() != 2 {
		t.Errorf("the first: %v, %d grants", err, g.oauth.Grants())
	}
	if err := g.Delete(t.Context(), bob, second); err != nil || g.oauth.Grants() != 1 {
		t.Errorf("the second: %v, %d grants", err, g.oauth.Grants())
	}
}

func TestMailboxIsDeletedThoughItsKeyIsLostAndItsProviderAway(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	lost, away := g.granted(t), g.granted(t)
	g.admin(t, `UPDATE mailboxes SET secret = 'x' WHERE mailbox_id = $1`, lost)
	g.Grants[google].Endpoints.Revoke = "http://127.0.0.1:1/revoke"
	for _, id := range []mailbox.ID{lost, away} {
		if err := g.Delete(t.Context(), g.org, id); err != nil {
			t.Error(err)
		}
	}
	if n := g.mailboxes(t); n != 0 {
		t.Errorf("%d are left", n)
	}
}

// A refresh token that is as long as Microsoft's passes the checks of what
// people type.
func TestTestAgainKeepsALongRefreshToken(t *testing.T) {
	t.Parallel()
	g := newGranting(t, mailtest.OAuthOptions{})
	id := g.granted(t)
	long := strings.Repeat("r", 2000)
	sealed := g.Ring.Seal(seal.Place{Table: "mailboxes", Column: "secret", Row: id.String(), Org: g.org.ID.String()}, []byte(long))
	g.admin(t, `UPDATE mailboxes SET secret = $1`, sealed)
	m := g.get(t, id)
	err := g.Retest(t.Context(), g.org, id, mailbox.Settings{Protocol: m.Protocol, Host: m.Host, Port: m.Port, Security: m.Security, Username: m.Username,
		Folder: m.Folder, AfterImport: m.AfterImport})
	if err != nil {
		t.Fatal(err)
	}
	if m := g.get(t, id); m.SignIn != google {
		t.Errorf("signed in to by %s", m.SignIn)
	}
}
