package format

import (
	"strconv"
	"time"
)

// Time is a moment as a page shows it: relative words, the absolute time for
// the hover, and the machine's form. The zero value stands for "never".
type Time struct {
	Relative string // "2 h ago", "in 5 min"
	UTC      string // "7 Nov 2026, 14:05:09 UTC"
	ISO      string // RFC 3339, for <time datetime>
}

// When describes t as seen at now; a zero t gives the zero Time.
func When(t, now time.Time) Time {
	if t.IsZero() {
		return Time{}
	}
	return Time{Relative: relative(t, now), UTC: Moment(t), ISO: t.UTC().Format(time.RFC3339)}
}

// Moment writes an absolute time in UTC: "7 Nov 2026, 14:05:09 UTC".
func Moment(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04:05 UTC") }

// Day writes the UTC date of t: "7 Nov 2026".
func Day(t time.Time) string { return t.UTC().Format("2 Jan 2006") }

// ISODay writes the UTC date of t as it stands in links: "2026-11-07".
func ISODay(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// Span writes the days from a to b, both included: "1 – 28 Nov 2026". Equal
// parts are written once.
func Span(a, b time.Time) string {
	a, b = a.UTC(), b.UTC()
	switch {
	case ISODay(a) == ISODay(b):
		return Day(b)
	case a.Year() == b.Year() && a.Month() == b.Month():
		return a.Format("2") + " – " + Day(b)
	case a.Year() == b.Year():
		return a.Format("2 Jan") + " – " + Day(b)
	}
	return Day(a) + " – " + Day(b)
}

// For writes a length of time in its one or two largest useful units, rounded
// up, for "about …" and "wait …": "40 s", "4 min", "2 h", "3 days".
func For(d time.Duration) string {
	up := func(unit time.Duration) string { return strconv.FormatInt(int64((d+unit-1)/unit), 10) }
	switch {
	case d <= 0:
		return "0" + Fixed + "s"
	case d < time.Minute:
		return up(time.Second) + Fixed + "s"
	case d <= 90*time.Minute:
		return up(time.Minute) + Fixed + "min"
	case d <= 36*time.Hour:
		return up(time.Hour) + Fixed + "h"
	}
	return up(24*time.Hour) + " days"
}

func relative(t, now time.Time) string {
	past := now.Sub(t)
	ahead := past < 0
	d := past.Abs()
	if d < 10*time.Second {
		return "just now"
	}
	var words string
	floor := func(unit time.Duration) string { return strconv.FormatInt(int64(d/unit), 10) }
	switch {
	case d < time.Minute:
		words = floor(time.Second) + Fixed + "s"
	case d < time.Hour:
		words = floor(time.Minute) + Fixed + "min"
	case d < 24*time.Hour:
		words = floor(time.Hour) + Fixed + "h"
	case d < 48*time.Hour:
		words = "1 day"
	case d < 60*24*time.Hour:
		words = floor(24*time.Hour) + " days"
	default:
		return "on " + Day(t)
	}
	if ahead {
		return "in " + words
	}
	return words + " ago"
}
