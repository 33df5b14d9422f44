package journey

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// caller drives the program by plain requests, where a browser adds nothing.
type caller struct {
	*testing.T
	program *program
	client  *http.Client
	org     string
	mailbox string
}

func newCaller(t *testing.T, p *program) *caller {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &caller{T: t, program: p, client: &http.Client{Jar: jar, Timeout: patience}}
}

// call sends a request, a form when there is one, and returns where it led
// and what is there.
func (c *caller) call(path string, form url.Values) (at, body string) {
	c.Helper()
	method := http.MethodGet
	if form != nil {
		method = http.MethodPost
	}
	req, err := http.NewRequestWithContext(c.Context(), method, c.program.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		c.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", c.program.base)
	answer, err := c.client.Do(req)
	if err != nil {
		c.Fatal(err)
	}
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	if err != nil {
		c.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		c.Fatalf("%s %s answers %d:\n%s", method, path, answer.StatusCode, content)
	}
	return answer.Request.URL.RequestURI(), plain(string(content))
}

// find returns what the pattern's last group finds on a page; "" for nothing.
func (c *caller) find(path, pattern string) string {
	c.Helper()
	_, body := c.call(path, nil)
	found := regexp.MustCompile(pattern).FindStringSubmatch(body)
	if found == nil {
		return ""
	}
	return found[len(found)-1]
}

func (c *caller) signsIn(address string) {
	c.Helper()
	c.call("/signin", url.Values{"email": {address}})
	link := c.program.terminal.newest(c.T, linkPattern, 1)
	at, _ := c.call(strings.TrimPrefix(link, c.program.base), url.Values{})
	c.org = strings.TrimSuffix(at, "/welcome")
}

func (c *caller) connectsTheDemonstration() {
	c.Helper()
	form := url.Values{"preset": {"demo"}, "protocol": {"imap"}, "security": {"tls"}, "folder": {"INBOX"}, "after": {"leave"}, "since": {"90"}}
	for _, name := range []string{"host", "port", "username"} {
		form.Set(name, c.find(c.org+"/mailboxes/new?preset=demo", `name="`+name+`"[^>]* value="([^"]*)"`))
	}
	at, _ := c.call(c.org+"/mailboxes/new", form)
	c.mailbox = strings.TrimSuffix(at, "/test")
	within(c.T, time.Minute, "the connection test does not pass", func() bool { return c.find(at, "Find my domains") != "" })
	within(c.T, time.Minute, "no domains are found", func() bool { return c.find(c.mailbox+"/domains", `name="domain" value="example\.net"`) != "" })
	c.call(c.mailbox+"/domains", url.Values{"domain": {"example.org", "example.com", "example.net"}})
}

// progress is how far the import is, as the mailbox's page says.
func (c *caller) progress() (done, total int) {
	c.Helper()
	_, body := c.call(c.mailbox, nil)
	found := regexp.MustCompile(`<progress class="bar" value="(\d+)" max="(\d+)"`).FindStringSubmatch(body)
	if found == nil {
		return 0, 0
	}
	done, _ = strconv.Atoi(found[1]) // digits
	total, _ = strconv.Atoi(found[2])
	return done, total
}
