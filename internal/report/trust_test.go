package report_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/report"
)

// signedBy believes mails that hold a word, as if a domain had signed them.
type signedBy struct{ word, domain string }

// Check implements report.Authenticator.
func (s signedBy) Check(_ context.Context, mail io.ReaderAt, size int64, _ string) *mailauth.Verdict {
	content, err := io.ReadAll(io.NewSectionReader(mail, 0, size))
	if err != nil || !strings.Contains(string(content), s.word) {
		return &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.None}
	}
	return &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.Pass, Domain: fqdn.Name(s.domain)}
}

// mailOf is a report mail, signed or not.
func mailOf(d doc, signature string) string {
	return "From: dmarc@" + d.org + "\r\nSubject: Report Domain: " + d.domain + " Submitter: " + d.org + "\r\nX-Signature: " + signature +
		"\r\nContent-Type: text/xml; name=\"" + d.org + "!" + d.domain + "!1!2.xml\"\r\n\r\n" + d.xml()
}

// week are good reports of eight days, so that there is something to advise on.
func week(orgName string, recs ...rec) (docs []doc) {
	for n := range 8 {
		docs = append(docs, doc{org: orgName, id: fmt.Sprint("w", n), domain: "example.org", begin: day.AddDate(0, 0, n), recs: recs})
	}
	return docs
}

func (b *bench) assess(t *testing.T) (report.Assessment, report.Summary) {
	t.Helper()
	sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(now, 28))
	if err != nil {
		t.Fatal(err)
	}
	return sum.Assess(sum.Domains[0].ID), sum
}

func TestReportsThatNobodyVouchesForAreShownAndChangeNoAdvice(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "reporter.example"}
	for _, d := range week("reporter.example", pass("192.0.2.1", 50)) {
		b.take(t, mailOf(d, "signed"))
	}
	before, _ := b.assess(t)
	if before.Standing != report.OneReceiver {
		t.Fatalf("standing %d before", before.Standing)
	}
	// A forger claims that an address of the owner fails, that another one is
	// the owner's too, and that the policy is another one.
	for _, d := range week("reporter.example", fail("192.0.2.1", 10_000), pass("203.0.113.9", 5), fail("203.0.113.9", 500)) {
		d.id = "forged" + d.id
		b.take(t, strings.Replace(mailOf(d, ""), "<p>none</p>", "<p>reject</p>", 1))
	}
	after, sum := b.assess(t)
	if after.Standing != report.OneReceiver || len(sum.Blockers()) != 0 || after.On.Total() != 400 || after.On.Policy != "none" {
		t.Errorf("standing %d, blockers %v, on %d messages under p=%s", after.Standing, sum.Blockers(), after.On.Total(), after.On.Policy)
	}
	if got := sum.Domains[0].Total(); got != 400+8*10_505 || sum.Doubted != 8*10_505 {
		t.Errorf("%d messages shown, %d doubted", got, sum.Doubted)
	}
	doubted := report.LastDays(now, 28)
	doubted.Doubted = true
	lines, total, _, err := b.Reports(t.Context(), b.org.ID, report.Query{Filter: doubted, Limit: 5})
	if err != nil || total != 8 || len(lines) != 5 || lines[0].Trust != report.Unvouched {
		t.Errorf("%d reports are listed as doubted, %+v, %v", total, lines, err)
	}
	if got := one[string](t, b, `SELECT string_agg(DISTINCT coalesce(auth_method, '-') || ' ' || auth_result || ' ' || coalesce(auth_domain, '-'), ', ') FROM receipts`); got != "dkim none -, dkim pass reporter.example" {
		t.Errorf("receipts say %s", got)
	}
	if one[bool](t, b, `SELECT own FROM sources WHERE source_ip = '203.0.113.9'`) {
		t.Error("a forged pass made a stranger's address the owner's")
	}
}

func TestOrdinaryMailIsNotAuthenticated(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"private", "friend.example"}
	b.take(t, "From: friend@friend.example\r\nSubject: private\r\n\r\nhello\r\n")
	if n := one[int](t, b, `SELECT count(*) FROM receipts WHERE auth_method IS NULL AND auth_domain IS NULL`); n != 1 {
		t.Errorf("%d receipts without a word about the sender", n)
	}
}

func TestWithoutChecksNothingIsDoubted(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	for _, d := range week("reporter.example", pass("192.0.2.1", 50)) {
		b.take(t, mailOf(d, ""))
	}
	if as, sum := b.assess(t); as.Standing != report.OneReceiver || sum.Doubted != 0 {
		t.Errorf("standing %d, %d doubted", as.Standing, sum.Doubted)
	}
}

func TestAVouchedCopyVouchesForWhatIsStored(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "reporter.example"}
	d := doc{org: "reporter.example", id: "r", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 7), fail("192.0.2.2", 3)}}
	b.take(t, mailOf(d, ""))
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver WHERE trust = 2`); n != 10 {
		t.Fatalf("%d messages doubted at first", n)
	}
	b.take(t, mailOf(d, "signed"))
	if got := one[string](t, b, `SELECT string_agg(trust || ':' || messages, ' ' ORDER BY messages) FROM messages_by_receiver`); got != "1:3 1:7" {
		t.Errorf("rollup %s", got)
	}
	if got := strings.Join(b.verdicts(t), " "); got != "accepted known" {
		t.Errorf("verdicts %s", got)
	}
	if !one[bool](t, b, `SELECT trust = 1 FROM reports`) {
		t.Error("the report itself is still doubted")
	}
}

// forged and true are two reports under one key.
func twoVersions() (forged, honest doc) {
	forged = doc{org: "reporter.example", id: "r", domain: "example.org", begin: day, recs: []rec{pass("203.0.113.9", 900)}}
	honest = doc{org: "reporter.example", id: "r", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 7), fail("192.0.2.2", 3)}}
	return forged, honest
}

func TestAVouchedReportTakesThePlaceOfADoubtedOneUnderItsKey(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "reporter.example"}
	forged, honest := twoVersions()
	b.take(t, mailOf(forged, ""))
	b.take(t, mailOf(honest, "signed"))
	if got := strings.Join(b.verdicts(t), " "); got != "replaced accepted" {
		t.Errorf("verdicts %s", got)
	}
	b.wantTotals(t, 10)
	b.take(t, mailOf(forged, "")+"\n") // and not the other way round
	b.wantTotals(t, 10)
	if got := one[string](t, b, `SELECT string_agg(coalesce(reason, '-'), ' ' ORDER BY receipt_id) FROM receipts`); got != "replaced_by_authenticated - replaced_by_authenticated" {
		t.Errorf("reasons %s", got)
	}
}

// wantTotals checks that all places that count messages agree.
func (b *bench) wantTotals(t *testing.T, want int64) {
	t.Helper()
	for _, from := range []string{"records", "reports", "messages_by_receiver"} {
		if n := one[int64](t, b, `SELECT coalesce(sum(messages), 0)::bigint FROM `+from); n != want {
			t.Errorf("%s hold %d messages, want %d", from, n, want)
		}
	}
	if n := one[int](t, b, `SELECT count(*) FROM messages_by_receiver WHERE messages <= 0`); n != 0 {
		t.Errorf("%d rollup rows without messages", n)
	}
}

func TestTheOwnerChoosesWhichOfTwoReportsCounts(t *testing.T) {
	t.Parallel()
	first, second := twoVersions()
	for name, large := range map[string]int{"small": 0, "larger than memory holds": 6000} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "example.org")
			second := second
			for n := range large {
				second.recs = append(second.recs, pass(fmt.Sprintf("198.51.%d.%d", n>>8, n&255), 1))
			}
			other := int64(10 + large)
			b.take(t, mailOf(first, ""), mailOf(second, ""))
			if got := strings.Join(b.verdicts(t), " "); got != "accepted conflict" {
				t.Fatalf("verdicts %s", got)
			}
			b.wantTotals(t, 900)
			choose := func(receipt int, choice report.Choice, want int64, verdicts string) {
				t.Helper()
				id := report.ReceiptID(one[int64](t, b, `SELECT receipt_id FROM receipts ORDER BY receipt_id OFFSET $1 LIMIT 1`, receipt))
				if err := b.Choose(t.Context(), b.org, id, 0, choice); err != nil {
					t.Fatal(err)
				}
				b.wantTotals(t, want)
				if got := strings.Join(b.verdicts(t), " "); got != verdicts {
					t.Errorf("verdicts %s, want %s", got, verdicts)
				}
				// The same mails again change nothing, whatever was chosen.
				b.take(t, mailOf(first, ""), mailOf(second, ""))
				b.wantTotals(t, want)
				b.forget(t, 2)
			}
			choose(1, report.Replace, other, "replaced accepted")
			choose(0, report.Replace, 900, "accepted replaced")
			choose(1, report.Add, 900+other, "accepted accepted")
			if err := b.Choose(t.Context(), b.org, 1, 0, report.Replace); err == nil {
				t.Error("a choice about nothing in conflict was carried out")
			}
			if n := one[int](t, b, `SELECT count(*) FROM audit_events WHERE action = 'report.choose'`); n != 3 {
				t.Errorf("%d choices in the trail", n)
			}
		})
	}
}

// forget removes all receipts but the first n, so that verdicts can be told.
func (b *bench) forget(t *testing.T, n int) {
	t.Helper()
	b.admin(t, `DELETE FROM receipts WHERE receipt_id NOT IN (SELECT receipt_id FROM receipts ORDER BY receipt_id LIMIT $1)`, n)
	b.admin(t, `DELETE FROM receipt_items WHERE receipt_id NOT IN (SELECT receipt_id FROM receipts)`)
}
