package reading

import "time"

// Countable reports whether a report of a period, in seconds since 1970, can
// be counted on a day: it begins in this century and ends now, or a little
// ahead of our clock. What cannot be is kept apart, so that it moves neither
// the newest day nor what is kept how long.
func Countable(begin, end int64, now time.Time) bool {
	return begin >= year2000 && !time.Unix(end, 0).After(now.Add(clockAhead))
}

const (
	year2000 = 946_684_800
	// clockAhead is how far reporters' clocks, and days that end at the next
	// midnight of their time zone, may be ahead of us.
	clockAhead = 26 * time.Hour
)
