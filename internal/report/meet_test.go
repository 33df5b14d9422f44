package report_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/report"
)

// rollup is what the rollup holds, by trust.
func (b *bench) rollup(t *testing.T) string {
	t.Helper()
	return one[string](t, b, `SELECT coalesce(string_agg(trust || ':' || n, ' ' ORDER BY trust), '') FROM (SELECT trust, sum(messages) AS n FROM messages_by_receiver GROUP BY trust) x`)
}

// wantResults checks that every row's authentication results are there, and
// every report's head.
func (b *bench) wantResults(t *testing.T) {
	t.Helper()
	if n := one[int](t, b, `SELECT count(*) FROM records r WHERE NOT EXISTS (SELECT FROM auth_results a WHERE a.org_id = r.org_id AND a.auth_id = r.auth_id)`); n != 0 {
		t.Errorf("%d rows name results that the dictionary lacks", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM reports r WHERE NOT EXISTS (SELECT FROM report_heads h WHERE h.org_id = r.org_id AND h.head_id = r.head_id)`); n != 0 {
		t.Errorf("%d reports name heads that the dictionary lacks", n)
	}
}

func TestReportsThatMeetCountOnceInWhateverOrderTheyCome(t *testing.T) {
	t.Parallel()
	forged, honest := twoVersions()
	large := honest
	for n := range 6000 {
		large.recs = append(large.recs, pass(fmt.Sprintf("198.51.%d.%d", n>>8, n&255), 1))
	}
	f, h, hu, l, lu := mailOf(forged, ""), mailOf(honest, "signed"), mailOf(honest, ""), mailOf(large, "signed"), mailOf(large, "")
	for _, test := range []struct {
		name     string
		takes    [][]string
		verdicts string
		rollup   string
	}{
		{"overtaken in its own group", [][]string{{f, h}}, "replaced accepted", "1:10"},
		{"a copy of one that was overtaken in its own group", [][]string{{f, h, f + "\n"}}, "replaced accepted replaced", "1:10"},
		{"two honest copies over a stored forgery", [][]string{{f}, {h, h}}, "replaced accepted known", "1:10"},
		{"two copies that vouch, in one group", [][]string{{hu}, {h, h}}, "accepted known known", "1:10"},
		{"a copy and the one that vouches, in one group", [][]string{{hu, h}}, "accepted known", "1:10"},
		{"a forgery after the honest one, in one group", [][]string{{h, f}}, "accepted conflict", "1:10"},
		{"a large honest one over a small forgery", [][]string{{f}, {l}}, "replaced accepted", "1:6010"},
		{"a large honest one over itself unsigned", [][]string{{lu}, {l}}, "known accepted", "1:6010"},
		{"a small forgery after a large honest one", [][]string{{l}, {f}}, "accepted conflict", "1:6010"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, "example.org")
			b.Mails = signedBy{"signed", "reporter.example"}
			for _, mails := range test.takes {
				b.take(t, mails...)
			}
			if got := strings.Join(b.verdicts(t), " "); got != test.verdicts {
				t.Errorf("verdicts %s, want %s", got, test.verdicts)
			}
			if got := b.rollup(t); got != test.rollup {
				t.Errorf("rollup %s, want %s", got, test.rollup)
			}
			b.wantTotals(t, one[int64](t, b, `SELECT sum(messages)::bigint FROM reports`))
			b.wantResults(t)
			if n := one[int](t, b, `SELECT count(*) FROM reports`); n != 1 {
				t.Errorf("%d reports", n)
			}
		})
	}
}

func TestCopiesThatVouchAtTheSameTimeVouchOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "reporter.example"}
	_, honest := twoVersions()
	for n := range 8 {
		honest.id = fmt.Sprint("r", n)
		b.take(t, mailOf(honest, ""))
		var wait sync.WaitGroup
		for range 4 {
			wait.Go(func() { b.take(t, mailOf(honest, "signed")) })
		}
		wait.Wait()
	}
	if got := b.rollup(t); got != "1:80" {
		t.Errorf("rollup %s", got)
	}
}

func TestSameFilesInAnyOrderAtTheSameTime(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	var files [][]byte
	for n := range 100 {
		files = append(files, []byte(doc{org: "reporter.example", id: fmt.Sprint(n), domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 1)}}.xml()))
	}
	var wait sync.WaitGroup
	for writer := range 4 {
		wait.Go(func() {
			var list []report.File
			for n := range files {
				f := files[(n*(2*writer+1)+25*writer)%len(files)]
				list = append(list, report.File{Name: "r.xml", Content: bytes.NewReader(f), Size: int64(len(f))})
			}
			if _, err := b.Import(t.Context(), b.org.ID, list); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	b.wantTotals(t, 100)
}

func TestAChoiceThatCannotBeCarriedOutChangesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	first, second := twoVersions()
	for n := range 6000 {
		second.recs = append(second.recs, pass(fmt.Sprintf("198.51.%d.%d", n>>8, n&255), 1))
	}
	b.take(t, mailOf(first, ""), mailOf(second, ""))
	id := report.ReceiptID(one[int64](t, b, `SELECT max(receipt_id) FROM receipts`))
	strict := &report.Service{DB: b.DB, Trail: b.Trail, Queue: b.queue, Log: b.Log, Now: b.Now}
	strict.Limits.Records = 5500
	if err := strict.Choose(t.Context(), b.org, id, 0, report.Replace); err == nil {
		t.Error("a report that is refused now was chosen")
	}
	b.wantTotals(t, 900)
	if got := strings.Join(b.verdicts(t), " "); got != "accepted conflict" {
		t.Errorf("verdicts %s", got)
	}
	if err := b.Choose(t.Context(), b.org, id, 0, report.Replace); err != nil {
		t.Error(err)
	}
	b.wantTotals(t, 6010)
	b.wantResults(t)
}

func TestResultsOfARefusedLargeReportAreNotTakenForStored(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	broken := doc{org: "reporter.example", id: "broken", domain: "example.org", begin: day, tail: "<record>"}
	for n := range 6000 {
		r := pass(fmt.Sprintf("198.51.%d.%d", n>>8, n&255), 1)
		r.authDKIM = fmt.Sprint("odd", n)
		broken.recs = append(broken.recs, r)
	}
	good := doc{org: "reporter.example", id: "good", domain: "example.org", begin: day, recs: broken.recs[:3]}
	b.take(t, broken.xml())
	b.take(t, good.xml())
	if got := strings.Join(b.verdicts(t), " "); got != "refused accepted" {
		t.Errorf("verdicts %s", got)
	}
	b.wantResults(t)
}

func TestWhoVouchesMustBeWhomTheReportNames(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "evil.example"}
	forged, honest := twoVersions()
	b.take(t, mailOf(honest, ""))
	b.take(t, mailOf(forged, "signed"))
	if got := strings.Join(b.verdicts(t), " ") + ", " + b.rollup(t); got != "accepted conflict, 2:10" {
		t.Errorf("%s", got)
	}
}

// late answers nothing until it is told to.
type late struct {
	known atomic.Bool
	signedBy
}

// Check implements report.Authenticator.
func (l *late) Check(ctx context.Context, mail io.ReaderAt, size int64, trusted string) *mailauth.Verdict {
	if !l.known.Load() {
		return &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.TempError}
	}
	return l.signedBy.Check(ctx, mail, size, trusted)
}

func TestAKeyThatDNSDidNotGiveIsAskedForAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	dns := &late{signedBy: signedBy{"signed", "reporter.example"}}
	b.Mails = dns
	_, honest := twoVersions()
	b.take(t, mailOf(honest, "signed"))
	if got := b.rollup(t); got != "2:10" {
		t.Fatalf("rollup %s at first", got)
	}
	dns.known.Store(true)
	if err := b.AuthenticateAgain(t.Context(), report.AuthenticateAgain{}); err != nil {
		t.Fatal(err)
	}
	if got := b.rollup(t); got != "1:10" {
		t.Errorf("rollup %s", got)
	}
	if got := one[string](t, b, `SELECT verdict || ' ' || auth_result || ' ' || auth_domain FROM receipts`); got != "accepted pass reporter.example" {
		t.Errorf("receipt %s", got)
	}
}

// panicking makes every check panic.
type panicking struct{}

// Check implements report.Authenticator.
func (panicking) Check(context.Context, io.ReaderAt, int64, string) *mailauth.Verdict { panic("boom") }

func TestAMailThatMakesTheAuthenticatorPanicIsStoredAndDoubted(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = panicking{}
	_, honest := twoVersions()
	b.take(t, mailOf(honest, "signed"))
	if got := b.rollup(t); got != "2:10" {
		t.Errorf("rollup %s", got)
	}
}

// Memory is measured on the heap of this process, so nothing runs beside it.
func TestLongTextsDoNotFillTheMemory(t *testing.T) { //nolint:paralleltest // measures the whole heap
	b := newBench(t, "example.org")
	var x bytes.Buffer
	z := gzip.NewWriter(&x)
	head, tail, _ := strings.Cut(doc{org: "reporter.example", id: "r", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 1)}}.xml(), "<record>")
	record, _, _ := strings.Cut(tail, "</record>")
	record = "<record>" + strings.Replace(record, "</result></dkim>", "</result><human_result>%s</human_result></dkim>", 1) + "</record>"
	fmt.Fprint(z, head)
	for n := range 2000 {
		fmt.Fprintf(z, record, fmt.Sprint(n)+strings.Repeat("x", 60_000))
	}
	fmt.Fprint(z, "</feedback>")
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	var most atomic.Uint64
	done := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				most.Store(max(most.Load(), m.HeapAlloc))
			}
		}
	})
	counts, err := b.Import(t.Context(), b.org.ID, []report.File{{Name: "r.xml.gz", Content: bytes.NewReader(x.Bytes()), Size: int64(x.Len())}})
	close(done)
	watch.Wait()
	if err != nil || counts[report.Accepted] != 1 {
		t.Errorf("%v, %v", counts, err)
	}
	if got := most.Load() >> 20; got > 64+16 {
		t.Errorf("the heap grew to %d MB for %d MB of text", got, 2000*60_000>>20)
	}
	b.wantTotals(t, 2000)
}
