package tlsweb

import (
	"time"

	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/web/format"
)

// headline says how the sessions went, with the number and its n, and what to
// do first.
func headline(s tlsreport.Sessions, results []tlsreport.ResultTotal) (text, advice string) {
	if s.Total() == 0 {
		return "No TLS sessions were reported in these days.", ""
	}
	text = format.Percent(s.Successful, s.Total()) + " of " + format.Of(s.Total(), "TLS session", "TLS sessions") + " succeeded."
	switch {
	case s.Failed == 0:
		return text + " Nothing needs you.", ""
	case len(results) == 0:
		return text + " Nobody says why the others failed.", ""
	}
	m := tlsreport.Explain(results[0].Result)
	return text + " Most failures: “" + m.Word + "”.", m.Do
}

// overlap says how the numbers of the details relate to the sessions that
// failed.
func overlap(failed int64, results []tlsreport.ResultTotal) string {
	var details int64
	for _, t := range results {
		details += min(t.Sessions, 1<<56) // of up to 50 results: their sum fits
	}
	sessions := format.Of(failed, "session", "sessions")
	switch {
	case failed == 0 || details == failed:
		return ""
	case details > failed:
		return sessions + " failed in all; one that fails for two reasons stands under both."
	}
	return sessions + " failed in all; for " + format.Count(failed-details) + " of them no reason is given."
}

// seen says on which days a policy was reported.
func seen(first, last time.Time) string {
	if first.Equal(last) {
		return "seen on " + format.Day(first)
	}
	return "seen since " + format.Day(first) + ", last on " + format.Day(last)
}

func stated(s string) string {
	if s == "" {
		return "not stated"
	}
	return s
}

func orDash(s string) string {
	if s == "" {
		return format.Dash
	}
	return s
}

// some says how many of a list are shown, where that is not all.
func some(shown int, all int64) string {
	if int64(shown) >= all {
		return ""
	}
	return "the " + format.Count(shown) + " with the most, of " + format.Count(all)
}

// maxShown is the longest value that a page shows whole, in characters.
const maxShown = 300

func cut(s string) string { return format.Middle(s, maxShown) }
