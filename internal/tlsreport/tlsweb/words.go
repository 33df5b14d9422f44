package tlsweb

import (
	"slices"
	"time"

	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/web/format"
)

// headline says how the sessions went, with the number and its n, and what to
// do first. What has not failed any more for a while needs nobody.
func headline(sum tlsreport.Summary) (text, advice string) {
	all := sum.Sessions()
	if all.Total() == 0 {
		return "No TLS sessions were reported in these days.", ""
	}
	text = format.Percent(all.Successful, all.Total()) + " of " + format.Of(all.Total(), "TLS session", "TLS sessions") + " succeeded."
	if all.Failed == 0 {
		return text + " Nothing needs you.", ""
	}
	if last := lastFailed(sum.Days); last.Before(sum.Days[0].Day.AddDate(0, 0, -quietDays)) {
		return text + " None failed since " + format.Day(last) + ".", ""
	}
	if len(sum.Results) == 0 {
		return text + " Nobody says why the others failed.", ""
	}
	m := tlsreport.Explain(current(sum.Results).Result)
	return text + " Most failures: “" + m.Word + "”.", m.Do
}

// quietDays without a failure mean that it is mended.
const quietDays = 2

// lastFailed is the last of the days on which a session failed.
func lastFailed(days []tlsreport.DayTotal) time.Time {
	for _, d := range days {
		if d.Failed > 0 {
			return d.Day
		}
	}
	return time.Time{}
}

// current is the most frequent kind of failure among those that were seen last.
func current(results []tlsreport.ResultTotal) tlsreport.ResultTotal {
	latest := slices.MaxFunc(results, func(a, b tlsreport.ResultTotal) int { return a.LastDay.Compare(b.LastDay) }).LastDay
	still := func(t tlsreport.ResultTotal) bool { return !t.LastDay.Before(latest.AddDate(0, 0, -quietDays)) }
	return results[slices.IndexFunc(results, still)] // the most frequent stand first
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
