package mailtest

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// OAuthOptions are what an authorization server begins with.
type OAuthOptions struct {
	Redirect string        // the only address that it sends a browser back to; "" = any
	Rotate   bool          // each refresh gives a new refresh token and voids the old one
	Lifetime time.Duration // of access tokens, as the server says; 0 = an hour
}

// OAuth is an authorization server on loopback with one client: RFC 6749 with
// PKCE, RFC 7009 and RFC 7662. People press Allow or Deny on its page.
type OAuth struct {
	URL                    string
	ClientID, ClientSecret string

	options OAuthOptions
	mu      sync.Mutex
	account string
	scope   string // granted instead of the one asked for; "" = that one
	status  int    // of every answer of the token end point; 0 = it works
	failure string
	codes   map[string]request
	refresh map[string]string // token → account
	access  map[string]string
	issued  []string
	asked   int
}

// request is what a browser came with to the consent page.
type request struct{ redirect, challenge, scope, account string }

// NewOAuth starts a server; whoever comes to its page is User.
func NewOAuth(tb TB, options OAuthOptions) *OAuth {
	tb.Helper()
	o := &OAuth{
		ClientID: "client.example", ClientSecret: "secret-" + rand.Text(), options: options, account: User,
		codes: map[string]request{}, refresh: map[string]string{}, access: map[string]string{},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /authorize", o.ask)
	mux.HandleFunc("POST /authorize", o.answer)
	mux.HandleFunc("POST /token", o.token)
	mux.HandleFunc("POST /revoke", o.revoke)
	mux.HandleFunc("POST /introspect", o.introspect)
	server := httptest.NewServer(mux)
	tb.Cleanup(server.Close)
	o.URL = server.URL
	return o
}

// Endpoints are the addresses as the program's configuration takes them, with
// a mail server at Host for each port that is not 0.
func (o *OAuth) Endpoints(imap, pop3 uint16) string {
	list := []string{"auth=" + o.URL + "/authorize", "token=" + o.URL + "/token", "revoke=" + o.URL + "/revoke"}
	for name, port := range map[string]uint16{"imap": imap, "pop3": pop3} {
		if port != 0 {
			list = append(list, fmt.Sprintf("%s=%s:%d", name, Host, port))
		}
	}
	return strings.Join(list, ",")
}

// Dovecot is configuration that has Dovecot take the server's access tokens
// (DovecotOptions.Extra).
func (o *OAuth) Dovecot(tb TB) string {
	tb.Helper()
	dir, err := os.MkdirTemp("", "svoa") // Dovecot's processes must get there, which they cannot in t.TempDir
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // Dovecot has to get here
		tb.Fatal(err)
	}
	conf := filepath.Join(dir, "oauth2.conf")
	text := "introspection_mode = post\nintrospection_url = " + o.URL + "/introspect\nusername_attribute = username\nactive_attribute = active\nactive_value = true\n"
	if err := os.WriteFile(conf, []byte(text), 0o644); err != nil {
		tb.Fatal(err)
	}
	return "auth_mechanisms = plain login xoauth2 oauthbearer\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = " + conf + "\n}\n"
}

// Consent presses Allow, or Deny, on the page that a browser is sent to, and
// returns where the browser is sent back to.
func (o *OAuth) Consent(tb TB, page string, allow bool) *url.URL {
	tb.Helper()
	answer := "deny"
	if allow {
		answer = "allow"
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.PostForm(page, url.Values{"answer": {answer}})
	if err != nil {
		tb.Fatal(err)
	}
	defer resp.Body.Close()
	back, err := resp.Location()
	if err != nil {
		tb.Fatalf("the authorization server answers %d: %v", resp.StatusCode, err)
	}
	return back
}

// SignInAs makes whoever comes to the page another account.
func (o *OAuth) SignInAs(account string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.account = account
}

// Grant has the server grant another scope than the one asked for.
func (o *OAuth) Grant(scope string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.scope = scope
}

// Fail has the token end point answer with a status and an error code; status
// 0 has it work again.
func (o *OAuth) Fail(status int, code string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.status, o.failure = status, code
}

// ExpireAccess voids every access token.
func (o *OAuth) ExpireAccess() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.access)
}

// RevokeAll withdraws whatever was granted, as a person does in the settings
// of their account.
func (o *OAuth) RevokeAll() {
	o.mu.Lock()
	defer o.mu.Unlock()
	clear(o.access)
	clear(o.refresh)
}

// Grants is how many refresh tokens are good.
func (o *OAuth) Grants() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.refresh)
}

// Asked is how many requests the token end point got.
func (o *OAuth) Asked() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked
}

// Issued lists every code and token that was ever handed out.
func (o *OAuth) Issued() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return append([]string{o.ClientSecret}, o.issued...)
}

// issue makes a secret. Held: mu.
func (o *OAuth) issue(kind string) string {
	s := kind + "-" + rand.Text()
	o.issued = append(o.issued, s)
	return s
}

// wrong is what is wrong with an authorization request; "" = nothing.
func (o *OAuth) wrong(q url.Values) string {
	switch {
	case q.Get("client_id") != o.ClientID:
		return "unknown client"
	case q.Get("response_type") != "code":
		return "not a request for a code"
	case o.options.Redirect != "" && q.Get("redirect_uri") != o.options.Redirect, q.Get("redirect_uri") == "":
		return "unknown redirect_uri"
	case q.Get("code_challenge_method") != "S256" || len(q.Get("code_challenge")) != 43:
		return "no code_challenge by S256"
	case q.Get("state") == "":
		return "no state"
	}
	return ""
}

var consent = template.Must(template.New("").Parse(`<!DOCTYPE html><html lang="en"><title>Allow access?</title>
<h1>Allow access?</h1><p>{{.Client}} wants to read the mail of {{.Account}}.</p>
<form method="post" action="{{.Action}}"><button name="answer" value="allow">Allow</button> <button name="answer" value="deny">Deny</button></form></html>`))

func (o *OAuth) ask(w http.ResponseWriter, r *http.Request) {
	if wrong := o.wrong(r.URL.Query()); wrong != "" {
		http.Error(w, wrong, http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = consent.Execute(w, map[string]string{"Client": o.ClientID, "Account": o.account, "Action": r.URL.RequestURI()}) // the browser left
}

func (o *OAuth) answer(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if wrong := o.wrong(q); wrong != "" {
		http.Error(w, wrong, http.StatusBadRequest)
		return
	}
	back, err := url.Parse(q.Get("redirect_uri"))
	if err != nil {
		http.Error(w, "unknown redirect_uri", http.StatusBadRequest)
		return
	}
	answer := url.Values{"state": {q.Get("state")}}
	if r.PostFormValue("answer") == "allow" {
		answer.Set("code", o.newCode(q))
	} else {
		answer.Set("error", "access_denied")
	}
	back.RawQuery = answer.Encode()
	http.Redirect(w, r, back.String(), http.StatusFound) //nolint:gosec // where the test says
}

func (o *OAuth) newCode(q url.Values) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	code := o.issue("code")
	scope := o.scope
	if scope == "" {
		scope = q.Get("scope")
	}
	o.codes[code] = request{redirect: q.Get("redirect_uri"), challenge: q.Get("code_challenge"), scope: scope, account: o.account}
	return code
}

func (o *OAuth) token(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked++
	switch {
	case o.status != 0:
		reply(w, o.status, map[string]any{"error": o.failure, "error_description": "the request was " + r.FormValue("refresh_token") + r.FormValue("code")})
	case !o.knows(r):
		reply(w, http.StatusUnauthorized, map[string]any{"error": "invalid_client"})
	case r.PostFormValue("grant_type") == "authorization_code":
		o.exchange(w, r)
	case r.PostFormValue("grant_type") == "refresh_token":
		o.renew(w, r)
	default:
		reply(w, http.StatusBadRequest, map[string]any{"error": "unsupported_grant_type"})
	}
}

func (o *OAuth) knows(r *http.Request) bool {
	return r.PostFormValue("client_id") == o.ClientID && subtle.ConstantTimeCompare([]byte(r.PostFormValue("client_secret")), []byte(o.ClientSecret)) == 1
}

// exchange hands out tokens for a code, once. Held: mu.
func (o *OAuth) exchange(w http.ResponseWriter, r *http.Request) {
	code, known := o.codes[r.PostFormValue("code")]
	delete(o.codes, r.PostFormValue("code"))
	sum := sha256.Sum256([]byte(r.PostFormValue("code_verifier")))
	if !known || code.redirect != r.PostFormValue("redirect_uri") || code.challenge != base64.RawURLEncoding.EncodeToString(sum[:]) {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant"})
		return
	}
	answer := o.tokens(code.account)
	answer["refresh_token"] = o.newRefresh(code.account)
	answer["scope"] = code.scope
	claims := fmt.Appendf(nil, `{"aud":%q,"email":%q}`, o.ClientID, code.account)
	answer["id_token"] = "e30." + base64.RawURLEncoding.EncodeToString(claims) + ".c2ln"
	reply(w, http.StatusOK, answer)
}

// renew hands out an access token for a refresh token. Held: mu.
func (o *OAuth) renew(w http.ResponseWriter, r *http.Request) {
	old := r.PostFormValue("refresh_token")
	account, known := o.refresh[old]
	if !known {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_grant", "error_description": old + " is void"})
		return
	}
	answer := o.tokens(account)
	if o.options.Rotate {
		delete(o.refresh, old)
		answer["refresh_token"] = o.newRefresh(account)
	}
	reply(w, http.StatusOK, answer)
}

// tokens is an answer with a new access token. Held: mu.
func (o *OAuth) tokens(account string) map[string]any {
	token := o.issue("access")
	o.access[token] = account
	lifetime := o.options.Lifetime
	if lifetime == 0 {
		lifetime = time.Hour
	}
	return map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(lifetime.Seconds())}
}

func (o *OAuth) newRefresh(account string) string {
	token := o.issue("refresh")
	o.refresh[token] = account
	return token
}

func (o *OAuth) revoke(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	account, known := o.refresh[r.PostFormValue("token")]
	if !known {
		reply(w, http.StatusBadRequest, map[string]any{"error": "invalid_token"})
		return
	}
	delete(o.refresh, r.PostFormValue("token"))
	for token, of := range o.access {
		if of == account {
			delete(o.access, token)
		}
	}
	w.WriteHeader(http.StatusOK)
}

// introspect tells a mail server whose an access token is.
func (o *OAuth) introspect(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	account, known := o.access[r.PostFormValue("token")]
	reply(w, http.StatusOK, map[string]any{"active": known, "username": account})
}

func reply(w http.ResponseWriter, status int, values map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(values) //nolint:errchkjson // plain values; or the client left
}
