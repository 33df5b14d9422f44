package reportweb

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
)

// headline is the first sentence of a page about several domains.
func headline(s report.Split, needed int) string {
	text := format.Percent(s.Passing, s.Total()) + " of " + format.Of(s.Total(), "message", "messages") + " passed."
	switch {
	case s.Total() == 0:
		return "No messages were reported in these days."
	case needed == 0:
		return text + " Nobody needs you."
	case needed == 1:
		return text + " 1 sender needs you."
	}
	return text + " " + format.Of(needed, "sender", "senders") + " need you."
}

// soFar is the headline while an import runs.
func soFar(s report.Split) string {
	return format.Percent(s.Passing, s.Total()) + " of " + format.Of(s.Total(), "message", "messages") + " passed, so far."
}

// advice names who stands in the way and what it would cost.
func advice(blockers []report.SenderTotal) string {
	if len(blockers) == 0 {
		return ""
	}
	var names []string
	for _, b := range blockers[:min(len(blockers), 3)] {
		names = append(names, sender.Name(b.Sender))
	}
	if len(blockers) > 3 {
		names = append(names, format.Count(len(blockers)-3)+" more")
	}
	verb := " sends"
	if len(blockers) > 1 {
		verb = " send"
	}
	return list(names) + verb + " mail of yours that does not pass; p=reject would refuse it. What to do about each stands below."
}

func list(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1]
}

// senderRow is one sender in a list.
func senderRow(a org.Access, query url.Values, s report.SenderTotal, manyDomains bool) SenderRow {
	row := SenderRow{
		Href: path(a, "senders", with(with(query, "of", s.Domain.String()), "show", s.Sender)), Key: s.Sender, Domain: s.Domain.String(),
		Review: reviewWords[s.Review], Name: sender.Name(s.Sender), Class: classes[s.Class()], Messages: s.Total(), Passing: s.Passing,
		SPF: share(s.SPF, s.Total()), DKIM: share(s.DKIM, s.Total()),
	}
	switch {
	case s.Sender == s.Address.String() && s.Review != report.Unreviewed:
		row.Detail = "one address"
	case s.Sender == s.Address.String():
		row.Detail = "no confirmed name"
	case s.Addresses == 0:
		row.Detail = "known as something else by now"
	case s.Addresses == 1:
		row.Detail = s.Address.String()
	default:
		row.Detail = format.Of(s.Addresses, "address", "addresses")
	}
	if sender.SeenPassing(s.Sender) {
		row.Detail += ", seen passing"
	}
	if s.Mended() && s.LastFix != nil {
		row.Detail += " · failed until " + format.Day(*s.LastFix)
	}
	if manyDomains {
		row.Detail = "as " + s.Domain.String() + " · " + row.Detail
	}
	return row
}

// reviewWords are what the owner says of a sender.
var reviewWords = map[report.Review]string{report.Authorised: "authorised", report.NotMine: "not yours"}

// share says how much of a sender's mail passed one mechanism, aligned.
func share(part, whole int64) string {
	switch part {
	case 0:
		return "not aligned" // it may have passed, for another domain
	case whole:
		return "aligned"
	}
	return format.Percent(part, whole) + " aligned"
}

// doubts says what is shown and not believed, and what verdicts go by instead.
func doubts(a org.Access, query url.Values, sum report.Summary) Doubts {
	var all int64
	for _, d := range sum.Days {
		all += d.Total()
	}
	if sum.Doubted == 0 {
		return Doubts{}
	}
	rest := "no verdict and no advice stands on them."
	if sure := all - sum.Doubted; sure > 0 {
		rest = fmt.Sprintf("verdicts and advice go by the other %s.", format.Count(sure))
	}
	return Doubts{
		Words: fmt.Sprintf("%s of %s came in report mails that are not authenticated: anybody could have written them. They are shown; %s",
			format.Count(sum.Doubted), format.Of(all, "message", "messages"), rest),
		Href: path(a, "reports", with(with(query, "days", strconv.Itoa(days(query))), "authenticated", "no")),
	}
}

func reportRows(a org.Access, lines []report.Line, when func(report.Line) format.Time) []ReportRow {
	var rows []ReportRow
	for _, l := range lines {
		row := ReportRow{
			Href: path(a, fmt.Sprintf("reports/%d", l.ID), nil), Reporter: l.Reporter, Domain: l.Domain.String(),
			Days: format.Day(l.Day), Messages: l.Messages, Passing: l.Aligned, Received: when(l),
		}
		if l.Repairs > 0 {
			row.Remark = format.Of(l.Repairs, "repair", "repairs")
		}
		if l.Trust == report.Unvouched {
			row.Doubt = "not authenticated"
		}
		rows = append(rows, row)
	}
	return rows
}

// policyWords explains what a policy makes receivers do.
func policyWords(p string) string {
	switch p {
	case "none":
		return "Receivers deliver failing mail as usual and only report it."
	case "quarantine":
		return "Receivers put failing mail into the spam folder."
	case "reject":
		return "Receivers refuse failing mail."
	}
	return "The report does not say."
}
