package report_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// now is the tests' present.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// bench is one organization with a service on a database of its own.
type bench struct {
	*report.Service
	db      *dbtest.Database
	org     org.Access
	domains *domain.Service
	queue   *queue
}

// queue remembers what was enqueued.
type queue struct{ jobs []work.Args }

func (q *queue) Enqueue(_ context.Context, _ postgres.Tx, args work.Args, _ ...work.Option) error {
	q.jobs = append(q.jobs, args)
	return nil
}

func newBench(t *testing.T, domains ...fqdn.Name) *bench {
	t.Helper()
	db := dbtest.New(t)
	clock := func() time.Time { return now }
	b := &bench{db: db, queue: &queue{}}
	trail := dbtest.Trail(t)
	b.Service = &report.Service{DB: db.DB, Trail: trail, Queue: b.queue, Log: slog.New(slog.DiscardHandler), Now: clock}
	b.domains = &domain.Service{DB: db.DB, Trail: trail, Now: clock, Added: b.DomainsAdded}
	orgs := &org.Service{DB: db.DB, Trail: trail, Now: clock}
	person := uid.New[postgres.Person]()
	err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, person, person.String()+"@example.org")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	o, err := orgs.EnsureFirst(t.Context(), person, "me@example.org")
	if err != nil {
		t.Fatal(err)
	}
	b.org = org.Access{Membership: org.Membership{Organization: o, Role: org.Owner}, Person: person}
	if len(domains) > 0 {
		if err := b.domains.Add(t.Context(), b.org, domains); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

// rec is one record of a made report.
type rec struct {
	ip          string
	count       int
	dkim, spf   string
	authDKIM    string
	authSPF     string
	spfDomain   string
	reason      string
	disposition string
}

// doc is a made report.
type doc struct {
	org, id, domain string
	begin           time.Time
	recs            []rec
	tail            string // instead of the proper end
}

func (d doc) xml() string {
	var b strings.Builder
	fmt.Fprintf(&b, `<?xml version="1.0"?><feedback><version>1.0</version><report_metadata><org_name>%s</org_name><email>dmarc@%s</email>`+
		`<report_id>%s</report_id><date_range><begin>%d</begin><end>%d</end></date_range></report_metadata>`+
		`<policy_published><domain>%s</domain><adkim>r</adkim><aspf>r</aspf><p>none</p><sp>none</sp><pct>100</pct></policy_published>`,
		d.org, d.org, d.id, d.begin.Unix(), d.begin.Add(24*time.Hour-time.Second).Unix(), d.domain)
	for _, r := range d.recs {
		reason := ""
		if r.reason != "" {
			reason = "<reason><type>" + r.reason + "</type></reason>"
		}
		if r.disposition == "" {
			r.disposition = "none"
		}
		if r.spfDomain == "" {
			r.spfDomain = d.domain
		}
		fmt.Fprintf(&b, `<record><row><source_ip>%s</source_ip><count>%d</count><policy_evaluated><disposition>%s</disposition>`+
			`<dkim>%s</dkim><spf>%s</spf>%s</policy_evaluated></row><identifiers><header_from>%s</header_from></identifiers>`+
			`<auth_results><dkim><domain>%s</domain><selector>s</selector><result>%s</result></dkim>`+
			`<spf><domain>%s</domain><result>%s</result></spf></auth_results></record>`,
			r.ip, r.count, r.disposition, r.dkim, r.spf, reason, d.domain, d.domain, or(r.authDKIM, r.dkim), r.spfDomain, or(r.authSPF, r.spf))
	}
	if d.tail != "" {
		return b.String() + d.tail
	}
	return b.String() + "</feedback>"
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

var day = time.Date(2026, 11, 10, 0, 0, 0, 0, time.UTC)

// pass and fail are records that need no further words.
func pass(ip string, n int) rec { return rec{ip: ip, count: n, dkim: "pass", spf: "pass"} }
func fail(ip string, n int) rec { return rec{ip: ip, count: n, dkim: "fail", spf: "fail"} }

// takeIn reads and stores mails.
func (b *bench) takeIn(ctx context.Context, mails []mailbox.Mail, settle mailbox.Settle) error {
	r, err := b.Read(ctx, b.org.ID, mails)
	if err != nil {
		return err
	}
	return r.Store(ctx, settle)
}

// take ingests contents as mails 1, 2, … of a mailbox and returns those stored.
func (b *bench) take(t *testing.T, contents ...string) []mailfetch.MailID {
	t.Helper()
	box := uid.New[mailbox.Mailbox]()
	var mails []mailbox.Mail
	for i, c := range contents {
		mails = append(mails, mailbox.Mail{Mailbox: box, Generation: "1", ID: mailfetch.MailID(fmt.Sprint(i + 1)),
			State: mailfetch.Delivered, Received: now, Size: int64(len(c)), Content: strings.NewReader(c)})
	}
	var settled, stored []mailfetch.MailID
	err := b.takeIn(t.Context(), mails, func(_ context.Context, _ postgres.Tx, ids, reports []mailfetch.MailID) error {
		settled, stored = append(settled, ids...), append(stored, reports...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(settled) != len(mails) {
		t.Errorf("settled %v of %d mails", settled, len(mails))
	}
	return stored
}

// settle is for tests that do not look at what is settled.
func settle(context.Context, postgres.Tx, []mailfetch.MailID, []mailfetch.MailID) error { return nil }

// one reads a single value inside the organization.
func one[T any](t *testing.T, b *bench, sql string, args ...any) (v T) {
	t.Helper()
	err := b.db.InOrg(t.Context(), b.org.ID, func(ctx context.Context, tx postgres.Tx) error {
		return tx.QueryRow(ctx, sql, args...).Scan(&v)
	})
	if err != nil {
		t.Fatal(sql, ": ", err)
	}
	return v
}

// verdicts returns the receipts' verdicts in order.
func (b *bench) verdicts(t *testing.T) []string {
	t.Helper()
	return one[[]string](t, b, `SELECT coalesce(array_agg(verdict ORDER BY receipt_id), '{}') FROM receipts`)
}

func TestHeadThatReportsShareIsStoredOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	made := func(org, id, domain string, days int) string {
		return doc{org: org, id: id, domain: domain, begin: day.AddDate(0, 0, days), recs: []rec{pass("192.0.2.1", 1)}}.xml()
	}
	b.take(t, made("a.example", "1", "example.org", 0), made("a.example", "2", "example.org", 1))
	b.take(t, made("a.example", "3", "example.org", 2), made("a.example", "4", "example.net", 2), made("b.example", "5", "example.org", 2))
	if got := one[string](t, b, `SELECT string_agg(n::text, ' ' ORDER BY n) FROM (SELECT count(r.report_id) AS n FROM report_heads h LEFT JOIN reports r USING (org_id, head_id) GROUP BY h.head_id) x`); got != "1 1 3" {
		t.Errorf("reports by head: %s", got)
	}
	for _, id := range one[[]report.ID](t, b, `SELECT array_agg(report_id) FROM reports`) {
		r, _, err := b.Report(t.Context(), b.org.ID, id, report.RecordQuery{Limit: 1})
		if err != nil || r.Head.ReportID == "" || r.Head.Email != "dmarc@"+r.Head.OrgName || r.Head.Begin != r.BeginAt.Unix() || r.Head.Policy.P != "none" {
			t.Errorf("%+v, %v", r.Head, err)
		}
	}
}

func TestReportIsStoredOnceWithItsTotals(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	d := doc{org: "reporter.example", id: "r1", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 40), fail("198.51.100.7", 2)}}
	b.take(t, d.xml())
	b.take(t, d.xml()) // the same again

	if got := strings.Join(b.verdicts(t), " "); got != "accepted known" {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM records`); n != 42 {
		t.Errorf("records hold %d messages, want 42", n)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 42 {
		t.Errorf("rollup holds %d messages, want 42", n)
	}
	if n := one[int64](t, b, `SELECT aligned FROM reports`); n != 40 {
		t.Errorf("aligned = %d, want 40", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 1 {
		t.Errorf("%d originals, want that of the first mail", n)
	}
}

func TestOtherNumbersUnderTheSameKeyAreAConflict(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	d := doc{org: "reporter.example", id: "r1", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 40)}}
	b.take(t, d.xml())
	d.recs[0].count = 41
	b.take(t, d.xml())
	if got := strings.Join(b.verdicts(t), " "); got != "accepted conflict" {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 40 {
		t.Errorf("%d messages counted, want the first report's 40", n)
	}
}

func TestTwiceInOneBatchIsStoredOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	x := doc{org: "reporter.example", id: "r1", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 40)}}.xml()
	b.take(t, x, x, "Subject: hello\r\n\r\nno report\r\n")
	if got := strings.Join(b.verdicts(t), " "); got != "accepted known no_report" {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 40 {
		t.Errorf("%d messages counted, want 40", n)
	}
}

func TestOrdinaryMailLeavesNothingButItsPlace(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, "From: someone@example.net\r\nSubject: private matter\r\n\r\nhello\r\n")
	row := one[string](t, b, `SELECT row_to_json(r)::text FROM receipts r`)
	if strings.Contains(row, "private") || strings.Contains(row, "someone") {
		t.Errorf("receipt holds content of an ordinary mail: %s", row)
	}
	if n := one[int](t, b, `SELECT (SELECT count(*) FROM originals) + (SELECT count(*) FROM receipt_lines)`); n != 0 {
		t.Errorf("%d rows beside the receipt", n)
	}
}

func TestReportOfAnUnwatchedDomainIsHeldUntilItIsAdded(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, doc{org: "reporter.example", id: "r1", domain: "mail.example.net", begin: day, recs: []rec{pass("192.0.2.1", 7)}}.xml())
	if got := strings.Join(b.verdicts(t), " "); got != "held" {
		t.Fatalf("verdicts: %s", got)
	}
	if err := b.domains.Add(t.Context(), b.org, []fqdn.Name{"example.net"}); err != nil {
		t.Fatal(err)
	}
	job, ok := b.queue.jobs[len(b.queue.jobs)-1].(report.Release)
	if !ok {
		t.Fatal("adding a domain enqueued no release")
	}
	if err := b.Release(t.Context(), job); err == nil {
		t.Error("a release that read something did not ask to go on")
	}
	if err := b.Release(t.Context(), job); err != nil { // nothing is left
		t.Fatal(err)
	}
	if got := strings.Join(b.verdicts(t), " "); got != "accepted" {
		t.Errorf("verdicts after adding the parent domain: %s", got)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 7 {
		t.Errorf("%d messages counted, want 7", n)
	}
}

func TestLargeReportIsStreamedAndATruncatedOneLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	large := doc{org: "reporter.example", id: "large", domain: "example.org", begin: day}
	for i := range 12_000 {
		large.recs = append(large.recs, pass(fmt.Sprintf("192.0.%d.%d", i/250%250, i%250+1), 1))
	}
	cut := large
	cut.id, cut.tail = "cut", "<record><row>"
	small := doc{org: "reporter.example", id: "small", domain: "example.org", begin: day, recs: []rec{fail("198.51.100.7", 5)}}
	b.take(t, small.xml(), cut.xml(), large.xml(), large.xml())
	if got := strings.Join(b.verdicts(t), " "); got != "accepted refused accepted known" {
		t.Errorf("verdicts: %s", got)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM records`); n != 12_005 {
		t.Errorf("records hold %d messages, want 12005", n)
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 12_005 {
		t.Errorf("rollup holds %d messages, want 12005", n)
	}
	if n := one[int64](t, b, `SELECT messages FROM reports WHERE reporter_id = 'large'`); n != 12_000 {
		t.Errorf("the large report says %d messages", n)
	}
}

func TestFourWritersOnOneDomainDoNotDeadlock(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	done := make(chan error, 4)
	for w := range 4 {
		go func() {
			var files []report.File
			for i := range 60 {
				d := doc{org: "reporter.example", id: fmt.Sprintf("w%d-%d", w, i), domain: "example.org", begin: day}
				for n := range 20 {
					d.recs = append(d.recs, pass(fmt.Sprintf("192.0.2.%d", (n*7+w*11+i)%250+1), 1))
				}
				x := []byte(d.xml())
				files = append(files, report.File{Name: d.id, Content: bytes.NewReader(x), Size: int64(len(x))})
			}
			_, err := b.Import(context.Background(), b.org.ID, files)
			done <- err
		}()
	}
	for range 4 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != 4*60*20 {
		t.Errorf("%d messages counted, want %d", n, 4*60*20)
	}
}

func TestClassInSQLAgreesWithItsDefinition(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	senders := map[string]struct{ relayed, known bool }{
		`SELECT true AS own, false AS relay, '' AS review`:                          {known: true},
		`SELECT false AS own, false AS relay, 'authorised' AS review`:               {known: true},
		`SELECT true AS own, false AS relay, 'not_mine' AS review`:                  {},
		`SELECT false AS own, false AS relay, '' AS review`:                         {},
		`SELECT false AS own, true AS relay, '' AS review`:                          {relayed: true},
		`SELECT false AS own, true AS relay, 'not_mine' AS review`:                  {relayed: true},
		`SELECT false AS own, true AS relay, 'authorised' AS review`:                {known: true},
		`SELECT NULL::boolean AS own, NULL::boolean AS relay, NULL::text AS review`: {},
	}
	for dkim := report.ResultMissing; dkim <= report.ResultOther; dkim++ {
		for spf := report.ResultMissing; spf <= report.ResultOther; spf++ {
			for f := report.NotForwarded; f <= report.ReceiverSaysSo; f++ {
				for source, is := range senders {
					got := one[int](t, b, `SELECT `+report.ClassSQL+` FROM (SELECT $1::int AS dkim, $2::int AS spf, $3::int AS forwarding) t,
						(`+source+`) s`, int(dkim), int(spf), int(f))
					if want := report.ClassOf(dkim, spf, f, is.relayed, is.known); report.Class(got) != want {
						t.Errorf("dkim %d spf %d forwarding %d %s: SQL says %d, ClassOf %d", dkim, spf, f, source, got, want)
					}
				}
			}
		}
	}
}

func TestTheSameReportByTwoWaysAtOnceIsStoredOnceAndKnownOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	for n := range 10 {
		x := []byte(doc{org: "reporter.example", id: fmt.Sprint("r", n), domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 1)}}.xml())
		done := make(chan error, 4)
		for range 4 {
			go func() {
				_, err := b.Import(context.Background(), b.org.ID, []report.File{{Name: "r", Content: bytes.NewReader(x), Size: int64(len(x))}})
				done <- err
			}()
		}
		for range 4 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts WHERE verdict = 'accepted'`); n != 10 {
		t.Errorf("%d accepted, want one of each report", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts WHERE verdict = 'known'`); n != 30 {
		t.Errorf("%d known, want the other three of each", n)
	}
}

func TestDomainAddedWhileItsReportIsStoredReleasesIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	x := doc{org: "reporter.example", id: "r", domain: "example.net", begin: day, recs: []rec{pass("192.0.2.1", 7)}}.xml()
	mail := mailbox.Mail{Mailbox: uid.New[mailbox.Mailbox](), Generation: "1", ID: "1", State: mailfetch.Delivered, Size: int64(len(x)), Content: strings.NewReader(x)}
	added := make(chan error, 1)
	err := b.takeIn(t.Context(), []mailbox.Mail{mail}, func(context.Context, postgres.Tx, []mailfetch.MailID, []mailfetch.MailID) error {
		// The report is held, not yet committed: whoever adds its domain waits.
		go func() { added <- b.domains.Add(context.Background(), b.org, []fqdn.Name{"example.net"}) }()
		select {
		case err := <-added:
			t.Errorf("the domain was added meanwhile: %v", err)
		case <-time.After(100 * time.Millisecond):
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := <-added; err != nil {
		t.Fatal(err)
	}
	_ = b.Release(t.Context(), report.Release{Org: b.org.ID}) // asks to go on
	if got := strings.Join(b.verdicts(t), " "); got != "accepted" {
		t.Errorf("verdicts: %s", got)
	}
}

func TestCountsByMailboxAreThoseOfEachMailbox(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	for n := range 2 { // take makes a mailbox of its own each time
		d := doc{org: "reporter.example", id: fmt.Sprint(n), domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 1)}}
		b.take(t, d.xml(), d.xml())
	}
	all, err := b.CountsByMailbox(t.Context(), b.org.ID, now.AddDate(0, 0, -1))
	if err != nil || len(all) != 2 {
		t.Fatalf("%d mailboxes, %v", len(all), err)
	}
	for id, counts := range all {
		alone, err := b.MailboxCounts(t.Context(), b.org.ID, id, now.AddDate(0, 0, -1))
		if err != nil || counts[report.Accepted] != 1 || counts[report.Known] != 1 || len(counts) != len(alone) {
			t.Errorf("%v, of this mailbox alone %v, %v", counts, alone, err)
		}
	}
}
