package ui

import (
	"slices"
	"strings"
	"time"

	"sendvery.com/sendvery/web/format"
)

// Volume is the chart of messages per reported day with its legend and table.
type Volume struct {
	ID    string // unique in the page; letters only
	Days  []VolumeDay
	Marks []VolumeMark // changes of policy and DNS, and alerts, within the days
	Since string       // what the days are, for the table: "28 Oct – 24 Nov 2026"
}

// VolumeDay is one reported day (UTC).
type VolumeDay struct {
	Day       string // "2026-11-07"
	Href      string // the reports of that day; empty = not clickable
	Passing   int64
	Forwarded int64
	Fix       int64
	Unknown   int64
	Open      bool  // reports for this day may still arrive: drawn hatched
	Long      int64 // reports counted on this day that cover more than two: drawn with lines
}

// VolumeMark is a change that explains a step in the columns.
type VolumeMark struct {
	Day  string // "2026-11-07"
	Text string // "p=quarantine"
}

// Total returns all messages of the day.
func (d VolumeDay) Total() int64 { return d.Passing + d.Forwarded + d.Fix + d.Unknown }

func (d VolumeDay) of(c Class) int64 {
	switch c {
	case Passing:
		return d.Passing
	case Forwarded:
		return d.Forwarded
	case NeedsFixing:
		return d.Fix
	default:
		return d.Unknown
	}
}

func (d VolumeDay) long() string {
	t, err := time.Parse(time.DateOnly, d.Day)
	if err != nil {
		return d.Day
	}
	return t.Format("Mon 2 Jan 2006")
}

func (v Volume) sum(c Class) int64 { return v.split().of(c) }

func (v Volume) split() (s Split) {
	for _, d := range v.Days {
		s.Passing += d.Passing
		s.Forwarded += d.Forwarded
		s.Fix += d.Fix
		s.Unknown += d.Unknown
	}
	return s
}

func (v Volume) total() int64 { return v.split().Total() }

// summary is the chart in one sentence, for who cannot see it.
func (v Volume) summary() string {
	parts := make([]string, 0, len(Classes))
	for _, c := range Classes {
		parts = append(parts, strings.ToLower(c.Word())+" "+format.Percent(v.sum(c), v.total()))
	}
	return "Messages per reported day, " + format.Of(v.total(), "message", "messages") + " on " +
		format.Of(len(v.Days), "day", "days") + ": " + strings.Join(parts, ", ") + ". " + v.longSentence() + "The table below has every day."
}

// longSentence explains the days that are drawn with lines; empty without any,
// else with a space at its end.
func (v Volume) longSentence() string {
	var n int64
	for _, d := range v.Days {
		n += d.Long
	}
	switch n {
	case 0:
		return ""
	case 1:
		return "1 report covers more than two days; its messages are counted on the day in the middle. "
	}
	return format.Count(n) + " reports cover more than two days; their messages are counted on the day in the middle. "
}

func (d VolumeDay) longNote() string {
	return "with " + format.Of(d.Long, "report", "reports") + " over more than two days"
}

// newestFirst returns the days that had messages or a mark, latest first.
func (v Volume) newestFirst() []VolumeDay {
	var out []VolumeDay
	for _, d := range slices.Backward(v.Days) {
		if d.Total() > 0 || len(v.marksOf(d)) > 0 {
			out = append(out, d)
		}
	}
	return out
}

func (v Volume) marksOf(d VolumeDay) []string {
	var out []string
	for _, m := range v.Marks {
		if m.Day == d.Day {
			out = append(out, m.Text)
		}
	}
	return out
}

type volumeJSON struct {
	Days    []volumeDayJSON   `json:"days"`
	Classes []volumeClassJSON `json:"classes"`
	Marks   []volumeMarkJSON  `json:"marks"`
}

type volumeDayJSON struct {
	Day    string  `json:"day"`
	Href   string  `json:"href,omitempty"`
	Counts []int64 `json:"counts"`
	Open   bool    `json:"open,omitempty"`
	Long   int64   `json:"long,omitempty"`
}

type volumeClassJSON struct {
	Key  Class  `json:"key"`
	Word string `json:"word"`
}

type volumeMarkJSON struct {
	Day  string `json:"day"`
	Text string `json:"text"`
}

// data is what scripts/volume.js draws.
func (v Volume) data() volumeJSON {
	out := volumeJSON{Days: []volumeDayJSON{}, Classes: classesJSON(), Marks: []volumeMarkJSON{}}
	for _, d := range v.Days {
		day := volumeDayJSON{Day: d.Day, Href: d.Href, Open: d.Open, Long: d.Long}
		for _, c := range Classes {
			day.Counts = append(day.Counts, d.of(c))
		}
		out.Days = append(out.Days, day)
	}
	for _, m := range v.Marks {
		out.Marks = append(out.Marks, volumeMarkJSON(m))
	}
	return out
}

func classesJSON() []volumeClassJSON {
	out := make([]volumeClassJSON, len(Classes))
	for i, c := range Classes {
		out[i] = volumeClassJSON{Key: c, Word: c.Word()}
	}
	return out
}

func (v Volume) open() bool {
	for _, d := range v.Days {
		if d.Open {
			return true
		}
	}
	return false
}
