package ui

import (
	"time"

	"sendvery.com/sendvery/web/format"
)

// HeatMap is a table of shares, one row per thing and one column per day or
// week; it is its own twin. More than about 31 columns scroll: fold a longer
// range into weeks.
type HeatMap struct {
	Label   string   // names the table: "Share passing per receiver and day"
	Head    string   // what the rows are: "Receiver"
	Days    []string // "2026-11-07", the columns; of a week its first day
	Rows    []HeatRow
	Outcome string // what happened to Part: "passed"
}

// HeatRow is one line of a HeatMap, with a cell for each column.
type HeatRow struct {
	Name  string
	Href  string // may be empty
	Cells []HeatCell
}

// HeatCell is Part of Whole messages on one day; without any, Whole is 0.
type HeatCell struct {
	Part, Whole int64
	Href        string // may be empty
}

type heatLevel struct {
	Least float64 // share of messages, inclusive
	Words string
	Look  string
}

// heatLevels are ordered from all to none.
var heatLevels = [...]heatLevel{
	{0.99, "99" + format.Thin + "% or more", "heat-5"},
	{0.95, "95" + format.Thin + "% or more", "heat-4"},
	{0.80, "80" + format.Thin + "% or more", "heat-3"},
	{0.50, "50" + format.Thin + "% or more", "heat-2"},
	{0, "less", "heat-1"},
}

// look is the class of the cell's colour.
func (c HeatCell) look() string {
	if c.Whole == 0 {
		return "heat-0"
	}
	for _, l := range heatLevels {
		if float64(c.Part) >= l.Least*float64(c.Whole) {
			return l.Look
		}
	}
	return "heat-1"
}

func (h HeatMap) words(c HeatCell) string {
	return format.Percent(c.Part, c.Whole) + " of " + format.Count(c.Whole) + " " + h.Outcome
}

type heatDay struct {
	Month string // "Nov" above the first day that is shown of it; else empty
	Date  string // "7"
	Long  string // "Sat 7 Nov 2026"
}

func (h HeatMap) days() []heatDay {
	out := make([]heatDay, len(h.Days))
	month := time.Month(0)
	for i, day := range h.Days {
		t, err := time.Parse(time.DateOnly, day)
		if err != nil {
			out[i] = heatDay{Date: day, Long: day}
			continue
		}
		out[i] = heatDay{Date: t.Format("2"), Long: t.Format("Mon 2 Jan 2006")}
		if t.Month() != month {
			month = t.Month()
			out[i].Month = t.Format("Jan")
		}
	}
	return out
}
