package oauth_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/oauth"
)

const redirect = "http://localhost:8080/oauth/callback"

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// at makes p's client for the end points of an authorization server.
func at(p oauth.Provider, base, id, secret string) *oauth.Client {
	p.Endpoints = oauth.Endpoints{Auth: base + "/authorize", Token: base + "/token", Revoke: base + "/revoke"}
	return &oauth.Client{Provider: p, ID: id, Secret: secret, Redirect: redirect, HTTP: oauth.NewHTTP(), Now: func() time.Time { return noon }}
}

func client(t *testing.T, options mailtest.OAuthOptions) (*oauth.Client, *mailtest.OAuth) {
	t.Helper()
	options.Redirect = redirect
	o := mailtest.NewOAuth(t, options)
	return at(oauth.Google(), o.URL, o.ClientID, o.ClientSecret), o
}

// granted goes the whole way to a grant.
func granted(t *testing.T, c *oauth.Client, o *mailtest.OAuth) oauth.Granted {
	t.Helper()
	verifier := oauth.NewVerifier()
	g, err := c.Exchange(t.Context(), o.Consent(t, c.AuthURL("state", verifier, ""), true).Query().Get("code"), verifier)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// wantReason checks a failure, and that it holds nothing that was handed out.
func wantReason(t *testing.T, err error, want oauth.Reason, secrets ...string) {
	t.Helper()
	if err == nil || oauth.ReasonOf(err) != want {
		t.Errorf("got %v, want %s", err, want)
		return
	}
	for _, secret := range secrets {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("the error holds a secret: %v", err)
		}
	}
}

func TestAuthorizationRequest(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]map[string]string{
		"google":    {"access_type": "offline", "prompt": "consent", "scope": "https://mail.google.com/ openid email"},
		"microsoft": {"prompt": "select_account", "scope": "https://outlook.office.com/IMAP.AccessAsUser.All https://outlook.office.com/POP.AccessAsUser.All offline_access openid email"},
	} {
		provider := map[string]oauth.Provider{"google": oauth.Google(), "microsoft": oauth.Microsoft()}[p]
		c := &oauth.Client{Provider: provider, ID: "the client", Secret: "hidden", Redirect: redirect}
		u, err := url.Parse(c.AuthURL("the state", "verifier", "a@example.org"))
		if err != nil || u.Scheme != "https" {
			t.Fatal(u, err)
		}
		for name, value := range map[string]string{"client_id": "the client", "redirect_uri": redirect, "response_type": "code", "state": "the state", "code_challenge_method": "S256", "login_hint": "a@example.org"} {
			want[name] = value
		}
		for name, value := range want {
			if got := u.Query().Get(name); got != value {
				t.Errorf("%s: %s is %q, want %q", p, name, got, value)
			}
		}
		if challenge := u.Query().Get("code_challenge"); len(challenge) != 43 || strings.Contains(u.String(), "verifier") || strings.Contains(u.String(), "hidden") {
			t.Errorf("%s: %s", p, u)
		}
	}
}

func TestFromConsentToRevocation(t *testing.T) {
	t.Parallel()
	c, o := client(t, mailtest.OAuthOptions{Rotate: true})
	g := granted(t, c, o)
	if g.Address != mailtest.User || g.Access == "" || g.Refresh == "" || !g.Expiry.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", g)
	}
	second, err := c.Refresh(t.Context(), g.Refresh)
	if err != nil || !second.Rotated || second.Refresh == g.Refresh || second.Access == g.Access {
		t.Fatalf("%+v, %v", second, err)
	}
	_, err = c.Refresh(t.Context(), g.Refresh)
	wantReason(t, err, oauth.Revoked, o.Issued()...)
	if err := c.Revoke(t.Context(), second.Refresh); err != nil || o.Grants() != 0 {
		t.Errorf("revoking: %v, %d grants are left", err, o.Grants())
	}
	_, err = c.Refresh(t.Context(), second.Refresh)
	wantReason(t, err, oauth.Revoked, o.Issued()...)
	wantReason(t, c.Revoke(t.Context(), second.Refresh), oauth.Temporary, o.Issued()...)
	c.Endpoints.Revoke = ""
	if err := c.Revoke(t.Context(), second.Refresh); err != nil {
		t.Errorf("a provider without an end point for it: %v", err)
	}
}

func TestRefreshTokenIsKeptWhenNoneComes(t *testing.T) {
	t.Parallel()
	c, o := client(t, mailtest.OAuthOptions{})
	g := granted(t, c, o)
	if again, err := c.Refresh(t.Context(), g.Refresh); err != nil || again.Rotated || again.Refresh != g.Refresh {
		t.Errorf("%+v, %v", again, err)
	}
}

func TestCodeIsGoodOnceAndWithItsVerifierOnly(t *testing.T) {
	t.Parallel()
	c, o := client(t, mailtest.OAuthOptions{})
	verifier := oauth.NewVerifier()
	code := func() string { return o.Consent(t, c.AuthURL("state", verifier, ""), true).Query().Get("code") }
	_, err := c.Exchange(t.Context(), code(), oauth.NewVerifier())
	wantReason(t, err, oauth.Revoked, o.Issued()...)
	once := code()
	if _, err := c.Exchange(t.Context(), once, verifier); err != nil {
		t.Fatal(err)
	}
	_, err = c.Exchange(t.Context(), once, verifier)
	wantReason(t, err, oauth.Revoked, o.Issued()...)
	if back := o.Consent(t, c.AuthURL("state", verifier, ""), false).Query(); back.Get("error") != "access_denied" || back.Has("code") {
		t.Errorf("Deny leads to %v", back)
	}
}

func TestFailuresAreToldApart(t *testing.T) {
	t.Parallel()
	c, o := client(t, mailtest.OAuthOptions{})
	g := granted(t, c, o)
	for _, tt := range []struct {
		status int
		code   string
		want   oauth.Reason
	}{
		{400, "invalid_grant", oauth.Revoked}, {400, "unauthorized_client", oauth.Revoked}, {400, "interaction_required", oauth.Revoked},
		{401, "invalid_client", oauth.Misconfigured}, {400, "invalid_scope", oauth.Misconfigured},
		{503, "temporarily_unavailable", oauth.Temporary}, {500, "", oauth.Temporary}, {429, "slow_down", oauth.Temporary}, {302, "", oauth.Temporary},
		{200, "invalid_grant", oauth.Revoked},
	} {
		o.Fail(tt.status, tt.code)
		_, err := c.Refresh(t.Context(), g.Refresh)
		wantReason(t, err, tt.want, o.Issued()...)
	}
	o.Fail(400, g.Refresh)
	_, err := c.Refresh(t.Context(), g.Refresh)
	wantReason(t, err, oauth.Temporary, o.Issued()...)
	o.Fail(0, "")
	c.Secret = "another"
	_, err = c.Refresh(t.Context(), g.Refresh)
	wantReason(t, err, oauth.Misconfigured, o.Issued()...)
	c.Endpoints.Token = "http://127.0.0.1:1/token"
	_, err = c.Refresh(t.Context(), g.Refresh)
	wantReason(t, err, oauth.Temporary, o.Issued()...)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = c.Refresh(ended, g.Refresh)
	wantReason(t, err, oauth.Temporary, o.Issued()...)
}

func TestLeaveThatWasLeftUntickedIsNoticed(t *testing.T) {
	t.Parallel()
	c, o := client(t, mailtest.OAuthOptions{})
	o.Grant("openid email")
	verifier := oauth.NewVerifier()
	_, err := c.Exchange(t.Context(), o.Consent(t, c.AuthURL("state", verifier, ""), true).Query().Get("code"), verifier)
	wantReason(t, err, oauth.Incomplete, o.Issued()...)
}

// idToken is an ID token with these claims and no signature.
func idToken(claims string) string {
	return "e30." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "."
}

func TestAnswersThatHoldTooLittleOrTooMuch(t *testing.T) {
	t.Parallel()
	full := `{"access_token":"secret-a","refresh_token":"secret-r","expires_in":60,"id_token":"%s"}`
	for name, tt := range map[string]struct {
		body    string
		address string // "" = refused
	}{
		"email":             {fmt.Sprintf(full, idToken(`{"aud":"me","email":"a@example.org"}`)), "a@example.org"},
		"several audiences": {fmt.Sprintf(full, idToken(`{"aud":["x","me"],"email":"a@example.org"}`)), "a@example.org"},
		"user name":         {fmt.Sprintf(full, idToken(`{"aud":"me","preferred_username":"u@example.org"}`)), "u@example.org"},
		"both":              {fmt.Sprintf(full, idToken(`{"aud":"me","email":"a@example.org","preferred_username":"u@example.org"}`)), "a@example.org"},
		"another's":         {fmt.Sprintf(full, idToken(`{"aud":"you","email":"a@example.org"}`)), ""},
		"no audience":       {fmt.Sprintf(full, idToken(`{"email":"a@example.org"}`)), ""},
		"no address":        {fmt.Sprintf(full, idToken(`{"aud":"me","preferred_username":"someone"}`)), ""},
		"address with ^A":   {fmt.Sprintf(full, idToken(`{"aud":"me","email":"a@example.org\u0001auth=x"}`)), ""},
		"no token":          {fmt.Sprintf(full, ""), ""},
		"no JSON in it":     {fmt.Sprintf(full, idToken(`secret`)), ""},
		"no refresh token":  {`{"access_token":"secret-a","id_token":"` + idToken(`{"aud":"me","email":"a@example.org"}`) + `"}`, ""},
		"no access token":   {`{"refresh_token":"secret-r"}`, ""},
		"no JSON":           {`secret-a`, ""},
		"endless":           {`{"access_token":"secret-a","x":"` + strings.Repeat("x", 2<<20) + `"}`, ""},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprint(w, tt.body)
		}))
		g, err := at(oauth.Microsoft(), server.URL, "me", "hidden").Exchange(t.Context(), "code", "verifier")
		server.Close()
		if tt.address == "" {
			if err == nil || strings.Contains(err.Error(), "secret") || len(err.Error()) > 200 {
				t.Errorf("%s: %.300v", name, err)
			}
			continue
		}
		if err != nil || g.Address != tt.address || !g.Expiry.Equal(noon.Add(time.Minute)) {
			t.Errorf("%s: %+v, %v", name, g, err)
		}
	}
}

func TestRedirectsOfTheTokenEndpointAreNotFollowed(t *testing.T) {
	t.Parallel()
	reached := make(chan struct{}, 1)
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached <- struct{}{} }))
	t.Cleanup(other.Close)
	server := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(server.Close)
	c := at(oauth.Google(), server.URL, "me", "hidden")
	_, err := c.Refresh(t.Context(), "secret")
	wantReason(t, err, oauth.Temporary, "secret")
	wantReason(t, c.Revoke(t.Context(), "secret"), oauth.Temporary, "secret")
	if len(reached) != 0 {
		t.Error("the request went on to another place")
	}
}
