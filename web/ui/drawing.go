package ui

import (
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

// sparkWords is the line in words, for who cannot see it.
func sparkWords(counts []int64) string {
	return "Per day between " + format.Count(slices.Min(counts)) + " and " + format.Count(slices.Max(counts)) + ", on the last day " + format.Count(counts[len(counts)-1])
}

// sparkPoints draws counts as a line in a box of 88 × 20.
func sparkPoints(counts []int64) string {
	top := int64(1)
	for _, n := range counts {
		top = max(top, n)
	}
	var b strings.Builder
	for i, n := range counts {
		x := 2 + 84*float64(i)/float64(max(len(counts)-1, 1))
		y := 18 - 16*float64(n)/float64(top)
		b.WriteString(strconv.FormatFloat(x, 'f', 1, 64) + "," + strconv.FormatFloat(y, 'f', 1, 64) + " ")
	}
	return strings.TrimSpace(b.String())
}
