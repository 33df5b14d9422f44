package tlsweb

import (
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/tlsreport"
)

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

// about is a summary of days: each with its successful and failed sessions.
func about(days map[int][2]int64, results ...tlsreport.ResultTotal) tlsreport.Summary {
	s := tlsreport.Summary{Results: results}
	for n := 30; n > 0; n-- {
		if d, ok := days[n]; ok {
			s.Days = append(s.Days, tlsreport.DayTotal{Day: day(n), Sessions: tlsreport.Sessions{Successful: d[0], Failed: d[1]}})
		}
	}
	return s
}

func TestHeadlineNamesWhatStillFails(t *testing.T) {
	t.Parallel()
	expired := tlsreport.ResultTotal{Result: "certificate-expired", Sessions: 90, LastDay: day(4)}
	fetch := tlsreport.ResultTotal{Result: "sts-policy-fetch-error", Sessions: 10, LastDay: day(10)}
	for name, c := range map[string]struct {
		sum          tlsreport.Summary
		text, advice string
	}{
		"nothing":                  {about(nil), "No TLS sessions were reported", ""},
		"all well":                 {about(map[int][2]int64{10: {5, 0}}), "100.0 % of 5 TLS sessions succeeded. Nothing needs you.", ""},
		"failing":                  {about(map[int][2]int64{10: {900, 100}}, fetch), "90.0 % of 1 000 TLS sessions succeeded. Most failures: “MTA-STS policy not reachable”.", "mta-sts.txt"},
		"the largest is over":      {about(map[int][2]int64{4: {910, 90}, 10: {990, 10}}, expired, fetch), "Most failures: “MTA-STS policy not reachable”.", "mta-sts.txt"},
		"all of it is over":        {about(map[int][2]int64{4: {910, 90}, 10: {1000, 0}}, expired), "None failed since 4 Nov 2026.", ""},
		"failing without a reason": {about(map[int][2]int64{10: {1, 1}}), "Nobody says why the others failed.", ""},
	} {
		text, advice := headline(c.sum)
		text = strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(text)
		if !strings.Contains(text, c.text) || !strings.Contains(advice, c.advice) || (c.advice == "") != (advice == "") {
			t.Errorf("%s: %q, %q", name, text, advice)
		}
	}
}

func TestNumbersOfReasonsAreExplained(t *testing.T) {
	t.Parallel()
	of := func(n int64) []tlsreport.ResultTotal { return []tlsreport.ResultTotal{{Sessions: n}} }
	for want, got := range map[string]string{
		"":                           overlap(5, of(5)),
		"stands under both":          overlap(5, of(8)),
		"for 2 of them no reason is": overlap(5, of(3)),
	} {
		if !strings.Contains(got, want) || (want == "") != (got == "") {
			t.Errorf("%q, want %q", got, want)
		}
	}
	const most = 4_000_000_000_000_000_000
	many := make([]tlsreport.ResultTotal, 50)
	for i := range many {
		many[i].Sessions = most
	}
	if got := overlap(1, many); !strings.Contains(got, "stands under both") {
		t.Errorf("of very many: %q", got)
	}
}

func TestWhatIsLeftOutSaysHowMuchAndWhy(t *testing.T) {
	t.Parallel()
	if got := leftOut(tlsreport.Doubted{}); got != "" {
		t.Errorf("of nothing: %s", got)
	}
	got := leftOut(tlsreport.Doubted{Reports: 2, Sessions: tlsreport.Sessions{Successful: 3, Failed: 4}})
	if !strings.HasPrefix(strings.ReplaceAll(got, "\u00a0", " "), "What 2 TLS reports say about 7 sessions is left out of all numbers: the mails") || !strings.Contains(got, "not authenticated") {
		t.Errorf("%s", got)
	}
	if text, _ := headline(tlsreport.Summary{Doubted: tlsreport.Doubted{Reports: 1}}); text != "No TLS session in these days counts." {
		t.Errorf("%s", text)
	}
}

func TestReportPageSaysWhoVouchesForIt(t *testing.T) {
	t.Parallel()
	unsigned := &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.None}
	for _, c := range []struct {
		trust  tlsreport.Trust
		source report.Source
		v      *mailauth.Verdict
		word   string
		words  string
	}{
		{tlsreport.Unvouched, report.FromMailbox, unsigned, "no", "no signature, so anybody could have written it. It is shown, and its sessions are not counted."},
		{tlsreport.Unvouched, report.FromMailbox, &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.TempError}, "no", "could not be looked up when it was read. It is shown"},
		{tlsreport.Unvouched, report.FromMailbox, &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.Fail}, "no", "No signature of the sender's own domain holds"},
		{tlsreport.Vouched, report.FromMailbox, unsigned, "by a copy of it", "the same report came again"},
		{tlsreport.Vouched, report.FromMailbox, &mailauth.Verdict{Method: mailauth.ByDKIM, Result: mailauth.Pass, Domain: "receiver.example"}, "as receiver.example", "a signature that we verified"},
		{tlsreport.Vouched, report.FromMailbox, &mailauth.Verdict{Method: mailauth.ByHeader, Result: mailauth.Pass, Domain: "receiver.example"}, "as receiver.example", "your incoming mail server"},
		{tlsreport.Vouched, report.FromUpload, nil, "by whoever handed it in", "as a file"},
		{tlsreport.Unchecked, report.FromMailbox, nil, "not checked", "on this installation"},
	} {
		if a := authentic(c.trust, c.source, c.v); a.Word != c.word || !strings.Contains(a.Words, c.words) {
			t.Errorf("%+v, want %s: %s", a, c.word, c.words)
		}
	}
}
