package report_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/tlsreport"
)

// tlsPolicy is one entry of a made TLS report.
type tlsPolicy struct {
	domain     string // "" = none is named
	ok, failed int
}

// tlsDoc is a made TLS report.
type tlsDoc struct {
	id, begin string
	policies  []tlsPolicy
}

func (d tlsDoc) json() string {
	begin := or(d.begin, "2026-11-10")
	var entries []string
	for _, p := range d.policies {
		domain := ""
		if p.domain != "" {
			domain = fmt.Sprintf(`,"policy-domain":%q`, p.domain)
		}
		// The details overlap: two of them for each failed session.
		entries = append(entries, fmt.Sprintf(`{"policy":{"policy-type":"sts","policy-string":["version: STSv1","mode: enforce"],"mx-host":["mx.example.org"]%s},`+
			`"summary":{"total-successful-session-count":%d,"total-failure-session-count":%d},"failure-details":[`+
			`{"result-type":"certificate-expired","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"mx.example.org","failed-session-count":%[3]d},`+
			`{"result-type":"validation-failure","sending-mta-ip":"192.0.2.1","receiving-mx-hostname":"mx.example.org","failed-session-count":%[3]d}]}`,
			domain, p.ok, p.failed))
	}
	return fmt.Sprintf(`{"organization-name":"Receiver","date-range":{"start-datetime":"%sT00:00:00Z","end-datetime":"%[1]sT23:59:59Z"},`+
		`"contact-info":"tls@mail.receiver.example","report-id":%q,"policies":[%s]}`, begin, d.id, strings.Join(entries, ","))
}

// tlsMail is the mail of a TLS report that names a domain in its header.
func tlsMail(domain, doc string) string {
	return "From: tls@receiver.example\r\nTLS-Report-Domain: " + domain + "\r\nTLS-Report-Submitter: receiver.example\r\nMIME-Version: 1.0\r\n" +
		"Content-Type: multipart/report; report-type=tlsrpt; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nA report.\r\n" +
		"--b\r\nContent-Type: application/tlsrpt+json\r\n\r\n" + doc + "\r\n--b--\r\n"
}

// itemsOf is what became of every report, as one line.
func (b *bench) itemsOf(t *testing.T) string {
	t.Helper()
	return one[string](t, b, `SELECT coalesce(string_agg(kind || ' ' || verdict || coalesce(' ' || reason, '') || coalesce(' ' || domain, ''), ', '
		ORDER BY receipt_id, seq), '') FROM receipt_lines`)
}

func (b *bench) sessions(t *testing.T, name string) string {
	t.Helper()
	return one[string](t, b, `SELECT coalesce(sum(p.successful), 0) || '/' || coalesce(sum(p.failed), 0) FROM tls_policies p
		JOIN domains d USING (org_id, domain_id) WHERE d.name = $1`, name)
}

func TestTLSReportIsStoredOnceWithTheTotalsOfItsSummary(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	d := tlsDoc{id: "t-1", policies: []tlsPolicy{{"mail.example.org", 7, 2}}}
	other := tlsDoc{id: "t-1", policies: []tlsPolicy{{"mail.example.org", 8, 2}}}
	b.take(t, d.json(), tlsMail("example.org", d.json()), other.json())
	if got, want := b.itemsOf(t), "tls accepted mail.example.org, tls known mail.example.org, tls conflict other_content_under_same_key mail.example.org"; got != want {
		t.Errorf("items: %s", got)
	}
	if got := b.sessions(t, "example.org"); got != "7/2" {
		t.Errorf("sessions %s, want those of the first", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM tls_failures`); n != 2 {
		t.Errorf("%d failure details", n)
	}
	if n := one[int](t, b, `SELECT count(DISTINCT r.receipt_id) FROM originals o JOIN receipts r USING (org_id, receipt_id)`); n != 2 {
		t.Errorf("%d originals, want the first and the conflict", n)
	}
	for _, table := range []string{"reports", "records", "messages_by_receiver"} {
		if n := one[int](t, b, `SELECT count(*) FROM `+table); n != 0 {
			t.Errorf("%d rows in %s", n, table)
		}
	}
}

func TestTLSReportBelongsToTheDomainsItIsAbout(t *testing.T) {
	t.Parallel()
	nobody := tlsDoc{id: "n", policies: []tlsPolicy{{"", 3, 1}}}
	for name, c := range map[string]struct{ content, items, sessions string }{
		"the domain itself":          {tlsDoc{policies: []tlsPolicy{{"example.org", 5, 0}}, id: "a"}.json(), "tls accepted example.org", "5/0"},
		"one below it":               {tlsDoc{policies: []tlsPolicy{{"a.b.example.org", 5, 0}}, id: "a"}.json(), "tls accepted a.b.example.org", "5/0"},
		"a look-alike":               {tlsDoc{policies: []tlsPolicy{{"notexample.org", 5, 0}}, id: "a"}.json(), "tls held domain_not_watched notexample.org", "0/0"},
		"another's":                  {tlsDoc{policies: []tlsPolicy{{"example.com", 5, 0}, {"example.net", 1, 0}}, id: "a"}.json(), "tls held domain_not_watched example.com, tls held domain_not_watched example.net", "0/0"},
		"ours and another's":         {tlsDoc{policies: []tlsPolicy{{"example.com", 5, 0}, {"example.org", 2, 1}}, id: "a"}.json(), "tls accepted example.com", "2/1"},
		"no domain, none in mail":    {nobody.json(), "tls held domain_not_named", "0/0"},
		"no domain, named by mail":   {tlsMail("example.org", nobody.json()), "tls repaired policy_domain_missing example.org", "3/1"},
		"no domain, another by mail": {tlsMail("example.com", nobody.json()), "tls held domain_not_watched example.com", "0/0"},
		"a period before 2000":       {tlsDoc{policies: []tlsPolicy{{"example.org", 5, 0}}, id: "a", begin: "1999-12-30"}.json(), "tls held day_out_of_range example.org", "0/0"},
		"a period next week":         {tlsDoc{policies: []tlsPolicy{{"example.org", 5, 0}}, id: "a", begin: "2026-11-27"}.json(), "tls held day_out_of_range example.org", "0/0"},
	} {
		b := newBench(t, "example.org")
		b.take(t, c.content)
		if got := b.itemsOf(t); got != c.items {
			t.Errorf("%s: %s, want %s", name, got, c.items)
		}
		if got := b.sessions(t, "example.org"); got != c.sessions {
			t.Errorf("%s: sessions %s, want %s", name, got, c.sessions)
		}
		if n := one[int](t, b, `SELECT count(*) FROM originals`); n != 1 {
			t.Errorf("%s: %d originals", name, n)
		}
	}
}

func TestTLSReportCountsOnceItsDomainIsAdded(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t,
		tlsDoc{id: "held", policies: []tlsPolicy{{"example.com", 5, 0}, {"example.net", 1, 1}}}.json(),
		tlsDoc{id: "mixed", policies: []tlsPolicy{{"example.org", 2, 0}, {"deep.example.net", 10, 3}, {"notexample.net", 100, 0}}}.json())
	add := func(name fqdn.Name) {
		if err := b.domains.Add(t.Context(), b.org, []fqdn.Name{name}); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_ = b.Release(t.Context(), report.Release{Org: b.org.ID}) // asks to go on until nothing is left
		}
	}
	add("example.net")
	if got, want := b.itemsOf(t), "tls accepted example.com, tls accepted example.org"; got != want {
		t.Errorf("items: %s", got)
	}
	if got := b.sessions(t, "example.net"); got != "11/4" {
		t.Errorf("example.net has %s, want both reports", got)
	}
	add("example.com")
	if got := b.sessions(t, "example.com"); got != "5/0" {
		t.Errorf("example.com has %s", got)
	}
	if got := b.sessions(t, "example.org"); got != "2/0" {
		t.Errorf("example.org has %s", got)
	}
}

func TestTLSReportReadAgainIsNoSecondCopy(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	both := zipped(t, "a.json", tlsDoc{id: "z", policies: []tlsPolicy{{"example.com", 5, 0}}}.json(),
		"b.json", tlsDoc{id: "y", policies: []tlsPolicy{{"example.org", 1, 0}}}.json())
	b.take(t, both)
	if err := b.domains.Add(t.Context(), b.org, []fqdn.Name{"example.com"}); err != nil {
		t.Fatal(err)
	}
	_ = b.Release(t.Context(), report.Release{Org: b.org.ID}) // asks to go on until nothing is left
	if got := b.itemsOf(t); got != "tls accepted example.com, tls accepted example.org" {
		t.Errorf("items: %s", got)
	}
}

func TestTLSReportsOfTwoOnesMeetOnlyByTheirWholeKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	d := tlsDoc{id: "same", policies: []tlsPolicy{{"example.org", 1, 0}}}
	otherDay, otherDomain, otherReporter := d, d, strings.Replace(d.json(), "Receiver", "Another", 1)
	otherDay.begin = now.Add(-48 * time.Hour).Format(time.DateOnly)
	otherDomain.policies = []tlsPolicy{{"example.net", 1, 0}}
	b.take(t, d.json(), otherDay.json(), otherDomain.json(), otherReporter)
	if got := strings.Join(b.verdicts(t), " "); got != "accepted accepted accepted accepted" {
		t.Errorf("verdicts: %s", got)
	}
}

func TestScanFindsTheDomainsOfTLSReports(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	doc := tlsDoc{id: "s", policies: []tlsPolicy{{"example.org", 5, 1}}}.json()
	found, err := b.Survey(t.Context(), strings.NewReader(doc), int64(len(doc)))
	if err != nil || len(found) != 1 || found[0] != (mailbox.Found{Name: "example.org", Reports: 1}) {
		t.Errorf("%+v, %v", found, err)
	}
	if found, err = b.Survey(t.Context(), strings.NewReader(failureReport), int64(len(failureReport))); err != nil || len(found) != 0 {
		t.Errorf("of a failure report: %+v, %v", found, err)
	}
}

// tlsSums is what the pages say about TLS: sessions that count, those left
// out, and reports listed.
func (b *bench) tlsSums(t *testing.T) string {
	t.Helper()
	tls := &tlsreport.Service{DB: b.db.DB}
	f := tlsreport.Filter{From: now.AddDate(0, 0, -28), To: now}
	sum, err := tls.Summarise(t.Context(), b.org.ID, f)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := tls.Reports(t.Context(), b.org.ID, tlsreport.Query{Filter: f, Limit: 9})
	if err != nil {
		t.Fatal(err)
	}
	var failures int64
	for _, r := range sum.Results {
		failures += r.Sessions
	}
	marked := 0
	for _, l := range lines {
		if l.Trust == tlsreport.Unvouched {
			marked++
		}
	}
	return fmt.Sprintf("%d sessions, %d failures, %d hosts, %d policies; left out %d of %d; listed %d of %d, marked %d", sum.Sessions().Total(), failures,
		len(sum.Senders)+len(sum.Receivers), len(sum.Policies), sum.Doubted.Total(), sum.Doubted.Reports, len(lines), sum.Reports, marked)
}

// A forged TLS report is to be ignored (RFC 8460 section 3).
func TestTLSReportThatNobodyVouchesForIsListedAndNotCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed by the receiver", "receiver.example"}
	honest := tlsDoc{id: "true", policies: []tlsPolicy{{"example.org", 90, 10}}}.json()
	forged := tlsDoc{id: "forged", policies: []tlsPolicy{{"example.org", 0, 5000}}}.json()
	b.take(t, tlsMail("example.org", forged))
	if got, want := b.tlsSums(t), "0 sessions, 0 failures, 0 hosts, 0 policies; left out 5000 of 1; listed 1 of 1, marked 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	b.take(t, "X-Signature: signed by the receiver\r\n"+tlsMail("example.org", honest))
	if got, want := b.tlsSums(t), "100 sessions, 20 failures, 2 hosts, 1 policies; left out 5000 of 1; listed 2 of 2, marked 1"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	b.take(t, "X-Signature: signed by the receiver\r\n"+tlsMail("example.org", forged)) // it was true after all
	if got, want := b.tlsSums(t), "5100 sessions, 10020 failures, 2 hosts, 1 policies; left out 0 of 0; listed 2 of 2, marked 0"; got != want {
		t.Errorf("after a copy that is vouched for: %s, want %s", got, want)
	}
	b.take(t, tlsMail("example.org", honest)) // a doubted copy takes nothing away
	if got := one[int](t, b, `SELECT count(*) FROM tls_reports WHERE trust = 1`); got != 2 {
		t.Errorf("%d reports are vouched for", got)
	}
}

func TestTLSReportOfAnInstallationWithoutChecksCounts(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, tlsMail("example.org", tlsDoc{id: "a", policies: []tlsPolicy{{"example.org", 5, 0}}}.json()))
	if got, want := b.tlsSums(t), "5 sessions, 0 failures, 2 hosts, 1 policies; left out 0 of 0; listed 1 of 1, marked 0"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

// A newer reader may see more in a report, and so have another digest for it.
func TestTLSReportThatANewerReaderReadsOtherwiseIsNotInConflictWithItself(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	first := tlsDoc{id: "a", policies: []tlsPolicy{{"example.org", 5, 1}}}
	other := first
	other.policies = []tlsPolicy{{"example.org", 6, 1}}
	b.take(t, zipped(t, "a.json", first.json(), "b.json", other.json()), other.json())
	before := b.itemsOf(t)
	const conflict = ", tls conflict other_content_under_same_key example.org"
	if want := "tls accepted example.org" + conflict + conflict; before != want {
		t.Fatalf("items: %s, want %s", before, want)
	}
	b.admin(t, `UPDATE tls_reports SET content_digest = sha256('an older reader')`)
	if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{Since: now.Add(-time.Hour)}); err != nil {
		t.Fatal(err)
	}
	if got := b.itemsOf(t); got != before {
		t.Errorf("items: %s, want %s", got, before)
	}
	if got := b.sessions(t, "example.org"); got != "5/1" {
		t.Errorf("sessions %s", got)
	}
}

func TestSameTLSReportsImportedInOtherOrdersAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	const files, writers = 200, 4
	docs := make([]string, files)
	for i := range docs {
		docs[i] = tlsDoc{id: fmt.Sprint(i), policies: []tlsPolicy{{"example.org", 1, 0}}}.json()
	}
	done := make(chan error, writers)
	for w := range writers {
		var list []report.File
		for i := range docs {
			d := docs[i*[writers]int{1, 3, 7, 199}[w]%files] // none shares a factor with files: each comes once
			list = append(list, report.File{Name: "tls.json", Content: strings.NewReader(d), Size: int64(len(d))})
		}
		go func() {
			_, err := b.Import(context.Background(), b.org.ID, list)
			done <- err
		}()
	}
	for range writers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got, want := b.sessions(t, "example.org"), fmt.Sprint(files, "/0"); got != want {
		t.Errorf("sessions %s, want %s", got, want)
	}
	if got := one[string](t, b, `SELECT string_agg(verdict || ' ' || n, ', ' ORDER BY verdict) FROM (SELECT verdict, count(*) AS n FROM receipts GROUP BY verdict) v`); got != fmt.Sprintf("accepted %d, known %d", files, files*(writers-1)) {
		t.Errorf("verdicts: %s", got)
	}
}

// What is read for one transaction is held together, so that it is bounded
// over all its mails.
func TestLargeTLSReportsOfManyMailsDoNotShareATransaction(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	var mails []mailbox.Mail
	for i := range 6 {
		c := tlsDoc{id: fmt.Sprint(i), policies: []tlsPolicy{{"example.org", 1, 0}}}.json() + strings.Repeat(" ", 300<<10)
		mails = append(mails, mailbox.Mail{Generation: "1", ID: mailfetch.MailID(fmt.Sprint(i + 1)),
			State: mailfetch.Delivered, Received: now, Size: int64(len(c)), Content: strings.NewReader(c)})
	}
	var settled []int
	err := b.takeIn(t.Context(), mails, func(_ context.Context, _ postgres.Tx, ids, _ []mailfetch.MailID) error {
		settled = append(settled, len(ids))
		return nil
	})
	if err != nil || fmt.Sprint(settled) != "[2 2 2]" {
		t.Errorf("%v, settled in each transaction: %v", err, settled)
	}
}

func TestVouchedTLSReportTakesThePlaceOfADoubtedOneUnderItsKey(t *testing.T) {
	t.Parallel()
	honest := "X-Signature: signed by the receiver\r\n" + tlsMail("example.org", tlsDoc{id: "a", policies: []tlsPolicy{{"example.org", 90, 10}}}.json())
	forged := tlsMail("example.org", tlsDoc{id: "a", policies: []tlsPolicy{{"example.org", 0, 5000}}}.json())
	for name, together := range map[string]bool{"in one transaction": true, "one after the other": false} {
		b := newBench(t, "example.org")
		b.Mails = signedBy{"signed by the receiver", "receiver.example"}
		if together {
			b.take(t, forged, honest)
		} else {
			b.take(t, forged)
			b.take(t, honest)
		}
		b.take(t, forged+"\n") // and not the other way round
		if got, want := b.tlsSums(t), "100 sessions, 20 failures, 2 hosts, 1 policies; left out 0 of 0; listed 1 of 1, marked 0"; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		const first, last = "tls replaced replaced_by_authenticated example.org", "tls replaced replaced_by_authenticated example.org"
		if got, want := b.itemsOf(t), first+", tls accepted example.org, "+last; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
		if got := strings.Join(b.verdicts(t), " "); got != "replaced accepted replaced" {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTLSReportThatIsReplacedMeanwhileIsMetAsItsSuccessor(t *testing.T) {
	t.Parallel()
	const rounds, writers = 20, 4
	v := versions()["TLS reports"]
	b := newBench(t, "example.org")
	for round := range rounds {
		mail := func(i int) string {
			return strings.ReplaceAll(v[i], `"report-id":"c"`, fmt.Sprintf(`"report-id":"c%d"`, round))
		}
		b.take(t, mail(0), mail(1))
		id := one[report.ReceiptID](t, b, `SELECT max(receipt_id) FROM receipts`)
		done := make(chan error, writers)
		for n := range writers {
			go func() {
				c := mail(2) + strings.Repeat("\r\n", n)
				_, err := b.Import(context.Background(), b.org.ID, []report.File{{Name: "c.eml", Content: strings.NewReader(c), Size: int64(len(c))}})
				done <- err
			}()
		}
		if err := b.Choose(t.Context(), b.org, id, 0, report.Replace); err != nil {
			t.Error(err)
		}
		for range writers {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	}
	if n := one[int](t, b, `SELECT count(*) FROM tls_reports`); n != rounds {
		t.Errorf("%d reports, want %d", n, rounds)
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipt_items i WHERE NOT EXISTS (SELECT FROM tls_reports r WHERE r.tls_report_id = i.report_id)`); n != 0 {
		t.Errorf("%d lines name a report that is gone", n)
	}
}
