package ui

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"sendvery.com/sendvery/web/format"
)

// Flow is the chart of where the messages of each sender go: to a class, and on
// to what receivers did with them.
type Flow struct {
	ID         string // unique in the page; letters only
	Since      string // the days, for the table: "28 Oct – 24 Nov 2026"
	Senders    []SplitRow
	OthersHref string // where the senders lead that are drawn as one; may be empty
	ClassHref  func(Class) string
	Fates      []FlowFate // may be empty: then the classes are the end
}

// FlowFate is what receivers did with messages of one class.
type FlowFate struct {
	Class    Class
	Fate     Fate
	Messages int64
	Href     string // may be empty
}

// Fate is what a receiver did with a message.
type Fate string

// The fates, in the order of the chart.
const (
	Delivered   Fate = "Delivered"
	Quarantined Fate = "Quarantined"
	Rejected    Fate = "Rejected"
)

var fates = [...]Fate{Delivered, Quarantined, Rejected}

// drawnSenders is how many senders have a ribbon of their own.
const drawnSenders = 8

// narrowest is the least width of a ribbon, in thousandths of all messages: one
// that has any can be seen.
const narrowest = 8

func (f Flow) split() Split { return sumSplits(f.Senders) }

func sumSplits(rows []SplitRow) (s Split) {
	for _, r := range rows {
		s.Passing += r.Split.Passing
		s.Forwarded += r.Split.Forwarded
		s.Fix += r.Split.Fix
		s.Unknown += r.Split.Unknown
	}
	return s
}

// summary is the chart in one sentence, for who cannot see it.
func (f Flow) summary() string {
	s := f.split()
	text := format.Of(s.Total(), "message", "messages") + " from " + format.Of(len(f.Senders), "sender", "senders") + ": " + s.summary()
	if len(f.Fates) > 0 {
		var parts []string
		for _, fate := range fates {
			parts = append(parts, strings.ToLower(string(fate))+" "+format.Count(f.suffered(fate)))
		}
		text += ". Receivers: " + strings.Join(parts, ", ")
	}
	return text + ". The table below has every sender."
}

func (f Flow) suffered(fate Fate) (n int64) {
	for _, x := range f.Fates {
		if x.Fate == fate {
			n += x.Messages
		}
	}
	return n
}

// fate is what receivers did with a class, zero when nothing.
func (f Flow) fate(c Class, fate Fate) FlowFate {
	i := slices.IndexFunc(f.Fates, func(x FlowFate) bool { return x.Class == c && x.Fate == fate })
	if i < 0 {
		return FlowFate{}
	}
	return f.Fates[i]
}

// drawn returns the largest senders and, as the last one, all others; ordered
// by the class that most of their messages have, so that ribbons rarely cross.
func (f Flow) drawn() []SplitRow {
	rows := slices.Clone(f.Senders)
	slices.SortStableFunc(rows, func(a, b SplitRow) int { return cmp.Compare(b.Split.Total(), a.Split.Total()) })
	var others []SplitRow
	if len(rows) > drawnSenders+1 {
		rows, others = rows[:drawnSenders], rows[drawnSenders:]
	}
	slices.SortStableFunc(rows, func(a, b SplitRow) int { return cmp.Compare(a.Split.largest(), b.Split.largest()) })
	if len(others) > 0 {
		rows = append(rows, SplitRow{Name: format.Of(len(others), "other", "others"), Href: f.OthersHref, Split: sumSplits(others)})
	}
	return rows
}

// largest is the index in Classes of the class with the most messages.
func (s Split) largest() int {
	best := 0
	for i, c := range Classes {
		if s.of(c) > s.of(Classes[best]) {
			best = i
		}
	}
	return best
}

type flowJSON struct {
	Nodes []flowNodeJSON `json:"nodes"`
	Links []flowLinkJSON `json:"links"`
	Total int64          `json:"total"`
}

type flowNodeJSON struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Level int    `json:"level"`
	N     int64  `json:"n"`
	Class Class  `json:"class,omitempty"`
	Href  string `json:"href,omitempty"`
}

type flowLinkJSON struct {
	From  string `json:"from"`
	To    string `json:"to"`
	N     int64  `json:"n"`
	Width int64  `json:"width"`
	Class Class  `json:"class"`
	Href  string `json:"href,omitempty"`
}

// data is what scripts/flow.js draws.
func (f Flow) data() flowJSON {
	all := f.split()
	out := flowJSON{Nodes: []flowNodeJSON{}, Links: []flowLinkJSON{}, Total: all.Total()}
	for i, s := range f.drawn() {
		id := "s" + strconv.Itoa(i)
		out.Nodes = append(out.Nodes, flowNodeJSON{ID: id, Name: s.Name, N: s.Split.Total(), Class: Classes[s.Split.largest()], Href: s.Href})
		for _, c := range Classes {
			out.link(flowLinkJSON{From: id, To: string(c), N: s.Split.of(c), Class: c, Href: s.Href})
		}
	}
	for _, c := range Classes {
		if n := all.of(c); n > 0 {
			out.Nodes = append(out.Nodes, flowNodeJSON{ID: string(c), Name: c.Word(), Level: 1, N: n, Class: c, Href: f.classHref(c)})
		}
		for _, fate := range fates {
			x := f.fate(c, fate)
			out.link(flowLinkJSON{From: string(c), To: string(fate), N: x.Messages, Class: c, Href: x.Href})
		}
	}
	for _, fate := range fates {
		if n := f.suffered(fate); n > 0 {
			out.Nodes = append(out.Nodes, flowNodeJSON{ID: string(fate), Name: string(fate), Level: 2, N: n})
		}
	}
	return out
}

func (j *flowJSON) link(l flowLinkJSON) {
	if l.N > 0 {
		l.Width = max(l.N, j.Total*narrowest/1000, 1)
		j.Links = append(j.Links, l)
	}
}

func (f Flow) classHref(c Class) string {
	if f.ClassHref == nil {
		return ""
	}
	return f.ClassHref(c)
}
