package tlsweb

import (
	"strings"
	"testing"
	"time"

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
