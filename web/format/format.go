// Package format writes numbers, shares, times and long names the one way that
// every page and mail shows them. It is pure: no clock, no locale of the machine.
package format

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Thin is the narrow no-break space between thousands and before a percent sign.
const Thin = "\u202f"

// Fixed is the no-break space between a number and its unit.
const Fixed = "\u00a0"

// Dash stands for "no data", which is never 0.
const Dash = "–"

// Count writes n with thin spaces between thousands: 41 203.
func Count[N ~int | ~int32 | ~int64](n N) string {
	digits := strconv.FormatInt(int64(n), 10)
	sign := ""
	if digits[0] == '-' {
		sign, digits = "−", digits[1:]
	}
	var b strings.Builder
	for i, d := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(Thin)
		}
		b.WriteRune(d)
	}
	return sign + b.String()
}

// Of writes n with its noun: "1 message", "41 203 messages".
func Of[N ~int | ~int32 | ~int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Count(n) + " " + many
}

// Percent writes part of whole with one decimal: 98.7 %. It is Dash when whole
// is 0, and rounds neither up to 100.0 % nor down to 0.0 % what is not exactly so.
func Percent[N ~int | ~int32 | ~int64](part, whole N) string {
	if whole == 0 {
		return Dash
	}
	share := 100 * float64(part) / float64(whole)
	switch {
	case part > 0 && share < 0.1:
		return "<" + Thin + "0.1" + Thin + "%"
	case part < whole && share > 99.9:
		return ">" + Thin + "99.9" + Thin + "%"
	}
	return strconv.FormatFloat(math.Round(share*10)/10, 'f', 1, 64) + Thin + "%"
}

// Bytes writes a size in decimal units: "812 B", "4.2 kB", "1.3 MB".
func Bytes[N ~int | ~int32 | ~int64](n N) string {
	if n < 1000 {
		return Count(n) + Fixed + "B"
	}
	value, unit := float64(n), ""
	for _, unit = range []string{"kB", "MB", "GB", "TB"} {
		value /= 1000
		if value < 999.95 {
			break
		}
	}
	return fmt.Sprintf("%.1f%s%s", value, Fixed, unit)
}

// Middle shortens s to at most limit characters by cutting out its middle, so
// that both the start and the end of a host name stay readable.
func Middle(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	runes := []rune(s)
	head := (limit - 1) / 2
	tail := limit - 1 - head
	return string(runes[:head]) + "…" + string(runes[len(runes)-tail:])
}
