package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
)

// world is what one organization has, by its real names.
type world struct {
	slug, domain, mailbox string
	report, receipt       int64
	tls, failure          int64
	member, invitation    string
	export, download      string
	group                 string
	owner                 *apptest.Browser
}

// reportedIP is the address in document.
const reportedIP = "192.0.2.1"

// document is a report of one message.
const document = `<feedback><report_metadata><org_name>receiver.example</org_name><email>d@receiver.example</email>` +
	`<report_id>%s</report_id><date_range><begin>%d</begin><end>%d</end></date_range></report_metadata>` +
	`<policy_published><domain>%s</domain><p>none</p></policy_published>` +
	`<record><row><source_ip>192.0.2.1</source_ip><count>3</count><policy_evaluated><disposition>none</disposition>` +
	`<dkim>pass</dkim><spf>fail</spf></policy_evaluated></row><identifiers><header_from>%[4]s</header_from></identifiers>` +
	`<auth_results/></record></feedback>`

// tlsDocument is a TLS report of one session, failureMail a failure report.
const (
	tlsDocument = `{"organization-name":"receiver.example","date-range":{"start-datetime":"%[1]sT00:00:00Z","end-datetime":"%[1]sT23:59:59Z"},` +
		`"contact-info":"tls@receiver.example","report-id":"t-%[2]s","policies":[{"policy":{"policy-type":"sts","policy-domain":"%[3]s"},` +
		`"summary":{"total-successful-session-count":1,"total-failure-session-count":1},"failure-details":[{"result-type":"certificate-expired","failed-session-count":1}]}]}`
	failureMail = "From: r@receiver.example\r\nMessage-ID: <%[1]s@receiver.example>\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nAuth-Failure: dmarc\r\nSource-IP: 192.0.2.9\r\nReported-Domain: %[2]s\r\n\r\n--b--\r\n"
)

// newWorld signs an owner in and gives their organization a domain, a report
// and a mailbox, whose connection test the guard of networks ends at once.
func newWorld(t *testing.T, a *apptest.App, email string) world {
	t.Helper()
	w := world{owner: a.SignIn(t, email)}
	w.slug = strings.Split(w.owner.Home, "/")[2]
	_, w.domain, _ = strings.Cut(email, "@")
	if p := w.owner.Post(t, "/o/"+w.slug+"/domains", "domain", w.domain); p.Status != 303 {
		t.Fatalf("adding a domain: %d", p.Status)
	}
	yesterday := a.Clock.Now().Add(-24 * 3600e9)
	var files []report.File
	for _, content := range []string{
		fmt.Sprintf(document, "r-"+w.slug, yesterday.Unix(), yesterday.Unix()+3600, w.domain),
		fmt.Sprintf(tlsDocument, yesterday.UTC().Format(time.DateOnly), w.slug, w.domain),
		fmt.Sprintf(failureMail, w.slug, w.domain),
	} {
		files = append(files, report.File{Name: "a.xml", Content: strings.NewReader(content), Size: int64(len(content))})
	}
	if _, err := a.Import(t.Context(), w.slug, files); err != nil {
		t.Fatal(err)
	}
	query(t, a, `SELECT t.tls_report_id, f.failure_id FROM tls_reports t, failure_reports f JOIN organizations o USING (org_id)
		WHERE o.org_id = t.org_id AND o.slug = $1`, w.slug).into(&w.tls, &w.failure)
	w.mailbox = connect(t, w.owner, w.slug)
	w.member, w.invitation = people(t, a, w)
	for kind, id := range map[string]*string{"everything": &w.export, "records": &w.download} {
		query(t, a, `WITH e AS (INSERT INTO exports (org_id, export_id, person_id, state, asked_at, expires_at, size, kind)
			SELECT org_id, gen_random_uuid(), gen_random_uuid(), 'ready', $2::timestamptz, $2::timestamptz + interval '7 days', 3, $3 FROM organizations WHERE slug = $1 RETURNING org_id, export_id),
			p AS (INSERT INTO export_parts (org_id, export_id, seq, content) SELECT org_id, export_id, 0, 'zip' FROM e)
			SELECT export_id::text FROM e`, w.slug, a.Clock.Now(), kind).into(id)
	}
	w.group = group(t, a, w)
	query(t, a, `SELECT report_id, receipt_id FROM reports WHERE reporter_id = $1`, "r-"+w.slug).into(&w.report, &w.receipt)
	return w
}

// group makes a group of domains.
func group(t *testing.T, a *apptest.App, w world) (id string) {
	t.Helper()
	query(t, a, `INSERT INTO domain_groups (org_id, group_id, name) SELECT org_id, gen_random_uuid(), $2 FROM organizations WHERE slug = $1 RETURNING group_id::text`,
		w.slug, rand.Text()).into(&id)
	return id
}

// people makes a member of the organization and an invitation to it.
func people(t *testing.T, a *apptest.App, w world) (member, invitation string) {
	t.Helper()
	name := rand.Text()
	query(t, a, `WITH p AS (INSERT INTO people (person_id, email, created_at) VALUES (gen_random_uuid(), $2, now()) RETURNING person_id),
		m AS (INSERT INTO members (org_id, person_id, role, joined_at) SELECT o.org_id, p.person_id, 'viewer', now() FROM organizations o, p WHERE o.slug = $1)
		SELECT person_id::text FROM p`, w.slug, strings.ToLower(name)+"@member.example").into(&member)
	if p := w.owner.Post(t, "/o/"+w.slug+"/members", "email", name+"@invited.example", "role", "viewer"); p.Status != 303 {
		t.Fatalf("inviting: %d", p.Status)
	}
	query(t, a, `SELECT invitation_id::text FROM invitations WHERE email = $1`, strings.ToLower(name)+"@invited.example").into(&invitation)
	return member, invitation
}

// connect begins a mailbox and returns its id.
func connect(t *testing.T, b *apptest.Browser, slug string) string {
	t.Helper()
	p := b.Post(t, "/o/"+slug+"/mailboxes/new", "host", "127.0.0.1", "port", "993", "protocol", "imap", "security", "tls", "username", "u@example.org",
		"password", "very secret", "folder", "INBOX", "after", "leave", "since", "90")
	parts := strings.Split(p.Location, "/")
	if p.Status != 303 || len(parts) != 6 {
		t.Fatalf("connecting: %d to %q", p.Status, p.Location)
	}
	return parts[4]
}

// result is the only row of a query by the superuser.
type result struct {
	t   *testing.T
	row pgx.Row
}

func query(t *testing.T, a *apptest.App, sql string, args ...any) result {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), a.DB.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return result{t, conn.QueryRow(t.Context(), sql, args...)}
}

func (r result) into(values ...any) {
	r.t.Helper()
	if err := r.row.Scan(values...); err != nil {
		r.t.Fatal(err)
	}
}

// join makes a signed-in member of the organization in a role.
func join(t *testing.T, a *apptest.App, slug, role string) *apptest.Browser {
	t.Helper()
	email := role + "@joined.example"
	b := a.SignIn(t, email)
	var n int
	query(t, a, `WITH m AS (INSERT INTO members (org_id, person_id, role, joined_at)
		SELECT o.org_id, p.person_id, $3, now() FROM organizations o, people p WHERE o.slug = $1 AND p.email = $2 RETURNING 1)
		SELECT count(*) FROM m`, slug, email, role).into(&n)
	if n != 1 {
		t.Fatal("nobody joined")
	}
	return b
}

// fingerprint is everything of an organization that its pages can change.
func fingerprint(t *testing.T, a *apptest.App, slug string) (text string) {
	t.Helper()
	query(t, a, `SELECT o.name || (SELECT coalesce(string_agg(d.name, ',' ORDER BY d.name), '') FROM domains d WHERE d.org_id = o.org_id)
		|| (SELECT coalesce(string_agg(m.mailbox_id::text || m.username || m.state, ',' ORDER BY m.mailbox_id), '') FROM mailboxes m WHERE m.org_id = o.org_id)
		|| (SELECT string_agg(m.person_id::text || m.role, ',' ORDER BY m.person_id) FROM members m WHERE m.org_id = o.org_id)
		|| (SELECT coalesce(string_agg(i.email || i.role || i.expires_at, ',' ORDER BY i.email), '') FROM invitations i WHERE i.org_id = o.org_id)
		|| (SELECT count(*) FROM audit_events e WHERE e.org_id = o.org_id) FROM organizations o WHERE o.slug = $1`, slug).into(&text)
	return text
}

func TestAnonymousSeesSignInOnly(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	nobody := a.Browser(t)
	for _, r := range routes(t, a) {
		p := nobody.Do(t, method(r), r.fill(w.slug, w), nil)
		switch {
		case r.need == "token":
			if p.Status != 401 || p.Header.Get("WWW-Authenticate") != "Bearer" {
				t.Errorf("%s: %d without a token", r, p.Status)
			}
		case r.need == "open":
			if p.Status >= 500 || p.Status == 401 || p.Status == 403 {
				t.Errorf("%s: %d without a session", r, p.Status)
			}
		case r.need == "operator":
			if p.Status != 404 {
				t.Errorf("%s: %d without a session, want 404", r, p.Status)
			}
		case r.method == "GET":
			if p.Status != 303 || !strings.HasPrefix(p.Location, "/signin?next=") {
				t.Errorf("%s: %d to %q without a session, want to be asked to sign in", r, p.Status, p.Location)
			}
		case p.Status != 401:
			t.Errorf("%s: %d without a session, want 401", r, p.Status)
		}
	}
}

func method(r route) string {
	if r.method == "*" {
		return "GET"
	}
	return r.method
}

func TestForeignOrganizationDoesNotExist(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	first, second := newWorld(t, a, "ada@first.example"), newWorld(t, a, "bob@second.example")
	before := fingerprint(t, a, first.slug)
	nothing := world{domain: "nothing.example", mailbox: uid.New[struct{}]().String(), report: 999_999, receipt: 999_999, tls: 999_999, failure: 999_999,
		member: uid.New[struct{}]().String(), invitation: uid.New[struct{}]().String(), export: uid.New[struct{}]().String(), download: uid.New[struct{}]().String(), group: uid.New[struct{}]().String()}
	for _, r := range routes(t, a) {
		if !r.inOrg() {
			continue
		}
		foreign := second.owner.Do(t, r.method, r.fill(first.slug, first), nil)
		if foreign.Status != 404 {
			t.Errorf("%s of another organization: %d, want 404", r, foreign.Status)
		}
		missing := second.owner.Do(t, r.method, r.fill("nothing", nothing), nil)
		if missing.Status != 404 || missing.Body != foreign.Body {
			t.Errorf("%s: another organization and one that does not exist can be told apart (%d)", r, missing.Status)
		}
		if !r.below() {
			continue
		}
		if p := second.owner.Do(t, r.method, r.fill(second.slug, first), nil); p.Status != 404 {
			t.Errorf("%s with ids of another organization: %d, want 404", r, p.Status)
		}
	}
	if after := fingerprint(t, a, first.slug); after != before {
		t.Errorf("a stranger changed something:\n%s\n%s", before, after)
	}
}

// ends are the routes that take away what others need, in an order in which
// each still finds its own.
var ends = []string{
	"POST /o/{slug}/domains/groups/{id}/delete", "POST /o/{slug}/mailboxes/{id}/delete", "POST /o/{slug}/members/{id}/remove", "POST /o/{slug}/members/invitations/{id}/revoke",
	"POST /o/{slug}/leave", "POST /o/{slug}/delete",
}

func TestEachRoleReachesWhatItsRightsSay(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	all := routes(t, a)
	slices.SortStableFunc(all, func(a, b route) int { return slices.Index(ends, a.String()) - slices.Index(ends, b.String()) })
	for _, role := range []string{"viewer", "member", "admin", "owner"} {
		b, mine := join(t, a, w.slug, role), w
		mine.mailbox = connect(t, w.owner, w.slug)
		mine.member, mine.invitation = people(t, a, w)
		mine.group = group(t, a, w)
		for _, r := range all {
			if !r.inOrg() {
				continue
			}
			checkRole(t, b, role, r, r.fill(w.slug, mine))
			if r.pattern == "/o/{slug}/leave" && r.method == "POST" {
				join(t, a, w.slug, role)
			}
		}
	}
}

func checkRole(t *testing.T, b *apptest.Browser, role string, r route, path string) {
	t.Helper()
	form := map[string][]string{"domain": {"added.example"}}
	if r.method == "GET" {
		form = nil
	}
	p := b.Do(t, r.method, path, form)
	allowed := ranks[role] >= ranks[r.need]
	if !allowed && p.Status != 403 {
		t.Errorf("%s as %s: %d, want 403", r, role, p.Status)
	}
	if allowed && (p.Status >= 500 || p.Status == 401 || p.Status == 403 || p.Status == 404) {
		t.Errorf("%s as %s: %d, want an answer", r, role, p.Status)
	}
}
