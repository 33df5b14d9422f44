package ui

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"sendvery.com/sendvery/web/format"
)

type splitPart struct {
	X, Width string // in thousandths of the bar
	Fill     string
}

var splitFills = map[Class]string{
	Passing:     "fill-fill-passing",
	Forwarded:   "fill-fill-forwarded",
	NeedsFixing: "fill-fill-fix",
	Unknown:     "fill-fill-unknown",
}

func (s Split) of(c Class) int64 {
	return VolumeDay{Passing: s.Passing, Forwarded: s.Forwarded, Fix: s.Fix, Unknown: s.Unknown}.of(c)
}

// parts lays the classes side by side; one that has any messages is at least
// 8 thousandths wide, so that it can be seen.
func (s Split) parts() []splitPart {
	total := s.Total()
	if total == 0 {
		return nil
	}
	widths, sum := [len(Classes)]int64{}, int64(0)
	for i, c := range Classes {
		if n := s.of(c); n > 0 {
			widths[i] = max(n*1000/total, 8)
			sum += widths[i]
		}
	}
	var out []splitPart
	x := int64(0)
	for i, c := range Classes {
		width := widths[i] * 1000 / sum
		if width > 0 {
			out = append(out, splitPart{X: strconv.FormatInt(x, 10), Width: strconv.FormatInt(width, 10), Fill: splitFills[c]})
		}
		x += width
	}
	return out
}

func (s Split) summary() string {
	var parts []string
	for _, c := range Classes {
		if n := s.of(c); n > 0 {
			parts = append(parts, strings.ToLower(c.Word())+" "+format.Count(n))
		}
	}
	if len(parts) == 0 {
		return "no messages"
	}
	return strings.Join(parts, ", ")
}

// Trend is how many messages of one thing there were per day: on each day or,
// ByMonth, on an average one of each month.
type Trend struct {
	PerDay  []float64
	ByMonth bool
}

// Title is what the line shows.
func (t Trend) Title() string {
	if t.ByMonth {
		return "Messages per day, by month"
	}
	return "Messages per day"
}

// words is the line in words, for who cannot see it.
func (t Trend) words() string {
	by, last := "", "on the last day"
	if t.ByMonth {
		by, last = ", by month,", "in the last month"
	}
	return "Per day" + by + " between " + perDay(slices.Min(t.PerDay)) + " and " + perDay(slices.Max(t.PerDay)) + ", " + last + " " + perDay(t.PerDay[len(t.PerDay)-1])
}

// perDay is a number of messages; of few also their tenths.
func perDay(n float64) string {
	switch {
	case n > 0 && n < 0.05:
		return "under 0.1"
	case n < 9.95 && n != math.Trunc(n):
		return strconv.FormatFloat(n, 'f', 1, 64)
	}
	return format.Count(int64(math.Round(n)))
}

// points draws the line in a box of 88 × 20.
func (t Trend) points() string {
	top := slices.Max(t.PerDay)
	if top == 0 {
		top = 1
	}
	var b strings.Builder
	for i, n := range t.PerDay {
		x := 2 + 84*float64(i)/float64(max(len(t.PerDay)-1, 1))
		y := 18 - 16*n/top
		b.WriteString(strconv.FormatFloat(x, 'f', 1, 64) + "," + strconv.FormatFloat(y, 'f', 1, 64) + " ")
	}
	return strings.TrimSpace(b.String())
}
