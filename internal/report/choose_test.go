package report_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/report"
)

// numbers is everything that is counted and by whom it is trusted, without ids.
func (b *bench) numbers(t *testing.T) string {
	t.Helper()
	return b.rollup(t) + "; " + one[string](t, b, `SELECT coalesce(string_agg(source_ip || ' ' || own, ', ' ORDER BY source_ip), '') FROM sources WHERE own`) + "; " +
		one[string](t, b, `SELECT coalesce(string_agg(messages || ' ' || trust, ', ' ORDER BY messages), '') FROM reports`) + "; " +
		one[string](t, b, `SELECT coalesce(string_agg((SELECT sum(successful) || '/' || sum(failed) FROM tls_policies p WHERE p.tls_report_id = r.tls_report_id) || ' ' || trust, ', ' ORDER BY content_digest), '') FROM tls_reports r`)
}

// part is a line of the receipt that came n-th.
func (b *bench) part(t *testing.T, n, part int) (report.ReceiptID, report.Item) {
	t.Helper()
	id := report.ReceiptID(one[int64](t, b, `SELECT receipt_id FROM receipts ORDER BY receipt_id OFFSET $1 LIMIT 1`, n))
	_, items, err := b.Receipt(t.Context(), b.org.ID, id)
	if err != nil {
		t.Fatal(err)
	}
	return id, items[part]
}

// choose carries out a choice and checks the lines that it leaves.
func (b *bench) choose(t *testing.T, n, part int, choice report.Choice, want string) {
	t.Helper()
	id, _ := b.part(t, n, part)
	if err := b.Choose(t.Context(), b.org, id, part, choice); err != nil {
		t.Fatalf("%s: %v", choice, err)
	}
	if got := b.lines(t); got != want {
		t.Errorf("after %s: %s, want %s", choice, got, want)
	}
}

// lines are the verdicts of all lines, those of a receipt joined by a plus.
func (b *bench) lines(t *testing.T) string {
	t.Helper()
	return one[string](t, b, `SELECT string_agg(l, ' ' ORDER BY id) FROM (
		SELECT receipt_id AS id, string_agg(verdict, '+' ORDER BY seq) AS l FROM receipt_lines GROUP BY receipt_id) x`)
}

// versions are three reports under one key, of each kind.
func versions() map[string][3]string {
	first, second := twoVersions()
	third := second
	third.recs = []rec{fail("198.51.100.7", 55)}
	tls := func(ok int) string {
		return tlsMail("example.org", tlsDoc{id: "c", policies: []tlsPolicy{{"example.org", ok, 3}}}.json())
	}
	return map[string][3]string{
		"aggregate reports": {mailOf(first, ""), mailOf(second, ""), mailOf(third, "")},
		"TLS reports":       {tls(10), tls(20), tls(30)},
	}
}

// allVersions has besides those that do not fit memory.
func allVersions() map[string][3]string {
	large := func(id string) string {
		d := doc{org: "reporter.example", id: "large", domain: "example.org", begin: day, recs: []rec{fail("203.0.113.9", len(id))}}
		for n := range 5200 {
			d.recs = append(d.recs, pass(fmt.Sprintf("198.51.%d.%d", n>>8, n&255), 1))
		}
		return mailOf(d, "")
	}
	all := versions()
	all["large aggregate reports"] = [3]string{large("a"), large("ab"), large("abc")}
	return all
}

func TestEveryChoiceCanBeTakenBack(t *testing.T) {
	t.Parallel()
	for name, v := range allVersions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "example.org")
			b.Mails = signedBy{"signed", "reporter.example"} // so that nobody vouches for these
			b.take(t, v[0], v[1], v[2])
			const undecided = "accepted conflict conflict"
			if got := b.lines(t); got != undecided {
				t.Fatal(got)
			}
			first := b.numbers(t)
			b.choose(t, 1, 0, report.Add, "accepted accepted conflict")
			both := b.numbers(t)
			b.choose(t, 2, 0, report.Replace, "replaced accepted accepted")
			b.choose(t, 2, 0, report.Undo, "accepted accepted conflict")
			if got := b.numbers(t); got != both {
				t.Errorf("beside another: %s, want %s", got, both)
			}
			b.choose(t, 1, 0, report.Undo, undecided)
			if got := b.numbers(t); got != first {
				t.Errorf("after both: %s, want %s", got, first)
			}
			b.choose(t, 1, 0, report.Replace, "replaced accepted conflict")
			second := b.numbers(t)
			b.choose(t, 2, 0, report.Replace, "replaced replaced accepted")
			b.choose(t, 0, 0, report.Replace, "accepted replaced replaced")
			// Reading all of it again changes nothing, nor do copies of it.
			before := b.numbers(t)
			if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{}); err != nil {
				t.Fatal(err)
			}
			b.take(t, v[2]+"\n", v[1]+"\n", v[0]+"\n")
			if got := b.lines(t); got != "accepted replaced replaced replaced replaced known" || b.numbers(t) != before {
				t.Errorf("read again: %s, %s", got, b.numbers(t))
			}
			b.forget(t, 3)
			b.choose(t, 0, 0, report.Undo, "conflict replaced accepted")
			b.choose(t, 2, 0, report.Undo, "conflict accepted conflict")
			if got := b.numbers(t); got != second {
				t.Errorf("one step back: %s, want %s", got, second)
			}
			b.choose(t, 1, 0, report.Undo, undecided)
			if got := b.numbers(t); got != first {
				t.Errorf("at the beginning: %s, want %s", got, first)
			}
			id, _ := b.part(t, 0, 0)
			if err := b.Choose(t.Context(), b.org, id, 0, report.Undo); !fault.Is(err, fault.Conflict) {
				t.Errorf("what nobody chose is taken back: %v", err)
			}
		})
	}
}

func TestChoiceBetweenReportsOfOneFileCanBeTakenBack(t *testing.T) {
	t.Parallel()
	first, second := twoVersions()
	for name, c := range map[string]string{
		"aggregate reports": zipped(t, "a.xml", first.xml(), "b.xml", second.xml()),
		"TLS reports": zipped(t, "a.json", tlsDoc{id: "c", policies: []tlsPolicy{{"example.org", 1, 0}}}.json(),
			"b.json", tlsDoc{id: "c", policies: []tlsPolicy{{"example.org", 2, 0}}}.json()),
	} {
		b := newBench(t, "example.org")
		b.take(t, c)
		before := b.numbers(t)
		b.choose(t, 0, 1, report.Replace, "replaced+accepted")
		chosen := b.numbers(t)
		if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{}); err != nil || b.lines(t) != "replaced+accepted" || b.numbers(t) != chosen {
			t.Errorf("%s: read again %s, %s, %v", name, b.lines(t), b.numbers(t), err)
		}
		b.choose(t, 0, 1, report.Undo, "accepted+conflict")
		b.choose(t, 0, 1, report.Add, "accepted+accepted")
		b.choose(t, 0, 1, report.Undo, "accepted+conflict")
		if got := b.numbers(t); got != before {
			t.Errorf("%s: %s, want %s", name, got, before)
		}
	}
}

func TestBothVersionsSayWhatTheySay(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"aggregate reports":       "1 rows 900/900; 2 rows 7/10",
		"large aggregate reports": "5201 rows 5200/5201; 5201 rows 5200/5202",
		"TLS reports":             "1 rows 10/13; 1 rows 20/23",
	} {
		v := allVersions()[name]
		b := newBench(t, "example.org")
		b.take(t, v[0], v[1])
		say := func(v *report.Version) string {
			if v == nil {
				return "nothing"
			}
			if got := v.Begin.UTC().Format("2 Jan 15:04") + " – " + v.End.UTC().Format("2 Jan 15:04"); got != "10 Nov 00:00 – 10 Nov 23:59" {
				t.Errorf("%s: %s", name, got)
			}
			return fmt.Sprintf("%d rows %d/%d", v.Records, v.Passing, v.Messages)
		}
		first, _ := b.part(t, 0, 0)
		_, i := b.part(t, 1, 0)
		if got := say(i.Counted) + "; " + say(i.Version); got != want || *i.CountedReceipt != first {
			t.Errorf("%s: %s of mail %d, want %s", name, got, *i.CountedReceipt, want)
		}
		b.choose(t, 1, 0, report.Replace, "replaced accepted")
		_, i = b.part(t, 0, 0)
		if got := say(i.Version) + "; " + say(i.Counted); got != want {
			t.Errorf("%s, after a choice: %s, want %s", name, got, want)
		}
	}
}

func TestReportBesideAnotherIsKnownToANewerReader(t *testing.T) {
	t.Parallel()
	for name, v := range versions() {
		b := newBench(t, "example.org")
		b.take(t, v[0], v[1])
		b.choose(t, 1, 0, report.Add, "accepted accepted")
		before := b.numbers(t)
		// As if an older reader had seen less in it.
		for table, bytes := range map[string]string{"reports": "16", "tls_reports": "32"} {
			less := `substring(sha256('less') FOR ` + bytes + `)`
			b.admin(t, `UPDATE `+table+` SET content_digest = `+less+`, key_digest = substring(sha256(base_key || `+less+`) FOR `+bytes+`) WHERE base_key IS NOT NULL`)
		}
		for range 2 {
			if _, err := b.Reparse(t.Context(), b.org.ID, report.Originals{}); err != nil {
				t.Fatal(err)
			}
			if got := b.lines(t) + "; " + b.numbers(t); got != "accepted accepted; "+before {
				t.Errorf("%s: %s, before %s", name, got, before)
			}
		}
		b.choose(t, 1, 0, report.Undo, "accepted conflict")
	}
}

func TestLargeReportsOfOneFileCanBeChosenBetween(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	v := allVersions()["large aggregate reports"]
	b.take(t, zipped(t, "a.xml", v[0][strings.Index(v[0], "<?xml"):], "b.xml", v[1][strings.Index(v[1], "<?xml"):]))
	if got := b.lines(t); got != "accepted+conflict" {
		t.Fatal(got)
	}
	before := b.numbers(t)
	for choice, want := range map[report.Choice]string{report.Add: "accepted+accepted", report.Replace: "replaced+accepted"} {
		b.choose(t, 0, 1, choice, want)
		b.choose(t, 0, 1, report.Undo, "accepted+conflict")
		if got := b.numbers(t); got != before {
			t.Errorf("%s and taken back: %.100s, before %.100s", choice, got, before)
		}
	}
}

func TestTakingAChoiceBackKeepsWhatWasVouchedForMeanwhile(t *testing.T) {
	t.Parallel()
	first, second := twoVersions()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed by the receiver", "reporter.example"}
	b.take(t, mailOf(first, ""), mailOf(second, ""))
	b.choose(t, 1, 0, report.Replace, "replaced accepted")
	b.take(t, mailOf(first, "signed by the receiver"))
	b.choose(t, 1, 0, report.Undo, "accepted conflict known")
	if got := one[int](t, b, `SELECT trust FROM reports`); report.Trust(got) != report.Vouched {
		t.Errorf("trust %d", got)
	}
}

func TestCopyOfAChosenReportIsKnown(t *testing.T) {
	t.Parallel()
	for name, v := range versions() {
		for choice, want := range map[report.Choice]string{report.Replace: "replaced accepted known", report.Add: "accepted accepted known"} {
			b := newBench(t, "example.org")
			b.take(t, v[0], v[1], v[1]+"\n")
			b.choose(t, 1, 0, choice, want)
			if got := strings.Join(b.verdicts(t), " "); got != want {
				t.Errorf("%s: receipts %s, want %s", name, got, want)
			}
			b.choose(t, 1, 0, report.Undo, "accepted conflict conflict")
		}
	}
}

func TestOnlyUndecidedConflictsAskForAttention(t *testing.T) {
	t.Parallel()
	for name, v := range versions() {
		b := newBench(t, "example.org")
		open := func(want int64) {
			t.Helper()
			sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(now, 28))
			if err != nil || sum.ProblemCount != want {
				t.Errorf("%s: %d mails need attention, want %d, %v", name, sum.ProblemCount, want, err)
			}
		}
		b.take(t, v[0], v[1], v[2])
		open(2)
		b.choose(t, 1, 0, report.Replace, "replaced accepted conflict")
		open(1)
		b.choose(t, 2, 0, report.Add, "replaced accepted accepted")
		open(0)
		b.choose(t, 2, 0, report.Undo, "replaced accepted conflict")
		open(1)
	}
}

func TestChoicesAtTheSameTimeLeaveOneReport(t *testing.T) {
	t.Parallel()
	for name, v := range versions() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "example.org")
			b.take(t, v[0], v[1], v[2])
			done := make(chan error, 2)
			for n := range 2 {
				id, _ := b.part(t, n+1, 0)
				go func() { done <- b.Choose(context.Background(), b.org, id, 0, report.Replace) }()
			}
			for range 2 {
				if err := <-done; err != nil && !fault.Is(err, fault.Conflict) {
					t.Error(err)
				}
			}
			if n := one[int](t, b, `SELECT (SELECT count(*) FROM reports) + (SELECT count(*) FROM tls_reports)`); n != 1 {
				t.Errorf("%d reports count", n)
			}
			if name != "TLS reports" {
				b.wantTotals(t, one[int64](t, b, `SELECT sum(messages)::bigint FROM reports`))
			}
		})
	}
}

func TestSuccessorOfAReplacedReport(t *testing.T) {
	t.Parallel()
	for name, v := range versions() {
		b := newBench(t, "example.org")
		b.take(t, v[0], v[1], v[2])
		_, first := b.part(t, 0, 0)
		leads := func(n int) {
			t.Helper()
			_, i := b.part(t, n, 0)
			if got, err := b.Successor(t.Context(), b.org.ID, first.Kind, *first.Report); err != nil || got != *i.Report {
				t.Errorf("%s: %d leads to %d, want %d, %v", name, *first.Report, got, *i.Report, err)
			}
		}
		if got, err := b.Successor(t.Context(), b.org.ID, first.Kind, *first.Report); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s: one that is there leads to %d, %v", name, got, err)
		}
		b.choose(t, 1, 0, report.Replace, "replaced accepted conflict")
		leads(1)
		b.choose(t, 2, 0, report.Replace, "replaced replaced accepted")
		leads(2)
		b.choose(t, 2, 0, report.Undo, "replaced accepted conflict")
		b.choose(t, 1, 0, report.Undo, "accepted conflict conflict")
		leads(0)
	}
}

func TestDamagedOriginalIsNotChosen(t *testing.T) {
	t.Parallel()
	v := versions()["aggregate reports"]
	b := newBench(t, "example.org")
	b.take(t, v[0], v[1])
	id, _ := b.part(t, 1, 0)
	b.spoil(t, int64(id))
	if err := b.Choose(t.Context(), b.org, id, 0, report.Replace); !fault.Is(err, fault.Conflict) || !strings.Contains(fault.Sentence(err), "damaged") {
		t.Errorf("%v", err)
	}
	b.wantTotals(t, 900)
}
