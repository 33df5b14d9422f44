package app_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/netip"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/site/siteweb"
)

var publicPages = []string{"/security", "/privacy", "/terms", "/open-source"}

// operated says everything that an operator can say.
func operated(c *app.Config, _ *app.Parts) {
	c.Operator = app.OperatorConfig{
		Name: "Example Ltd", Contact: "mailto:security@example.org", Response: "Answers within 48 hours", Location: "Iceland",
		Storage: "LUKS on every disk", Backups: "age, for 30 days", Source: "https://code.example.org/sendvery", Terms: "https://example.org/terms",
	}
}

func TestPublicPagesNeedNoSession(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	b := a.Browser(t)
	a.StopWorker()
	a.App.Close() // nor a database
	for _, path := range publicPages {
		says(t, b.Get(t, path), "has not said")
	}
	says(t, b.Get(t, "/open-source"), "Sendvery, "+app.Version())
}

func TestEveryPageLeadsToThePublicOnes(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	in, out := a.SignIn(t, "ada@first.example"), a.Browser(t)
	for name, p := range map[string]apptest.Page{
		"sign-in": out.Get(t, "/signin"), "an error": out.Get(t, "/nothing"), "a public page": out.Get(t, "/terms"),
		"inside": in.Get(t, in.Home+"settings"), "outside": in.Get(t, "/account/sessions"), "an error inside": in.Get(t, in.Home+"reports/1"),
	} {
		for _, path := range publicPages {
			if !strings.Contains(p.Body, `href="`+path+`"`) {
				t.Errorf("%s does not lead to %s", name, path)
			}
		}
	}
}

func TestPublicPagesRepeatWhatTheOperatorSays(t *testing.T) {
	t.Parallel()
	saying, silent := apptest.New(t, operated).Browser(t), apptest.New(t).Browser(t)
	for path, words := range map[string][]string{
		"/security":    {"security@example.org", "Answers within 48 hours", "Iceland", "LUKS on every disk", "age, for 30 days"},
		"/privacy":     {"Example Ltd", "security@example.org", "Iceland", "age, for 30 days"},
		"/terms":       {"Example Ltd", `href="https://example.org/terms"`},
		"/open-source": {`href="https://code.example.org/sendvery"`},
	} {
		p := saying.Get(t, path)
		says(t, p, words...)
		if strings.Contains(p.Body, "has not said") {
			t.Errorf("%s says that something is not said", path)
		}
		says(t, silent.Get(t, path), "The operator of this installation has not said")
	}
	says(t, silent.Get(t, "/open-source"), "You have a right to it: ask whoever gave you the address")
}

// What is not the program's doing, and nobody configured, is not claimed.
func TestPublicPagesClaimNothingOfOneHost(t *testing.T) {
	t.Parallel()
	b := apptest.New(t, operated).Browser(t)
	for _, path := range publicPages {
		if found := regexp.MustCompile(`(?i)hetzner|SOC ?2|ISO ?27001|\bEU\b|halite|sentry|stripe|anthropic`).FindString(b.Get(t, path).Body); found != "" {
			t.Errorf("%s speaks of %s", path, found)
		}
	}
}

func TestSecurityTxtNamesTheContact(t *testing.T) {
	t.Parallel()
	if p := apptest.New(t).Browser(t).Get(t, siteweb.SecurityTxtPath); p.Status != 404 {
		t.Errorf("without a contact: %d", p.Status)
	}
	a := apptest.New(t, apptest.Public(public), operated)
	p := a.Browser(t).Get(t, siteweb.SecurityTxtPath)
	if p.Status != 200 || p.Header.Get("Content-Type") != "text/plain; charset=utf-8" {
		t.Errorf("%d %s", p.Status, p.Header.Get("Content-Type"))
	}
	fields := map[string]string{}
	for line := range strings.Lines(p.Body) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		fields[name] = value
	}
	expires, err := time.Parse(time.RFC3339, fields["Expires"])
	if ahead := expires.Sub(a.Clock.Now()); err != nil || ahead < 30*24*time.Hour || ahead > 365*24*time.Hour {
		t.Errorf("expires %q, %v", fields["Expires"], err)
	}
	delete(fields, "Expires")
	want := map[string]string{
		"Contact": "mailto:security@example.org", "Preferred-Languages": "en",
		"Canonical": public + "/.well-known/security.txt", "Policy": public + "/security#reporting",
	}
	for name := range want {
		if fields[name] != want[name] {
			t.Errorf("%s: %q, want %q", name, fields[name], want[name])
		}
	}
	if len(fields) != len(want) {
		t.Errorf("fields %v", fields)
	}
	says(t, a.Browser(t).Get(t, "/security"), `id="reporting"`, `href="mailto:security@example.org"`)
}

func TestSecurityPageSaysHowToReport(t *testing.T) {
	t.Parallel()
	says(t, apptest.New(t).Browser(t).Get(t, "/security"), "which version it is about", "whether a secret or another organization’s data may be involved",
		"Leave out real customers’ data and working passwords", "Run no automated scanners", "test one of your own, and send the steps")
}

func TestPrivacyPageSaysWhoIsAskedAsConfigured(t *testing.T) {
	t.Parallel()
	const names, keys = "for the names of the addresses that reports list", "for the public keys that report mails are signed with"
	const networks, files = "Team Cymru, by DNS, for the networks", "Nobody, for networks or countries that the operator’s own files name"
	const payments = "Stripe, for payments, once an owner chooses a plan"
	all := apptest.New(t, apptest.WithoutOutbox("smtps://u:hunter2@mail.example.org"), apptest.Public(public), func(c *app.Config, _ *app.Parts) {
		c.IPLookup, c.DKIMLookup, c.ASNLookup, c.MMDBCountry = "dns", "dns", "cymru", countryFile(t)
		c.TrustedHops = 0 // nobody stands in front
		c.RateLimitBackend, c.RedisURL = "redis", "redis://127.0.0.1:1"
		c.TLS, c.ACMEDirectory = "acme", "https://acme.example.org/directory"
		c.MicrosoftClientID, c.MicrosoftClientSecret = "client.example", "another secret of tests"
		c.Stripe = app.StripeConfig{Key: "sk_test_of_tests", Secrets: "whsec_of_tests_with_32_characters_at_least", Tax: "off", Address: "auto"}
	}).Browser(t).Get(t, "/privacy")
	says(t, all, names, keys, networks, files, "Google, for access", "Microsoft, for access", "mail.example.org, to deliver", "acme.example.org, for the certificate", "Redis, for how often", payments, "And nobody else")
	if strings.Contains(all.Body, "hunter2") {
		t.Error("the page holds the mail server's password")
	}
	little := apptest.New(t, func(c *app.Config, _ *app.Parts) { c.GoogleClientID, c.GoogleClientSecret = "", "" }).Browser(t).Get(t, "/privacy")
	says(t, little, "The mail server of each mailbox that you connect")
	for _, wrong := range []string{names, keys, networks, files, "Google", "Microsoft", "to deliver", "certificate of this site", "Redis", payments} {
		if strings.Contains(little.Body, wrong) {
			t.Errorf("it is off, and the page says %q", wrong)
		}
	}
}

func TestPrivacyPageNamesEveryCookie(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	page := w.owner.Get(t, "/privacy").Body
	seen := map[string]bool{}
	stranger := a.Browser(t)
	for _, p := range []apptest.Page{
		stranger.Post(t, "/signin", "email", "bob@second.example"), stranger.Post(t, linkIn(a.Mail(t, "bob@second.example"))),
		w.owner.Post(t, "/theme", "theme", "dark"), w.owner.Post(t, w.owner.Home+"settings", "name", "Ada’s"),
		w.owner.Post(t, w.owner.Home+"mailboxes/grant/google", "protocol", "imap", "folder", "INBOX", "after", "leave", "since", "90"),
	} {
		for _, c := range (&http.Response{Header: p.Header}).Cookies() {
			seen[c.Name] = true
			if !strings.Contains(page, c.Name+": ") {
				t.Errorf("the page does not name the cookie %s", c.Name)
			}
		}
	}
	if len(seen) != 5 {
		t.Errorf("cookies %v, want five", seen)
	}
}

func TestThereIsNoPasswordOfAPerson(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	var columns string
	query(t, a, `SELECT string_agg(table_name || '.' || column_name, ' ' ORDER BY table_name, ordinal_position) FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name IN ('people', 'sessions', 'sign_in_requests')`).into(&columns)
	if strings.Contains(columns, "pass") || !strings.Contains(columns, "people.email") {
		t.Errorf("what is kept of people: %s", columns)
	}
	b := a.Browser(t)
	for _, path := range []string{"/signin", "/signin/sent"} {
		if strings.Contains(b.Get(t, path).Body, `type="password"`) {
			t.Errorf("%s asks for a password", path)
		}
	}
}

func TestNetworksOfDevicesAreCutShort(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	a.SignIn(t, "ada@first.example")
	var network string
	query(t, a, `SELECT network FROM sessions`).into(&network)
	if p, err := netip.ParsePrefix(network); err != nil || p.Bits() != 24 || strings.Contains(dump(t, a), "198.51.100.1") {
		t.Errorf("the session's network is %q, %v, or the whole address is kept elsewhere", network, err)
	}
}

func TestDatabaseNeverHoldsTheKeys(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	newWorld(t, a, "ada@first.example")
	stored := dump(t, a)
	for name, ring := range map[string]string{"sealing key": a.Cfg.SealKeys, "key of the audit trail": a.Cfg.AuditKeys} {
		_, encoded, _ := strings.Cut(ring, ":")
		key, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(key) != 32 {
			t.Fatal(name, len(key), err)
		}
		if strings.Contains(stored, encoded) || strings.Contains(stored, hex.EncodeToString(key)) {
			t.Errorf("the database holds the %s", name)
		}
	}
	if strings.Contains(stored, a.Cfg.CookieKey) || strings.Contains(stored, hex.EncodeToString([]byte(a.Cfg.CookieKey))) {
		t.Error("the database holds the cookie key")
	}
}

func TestChangesAreRecorded(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	w.owner.Post(t, w.owner.Home+"settings", "name", "Ada’s")
	w.owner.Post(t, w.owner.Home+"mailboxes/"+w.mailbox+"/delete")
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), `SELECT e.action FROM audit_events e JOIN people p USING (person_id) WHERE p.email = 'ada@first.example'`)
	if err != nil {
		t.Fatal(err)
	}
	actions, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	all := " " + strings.Join(actions, " ") + " "
	for _, want := range []string{"organization.create", "organization.rename", "domain.add", "mailbox.connect", "mailbox.delete"} {
		if !strings.Contains(all, " "+want+" ") {
			t.Errorf("%s is not recorded: %s", want, all)
		}
	}
}

func TestLicenceIsWhatThePagesSay(t *testing.T) {
	t.Parallel()
	licence, err := os.ReadFile("../../LICENSE")
	if err != nil || !regexp.MustCompile(`GNU AFFERO GENERAL PUBLIC LICENSE\s+Version 3`).Match(licence[:min(len(licence), 200)]) {
		t.Errorf("LICENSE is another one, %v", err)
	}
	says(t, apptest.New(t).Browser(t).Get(t, "/open-source"), "GNU Affero General Public License, version 3 only (AGPL-3.0)")
}

func TestQuickstartIsThatOfTheReadme(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	says(t, apptest.New(t).Browser(t).Get(t, "/security"), `href="/open-source"`)
	for _, s := range siteweb.OpenSource(siteweb.Facts{}).Sections {
		for _, command := range s.Commands {
			if !strings.Contains(string(content), "\n    "+command+" ") {
				t.Errorf("README.md does not know %q", command)
			}
		}
		if s.ID != "quickstart" {
			continue
		}
		if len(s.Commands) == 0 {
			t.Error("nothing is said to type")
		}
		for _, version := range regexp.MustCompile(`(Go|Node\.js) [\d.]+`).FindAllString(s.Claims[0].Text, -1) {
			if !strings.Contains(string(content), version) {
				t.Errorf("README.md asks for another %s", version)
			}
		}
	}
}
