package apptest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// Browser keeps cookies and follows no redirects. Each has a network of its
// own, so that the limits of one test person do not meet another's.
type Browser struct {
	app     *App
	client  *http.Client
	address string
	Header  http.Header // sent with every request
	Home    string      // where signing in led to
}

// Page is an answer, read to its end.
type Page struct {
	Status   int
	Header   http.Header
	Body     string
	Location string
}

// Browser opens a fresh browser.
func (a *App) Browser(t testing.TB) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	a.next++
	transport := &http.Transport{TLSClientConfig: a.tls}
	t.Cleanup(transport.CloseIdleConnections)
	return &Browser{
		app: a, address: fmt.Sprintf("198.51.100.%d", a.next), Header: http.Header{},
		client: &http.Client{Jar: jar, Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// Do sends a request with the browser's cookies; form is nil without a body.
func (b *Browser) Do(t testing.TB, method, path string, form url.Values) Page {
	t.Helper()
	if form == nil {
		return b.Send(t, method, path, "", nil)
	}
	return b.Send(t, method, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

// Send sends a request with any body. Whatever is asked, the answer must carry
// the security headers.
func (b *Browser) Send(t testing.TB, method, path, contentType string, body io.Reader) Page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, b.app.server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = b.Header.Clone()
	req.Header.Add("X-Forwarded-For", b.address) // behind whatever the test claims, as a proxy does
	if b.app.tls != nil {
		req.Header.Add("X-Forwarded-Proto", "https")
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := b.client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	p := Page{Status: resp.StatusCode, Header: resp.Header, Body: string(content), Location: resp.Header.Get("Location")}
	b.secure(t, method, path, p)
	return p
}

// Get asks for a page.
func (b *Browser) Get(t testing.TB, path string) Page {
	t.Helper()
	return b.Do(t, http.MethodGet, path, nil)
}

// Post sends a form of names and values in turn.
func (b *Browser) Post(t testing.TB, path string, pairs ...string) Page {
	t.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.Do(t, http.MethodPost, path, form)
}

var linkPath = regexp.MustCompile(`/signin/link/[\w-]+`)

// Link asks for a sign-in link and returns its path from the mail.
func (b *Browser) Link(t testing.TB, email string) string {
	t.Helper()
	if p := b.Post(t, "/signin", "email", email); p.Location != "/signin/sent" {
		t.Fatalf("asking for a link: %d to %q", p.Status, p.Location)
	}
	link := linkPath.FindString(b.app.Mail(t, email).Text)
	if link == "" {
		t.Fatal("the mail holds no link")
	}
	return link
}

// SignIn opens a browser and signs an address in, the way a person does.
func (a *App) SignIn(t testing.TB, email string) *Browser {
	t.Helper()
	b := a.Browser(t)
	p := b.Post(t, b.Link(t, email))
	if p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/o/") {
		t.Fatalf("signing in: %d to %q", p.Status, p.Location)
	}
	b.Home = p.Location
	return b
}
