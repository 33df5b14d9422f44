package report_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
)

// plan has the organization's plan count so many reports a month and keep them
// for so many days. It began before all reports of these tests.
func (b *bench) plan(t *testing.T, reports, days int) {
	t.Helper()
	b.admin(t, `UPDATE organizations SET created_at = '2026-10-01'`)
	b.Plans.Of = func(_ context.Context, _ postgres.Tx, _ postgres.TenantID, l billing.Limit) (billing.Allowance, error) {
		return map[billing.Limit]billing.Allowance{
			billing.Domains: {Max: 1}, billing.Seats: {Max: 1}, billing.Reports: {Max: reports}, billing.RetentionDays: {Unlimited: days == 0, Max: days},
		}[l], nil
	}
}

// of is a report about a day of November 2026.
func of(day int, id string) string {
	return doc{org: "reporter.example", id: id, domain: "example.org", begin: time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC), recs: []rec{pass("192.0.2.1", 1)}}.xml()
}

// counted lists the days that are stored, and then those of what is held, each
// with its reason.
func (b *bench) counted(t *testing.T) string {
	t.Helper()
	return one[string](t, b, `SELECT concat_ws(' | ', (SELECT string_agg(to_char(day, 'DD'), ' ' ORDER BY day) FROM reports),
		(SELECT string_agg(to_char(end_at, 'DD') || ' ' || reason, ', ' ORDER BY end_at) FROM receipt_items WHERE verdict = 'held'))`)
}

// usage is what counts and waits.
func (b *bench) usage(t *testing.T) report.Usage {
	t.Helper()
	u, err := b.Usage(t.Context(), b.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	return report.Usage{Counted: u.Counted, Held: u.Held}
}

// releasePlanHeld does the job until it says that nothing is left.
func (b *bench) releasePlanHeld(t *testing.T) {
	t.Helper()
	for range 50 {
		if err := b.ReleasePlanHeld(t.Context(), report.ReleasePlanHeld{Org: b.org.ID}); err == nil {
			return
		}
	}
	t.Fatal("the job does not come to an end")
}

func TestReportsOverThePlanAreHeld(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 2, 365)
	stored := b.take(t, of(10, "a"), of(12, "b"), of(11, "c"), ordinary, tlsDoc{id: "t", policies: []tlsPolicy{{"example.org", 1, 0}}}.json())
	if got := b.counted(t); got != "11 12 | 10 over_the_plan" {
		t.Error(got)
	}
	if fmt.Sprint(stored) != "[2 3 5]" { // the mail that is held is left alone
		t.Errorf("stored: %v", stored)
	}
	b.take(t, of(12, "b"), strings.Replace(of(12, "b"), "<count>1", "<count>2", 1), of(13, "d"))
	if got := b.counted(t); got != "11 12 | 10 over_the_plan, 13 over_the_plan" {
		t.Error(got)
	}
	if got := strings.Join(b.verdicts(t)[5:], " "); got != "known conflict held" {
		t.Errorf("what is stored already is not held: %s", got)
	}
	if got := b.usage(t); got != (report.Usage{Counted: 2, Held: 2}) {
		t.Errorf("usage: %+v", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipts r JOIN originals o USING (receipt_id) WHERE r.reason = 'over_the_plan'`); n != 2 {
		t.Errorf("%d originals are kept", n)
	}
}

func TestCopiesOfWhatWaitsAreCountedOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 1, 365)
	both := zipped(t, "a.xml", of(10, "a"), "b.xml", of(11, "b"))
	b.take(t, of(12, "c"))
	b.take(t, both, both, of(10, "a"))
	if got := b.usage(t); got != (report.Usage{Counted: 1, Held: 2}) {
		t.Errorf("usage: %+v", got)
	}
	b.plan(t, 2, 365)
	b.releasePlanHeld(t)
	if got := b.usage(t); got != (report.Usage{Counted: 2, Held: 1}) {
		t.Errorf("once one of them is stored: %+v", got)
	}
}

func TestWithoutPlansNothingIsCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, of(10, "a"), of(11, "b"))
	if n := one[int](t, b, `SELECT count(*) FROM billing_usage`); n != 0 || b.counted(t) != "10 11" {
		t.Errorf("%d months are counted, %s", n, b.counted(t))
	}
}

// connect makes a mailbox that was connected at a time.
func (b *bench) connect(t *testing.T, at time.Time) mailbox.ID {
	t.Helper()
	id := uid.New[mailbox.Mailbox]()
	b.admin(t, `INSERT INTO mailboxes (org_id, mailbox_id, protocol, host, port, security, username, secret, folder, after_import, state, created_at, connected_at)
		VALUES ($1, $2, 'imap', 'imap.example.org', 993, 'tls', 'u', '', 'INBOX', 'leave', 'polling', $3, $3)`, b.org.ID, id, at)
	return id
}

// from takes mails of a mailbox.
func (b *bench) from(t *testing.T, box mailbox.ID, contents ...string) {
	t.Helper()
	var mails []mailbox.Mail
	for i, c := range contents {
		mails = append(mails, mailbox.Mail{Mailbox: box, Generation: "1", ID: mailfetch.MailID(fmt.Sprint(i + 1)), State: mailfetch.Delivered,
			Received: now, Size: int64(len(c)), Content: strings.NewReader(c)})
	}
	if err := b.takeIn(t.Context(), mails, settle); err != nil {
		t.Fatal(err)
	}
}

func TestHistoryOfAMailboxIsNotOfThePlansNumber(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 1, 365)
	box := b.connect(t, time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC))
	b.from(t, box, of(10, "a"), of(11, "b"), of(12, "c"), of(14, "d"), of(15, "e"), of(16, "f"))
	if got := b.counted(t); got != "10 11 12 14 16 | 15 over_the_plan" {
		t.Error(got)
	}
	if got := b.usage(t); got.Counted != 1 {
		t.Errorf("usage: %+v", got)
	}
}

func TestHistoryStaysHistoryWhenItsDomainIsAddedLater(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.plan(t, 1, 365)
	b.from(t, b.connect(t, time.Date(2026, 11, 15, 12, 0, 0, 0, time.UTC)), of(10, "a"), of(11, "b"), of(16, "c"), of(17, "d"))
	if err := b.domains.Add(t.Context(), b.org, []fqdn.Name{"example.org"}); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		_ = b.Release(t.Context(), report.Release{Org: b.org.ID}) // until nothing is left
	}
	if got := b.counted(t); got != "10 11 17 | 16 over_the_plan" {
		t.Error(got)
	}
}

func TestUploadsCountFromWhenTheOrganizationBegan(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 1, 365)
	b.admin(t, `UPDATE organizations SET created_at = '2026-11-15'`)
	for _, day := range []int{10, 11, 16, 17} {
		b.upload(t, uid.New[report.Visit](), "a.xml", of(day, fmt.Sprint(day)))
	}
	if got := b.counted(t); got != "10 11 16 | 17 over_the_plan" {
		t.Error(got)
	}
}

func TestWhoStoresAtOnceNeverExceedsThePlan(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 7, 365)
	b.take(t, of(1, "first")) // the month's partition
	var together sync.WaitGroup
	for n := range 6 {
		box := uid.New[mailbox.Mailbox]()
		together.Go(func() {
			b.from(t, box, of(2, fmt.Sprint(n, "a")), of(3, fmt.Sprint(n, "b")), of(4, "of all"))
		})
	}
	together.Wait()
	reports := one[int](t, b, `SELECT count(*) FROM reports`)
	held := one[int](t, b, `SELECT count(DISTINCT (label, receipt_id)) FROM receipt_items WHERE verdict = 'held'`)
	if u := b.usage(t); reports != 7 || u.Counted != 7 || u.Held != held || held < 7 {
		t.Errorf("%d reports, %d held, usage %+v", reports, held, u)
	}
}

func TestLargerPlanReleasesTheNewestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 1, 365)
	b.take(t, of(5, "a"))
	b.take(t, of(9, "b"), zipped(t, "a.xml", of(12, "c"), "b.xml", of(7, "d")), of(8, "e"))
	if got := b.counted(t); got != "05 | 07 over_the_plan, 08 over_the_plan, 09 over_the_plan, 12 over_the_plan" {
		t.Fatal(got)
	}
	b.plan(t, 3, 365)
	b.queue.jobs = nil
	if err := b.db.InOrg(t.Context(), b.org.ID, func(ctx context.Context, tx postgres.Tx) error { return b.PlanGrown(ctx, tx, b.org.ID) }); err != nil || len(b.queue.jobs) != 1 {
		t.Fatal(b.queue.jobs, err)
	}
	b.releasePlanHeld(t)
	if got := b.counted(t); got != "05 09 12 | 07 over_the_plan, 08 over_the_plan" {
		t.Error(got)
	}
	b.plan(t, 100, 365)
	b.releasePlanHeld(t)
	if got, u := b.counted(t), b.usage(t); got != "05 07 08 09 12" || u != (report.Usage{Counted: 5}) {
		t.Errorf("%s, usage %+v", got, u)
	}
	if got := strings.Join(b.verdicts(t), " "); got != "accepted accepted accepted accepted" {
		t.Error(got)
	}
	if got := b.differences(t); got != "" {
		t.Error(got)
	}
}

func TestNewMonthReleasesWhatWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	at := now
	b.Now = func() time.Time { return at }
	b.plan(t, 1, 365)
	b.take(t, of(5, "a"))
	b.take(t, of(6, "b"), of(7, "c"))
	find := func() int {
		b.queue.jobs = nil
		if err := b.FindPlanHeld(t.Context(), report.FindPlanHeld{}); err != nil {
			t.Fatal(err)
		}
		return len(b.queue.jobs)
	}
	if n := find(); n != 0 {
		t.Errorf("%d jobs, and the month's number is reached", n)
	}
	at = time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	if n := find(); n != 1 {
		t.Errorf("%d jobs in the new month", n)
	}
	b.releasePlanHeld(t)
	if got, u := b.counted(t), b.usage(t); got != "05 07 | 06 over_the_plan" || u != (report.Usage{Counted: 1, Held: 1}) {
		t.Errorf("%s, usage %+v", got, u)
	}
}

func TestWhatThePlanWouldRemoveAtOnceWaitsForALargerOne(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 0, 14)
	b.take(t, of(4, "a"), of(8, "b"))
	b.plan(t, 10, 14) // the 20th is today
	b.releasePlanHeld(t)
	if got := b.counted(t); got != "08 | 04 over_the_plan" {
		t.Error(got)
	}
	b.plan(t, 10, 365)
	b.releasePlanHeld(t)
	if got := b.counted(t); got != "04 08" {
		t.Error(got)
	}
}

func TestWithoutPlansAllIsReleased(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.com")
	b.plan(t, 0, 30)
	b.admin(t, `UPDATE domains SET set_aside_at = now() WHERE name = 'example.com'`)
	b.take(t, of(4, "a"), strings.ReplaceAll(of(5, "b"), "example.org", "example.com"))
	if got := b.counted(t); got != "04 over_the_plan, 05 domain_set_aside" {
		t.Fatal(got)
	}
	b.Plans.Of = nil
	b.queue.jobs = nil
	if err := b.FindPlanHeld(t.Context(), report.FindPlanHeld{}); err != nil || len(b.queue.jobs) != 1 {
		t.Fatal(b.queue.jobs, err)
	}
	b.releasePlanHeld(t)
	if got := b.counted(t); got != "04 05" {
		t.Error(got)
	}
}

func TestWhatIsHeldForThePlanIsKeptAsLongAsThePlanKeepsReports(t *testing.T) {
	t.Parallel()
	type step struct{ day, left int }
	for days, steps := range map[int][]step{ // 0 is for ever
		0: {{90, 2}, {91, 1}, {2000, 1}}, 30: {{90, 2}, {91, 0}}, 365: {{90, 2}, {91, 1}, {365, 1}, {366, 0}},
	} {
		b := newBench(t, "example.org")
		at := now
		b.Now = func() time.Time { return at }
		b.plan(t, 0, days)
		b.take(t, of(4, "a"), strings.ReplaceAll(of(5, "b"), "example.org", "example.com"))
		for _, s := range steps {
			at = now.AddDate(0, 0, s.day)
			if err := b.ExpireOriginals(t.Context(), report.ExpireOriginals{}); err != nil {
				t.Fatal(err)
			}
			if n := one[int](t, b, `SELECT count(*) FROM originals`); n != s.left {
				t.Errorf("reports are kept for %d days: after %d days %d originals are left, want %d", days, s.day, n, s.left)
			}
		}
	}
}

func TestWhatIsHeldForThePlanHasABoundOfItsOwn(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 0, 30)
	b.hold(t, 149_999, 1) // more than may wait for other reasons
	b.admin(t, `UPDATE receipts SET reason = 'over_the_plan'`)
	b.take(t, of(4, "a"), of(5, "b"), strings.ReplaceAll(of(6, "c"), "example.org", "example.com"))
	got := one[string](t, b, `SELECT string_agg(r.verdict || ' ' || r.reason || CASE WHEN o.receipt_id IS NULL THEN '' ELSE ' kept' END, ', ' ORDER BY r.receipt_id)
		FROM receipts r LEFT JOIN originals o USING (org_id, receipt_id) WHERE r.receipt_id > 149999`)
	if got != "held over_the_plan kept, refused too_many_over_the_plan, held domain_not_watched kept" {
		t.Error(got)
	}
}

// largeOf is a report that is read while it is written.
func largeOf(day int, id, tail string) string {
	d := doc{org: "reporter.example", id: id, domain: "example.org", begin: time.Date(2026, 11, day, 0, 0, 0, 0, time.UTC), tail: tail}
	for n := range 6000 {
		d.recs = append(d.recs, pass(fmt.Sprintf("192.0.%d.%d", n/250, n%250), 1))
	}
	return d.xml()
}

func TestLargeReportsCountAsOthers(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.plan(t, 1, 365)
	b.take(t, largeOf(4, "cut", "<record><row>")) // refused at its end
	if u := b.usage(t); u.Counted != 0 {
		t.Errorf("a refused report is counted: %+v", u)
	}
	b.take(t, largeOf(5, "a", ""))
	b.take(t, zipped(t, "a.xml", largeOf(6, "b", ""), "b.xml", largeOf(6, "b", "")))
	if got, u := b.counted(t), b.usage(t); got != "05 | 06 over_the_plan, 06 over_the_plan" || u.Counted != 1 {
		t.Errorf("%s, usage %+v", got, u)
	}
	b.take(t, largeOf(5, "a", ""))
	if v := b.verdicts(t); v[len(v)-1] != "known" {
		t.Errorf("a copy of what is stored: %v", v)
	}
	b.plan(t, 5, 365)
	b.releasePlanHeld(t)
	if got, u := b.counted(t), b.usage(t); got != "05 06" || u.Counted != 2 {
		t.Errorf("%s, usage %+v", got, u)
	}
	if got := b.differences(t); got != "" {
		t.Error(got)
	}
}

func TestReportsOfADomainThatIsSetAsideWaitForIt(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "sub.example.org")
	b.plan(t, 100, 365)
	b.domains.Limits = b.Plans
	tls := func(id string) string { return tlsDoc{id: id, policies: []tlsPolicy{{"example.org", 3, 0}}}.json() }
	b.take(t, of(4, "a"), tls("t"))
	setAside := func(keep fqdn.Name) {
		if err := b.domains.Choose(t.Context(), b.org, []fqdn.Name{keep}); err != nil {
			t.Fatal(err)
		}
	}
	b.admin(t, `UPDATE domains SET set_aside_at = now() WHERE name = 'sub.example.org'`)
	setAside("sub.example.org")
	b.take(t, of(4, "a"), of(5, "b"), tls("t"), tls("u"))
	if got := b.counted(t); got != "04 | 05 domain_set_aside, 10 domain_set_aside" {
		t.Error(got)
	}
	if got := strings.Join(b.verdicts(t), " "); got != "accepted accepted known held known held" {
		t.Errorf("what is stored stays: %s", got)
	}
	if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{}); err != nil || b.counted(t) != "04 | 05 domain_set_aside, 10 domain_set_aside" {
		t.Errorf("read again: %s, %v", b.counted(t), err)
	}
	if sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(now, 28)); err != nil || len(sum.Suggestions) != 0 || sum.Domains[0].Total() != 1 {
		t.Errorf("its numbers: %+v, %v", sum.Domains[0], err)
	}
	setAside("example.org")
	for range 3 {
		_ = b.Release(t.Context(), report.Release{Org: b.org.ID}) // until nothing is left
	}
	if got := b.counted(t); got != "04 05" || b.usage(t).Counted != 2 {
		t.Errorf("%s, usage %+v", got, b.usage(t))
	}
	if n := one[int](t, b, `SELECT sum(successful)::int FROM tls_policies`); n != 6 {
		t.Errorf("%d sessions", n)
	}
}
