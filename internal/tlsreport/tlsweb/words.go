package tlsweb

import (
	"slices"
	"time"

	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// headline says how the sessions went, with the number and its n, and what to
// do first. What has not failed any more for a while needs nobody.
func headline(sum tlsreport.Summary) (text, advice string) {
	all := sum.Sessions()
	if all.Total() == 0 && sum.Doubted.Reports > 0 {
		return "No TLS session in these days counts.", ""
	}
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

// reportHeadline says how the sessions of one report went.
func reportHeadline(rep tlsreport.Report) string {
	who := format.Middle(rep.Reporter, 60)
	switch {
	case rep.Total() == 0:
		return who + " made no TLS session."
	case rep.Failed == 0:
		return who + " made " + format.Of(rep.Total(), "TLS session", "TLS sessions") + "; none failed."
	}
	return who + " made " + format.Of(rep.Total(), "TLS session", "TLS sessions") + "; " + format.Percent(rep.Successful, rep.Total()) + " succeeded."
}

// noFailures says why a report lists no failure.
func noFailures(rep tlsreport.Report) string {
	if rep.Failed == 0 {
		return "No session failed, so there is nothing to explain."
	}
	return format.Of(rep.Failed, "session", "sessions") + " failed, and the report does not say why."
}

// leftOut says what the sums leave out and why, "" for nothing.
func leftOut(d tlsreport.Doubted) string {
	if d.Reports == 0 {
		return ""
	}
	why := " is left out of all numbers: the mail that it came in is not authenticated, so anybody could have written it. It is marked in the list below."
	if d.Reports > 1 {
		why = " is left out of all numbers: the mails that they came in are not authenticated, so anybody could have written them. They are marked in the list below."
	}
	return "What " + format.Of(d.Reports, "TLS report says", "TLS reports say") + " about " + format.Of(d.Total(), "session", "sessions") + why
}

// authentic puts into words who the mail of a report comes from, and whether
// the report counts.
func authentic(trust tlsreport.Trust, source report.Source, v *mailauth.Verdict) ui.Authenticated {
	switch {
	case !source.ByMail():
		return ui.Authenticated{Word: "by whoever handed it in", Words: "It came as a file, not by mail."}
	case v == nil:
		return ui.Authenticated{Word: "not checked", Words: "Report mails are not authenticated on this installation."}
	case v.Result == mailauth.Pass && v.Method == mailauth.ByHeader:
		return ui.Authenticated{Word: "as " + v.Domain.String(), Words: "Found out by your incoming mail server.", Tone: ui.Good}
	case v.Result == mailauth.Pass:
		return ui.Authenticated{Word: "as " + v.Domain.String(), Words: "Found out by a signature that we verified.", Tone: ui.Good}
	case trust == tlsreport.Vouched:
		return ui.Authenticated{Word: "by a copy of it", Words: "This mail is not authenticated, but the same report came again in one that is.", Tone: ui.Good}
	}
	why := "No signature of the sender's own domain holds, so anybody could have written it."
	switch v.Result {
	case mailauth.None:
		why = "The mail carries no signature, so anybody could have written it."
	case mailauth.TempError:
		why = "The key of its signature could not be looked up when it was read."
	}
	return ui.Authenticated{Word: "no", Words: why + " It is shown, and its sessions are not counted.", Tone: ui.Warning}
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

// entries counts the lines of a list; an empty one explains itself.
func entries(n int64) string {
	if n == 0 {
		return ""
	}
	return format.Of(n, "entry", "entries")
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
