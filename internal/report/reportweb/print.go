package reportweb

import (
	"time"

	"sendvery.com/sendvery/internal/pdf"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// printed is a summary on its way to paper.
type printed struct {
	of        string // the domain or the organization
	slug      string // the same in names of files
	single    bool   // it is about one domain
	filter    report.Filter
	sum       report.Summary
	reporters []report.ReporterTotal
	doubts    string
	made      time.Time
}

// What of long lists is printed.
const (
	printedDomains   = 40
	printedSenders   = 40
	printedReceivers = 20
	printedFixes     = 8
)

// nameLength is how much of a name a column of the page has room for.
const nameLength = 34

// prints are the colours of the classes on white paper: those of the light theme.
var prints = map[ui.Class]pdf.Color{
	ui.Passing: {Red: 0x10, Green: 0xa3, Blue: 0x8d}, ui.Forwarded: {Red: 0x5a, Green: 0x70, Blue: 0x8f},
	ui.NeedsFixing: {Red: 0xc4, Green: 0x82, Blue: 0x10}, ui.Unknown: {Red: 0x8f, Green: 0x14, Blue: 0x50},
}

// inks are the same for words, dark enough to read.
var inks = map[ui.Class]pdf.Color{
	ui.Passing: {Red: 0x0b, Green: 0x6b, Blue: 0x62}, ui.Forwarded: {Red: 0x43, Green: 0x59, Blue: 0x7a},
	ui.NeedsFixing: {Red: 0x8a, Green: 0x52, Blue: 0x00}, ui.Unknown: {Red: 0x9b, Green: 0x11, Blue: 0x50},
}

// document sets the summary.
func (p printed) document() ([]byte, error) {
	d, err := pdf.New(p.of, p.madeWords(), p.made)
	if err != nil {
		return nil, err
	}
	var all report.Split
	for _, day := range p.sum.Days {
		all = all.Add(day.Split)
	}
	blockers := p.sum.Blockers()
	d.Muted("DMARC reports of " + format.Span(p.filter.From, p.filter.To) + ", days in UTC")
	d.Lead(p.headline(all, len(blockers)))
	for _, words := range []string{advice(blockers), p.doubts} {
		if words != "" {
			d.Text(words)
		}
	}
	if all.Total() == 0 {
		return d.Bytes()
	}
	p.classes(d, all)
	if err := p.volume(d); err != nil {
		return nil, err
	}
	if !p.single {
		p.domains(d)
	}
	p.senders(d)
	p.fixes(d, blockers)
	p.receivers(d)
	return d.Bytes()
}

func (p printed) headline(all report.Split, needed int) string {
	if p.single {
		one := p.sum.Domains[0]
		return verdictSentence(p.sum.Assess(one.ID), one)
	}
	return headline(all, needed)
}

func (p printed) classes(d *pdf.Document, all report.Split) {
	d.Heading("Messages")
	var rows [][]pdf.Cell
	for _, c := range ui.Classes {
		n := part(all, c)
		rows = append(rows, []pdf.Cell{{Text: c.Word(), Color: inks[c], Bold: true}, {Text: c.Meaning()}, {Text: format.Count(n)}, {Text: format.Percent(n, all.Total())}})
	}
	rows = append(rows, []pdf.Cell{{Text: "All", Bold: true}, {}, {Text: format.Count(all.Total()), Bold: true}, {}})
	d.Table([]pdf.Column{{Head: "Class", Width: 4}, {Head: "Meaning", Width: 14}, {Head: "Messages", Width: 3, Right: true}, {Head: "Share", Width: 3, Right: true}}, rows)
}

// part is the messages of one class.
func part(s report.Split, c ui.Class) int64 {
	return map[ui.Class]int64{ui.Passing: s.Passing, ui.Forwarded: s.Forwarded, ui.NeedsFixing: s.Fix, ui.Unknown: s.Unknown}[c]
}

// barsAtMost is up to how many days have a bar each; with more, each week has.
const barsAtMost = 92

func (p printed) volume(d *pdf.Document) error {
	step, title := 1, "Messages per day"
	if p.filter.Days() > barsAtMost {
		step, title = 7, "Messages per week"
	}
	n := (p.filter.Days() + step - 1) / step
	bars := pdf.Bars{Labels: make([]string, n), Number: format.Count[int64]}
	for i := range n {
		bars.Labels[i] = p.filter.From.AddDate(0, 0, i*step).Format("2 Jan")
	}
	for _, c := range ui.Classes {
		s := pdf.Series{Name: c.Word(), Color: prints[c], Values: make([]int64, n)}
		for _, day := range p.sum.Days {
			s.Values[int(day.Day.Sub(p.filter.From)/(24*time.Hour))/step] += part(day.Split, c)
		}
		bars.Series = append(bars.Series, s)
	}
	d.Heading(title)
	return d.Bars(bars)
}

func (p printed) domains(d *pdf.Document) {
	d.Heading("Domains")
	var rows [][]pdf.Cell
	for _, standing := range order {
		for _, one := range p.sum.Domains {
			if as := p.sum.Assess(one.ID); as.Standing == standing && len(rows) < printedDomains {
				passing := format.Percent(one.Passing, one.Total())
				if one.Total() > 0 && one.Own() == 0 {
					passing = noneKnown
				}
				rows = append(rows, []pdf.Cell{{Text: format.Middle(one.Name.String(), nameLength), Bold: true}, {Text: verdictSentence(as, one)},
					{Text: format.Count(one.Total())}, {Text: passing}})
			}
		}
	}
	d.Table([]pdf.Column{{Head: "Domain", Width: 7}, {Head: "Verdict", Width: 11}, {Head: "Messages", Width: 3, Right: true}, {Head: "Passing", Width: 3, Right: true}}, rows)
	p.more(d, int64(len(p.sum.Domains)), printedDomains, "domain", "domains")
}

func (p printed) senders(d *pdf.Document) {
	d.Heading("Senders")
	var rows [][]pdf.Cell
	for _, s := range p.sum.Senders[:min(len(p.sum.Senders), printedSenders)] {
		class := classes[s.Class()]
		name := format.Middle(sender.FullName(s.Sender), nameLength)
		if !p.single {
			name += " as " + format.Middle(s.Domain.String(), nameLength)
		}
		rows = append(rows, []pdf.Cell{{Text: name, Bold: true}, {Text: class.Word(), Color: inks[class]},
			{Text: format.Count(s.Total())}, {Text: format.Percent(s.Passing, s.Total())}, {Text: todo(s)}})
	}
	d.Table([]pdf.Column{{Head: "Sender", Width: 7}, {Head: "Verdict", Width: 3}, {Head: "Messages", Width: 3, Right: true}, {Head: "Passing", Width: 3, Right: true},
		{Head: "What to do", Width: 8}}, rows)
	p.more(d, p.sum.SenderCount, printedSenders, "sender", "senders")
}

// todo says in a few words what to do about a sender.
func todo(s report.SenderTotal) string {
	switch s.Class() {
	case report.NeedsFixing:
		return "Set up DKIM or SPF there before you enforce."
	case report.Forwarded:
		return "Nothing: others pass your mail on."
	case report.Unknown:
		return "Yours? Then set up DKIM or SPF. If not, nothing."
	}
	if s.Mended() {
		return "Nothing: it passes by now."
	}
	return "Nothing: it passes."
}

// fixes says how to set up those of the catalogue that need it.
func (p printed) fixes(d *pdf.Document, blockers []report.SenderTotal) {
	var rows [][]pdf.Cell
	seen := map[string]bool{}
	for _, b := range blockers {
		how, source := fixes(b.Sender, b.Domain.String(), b.DKIM > 0)
		if source.Text == "" || seen[b.Sender] || len(rows) == printedFixes {
			continue
		}
		seen[b.Sender] = true
		for _, f := range how {
			rows = append(rows, []pdf.Cell{{Text: sender.Name(b.Sender), Bold: true}, {Text: f.By}, {Text: f.Words}})
		}
	}
	if len(rows) > 0 {
		d.Heading("How to fix it")
		d.Table([]pdf.Column{{Head: "Sender", Width: 6}, {Head: "Check", Width: 2}, {Head: "What to set up", Width: 16}}, rows)
	}
}

func (p printed) receivers(d *pdf.Document) {
	if len(p.reporters) == 0 {
		return
	}
	d.Heading("Receivers that report")
	var rows [][]pdf.Cell
	for _, r := range p.reporters[:min(len(p.reporters), printedReceivers)] {
		rows = append(rows, []pdf.Cell{{Text: format.Middle(r.Reporter, nameLength), Bold: true}, {Text: format.Count(r.Reports)}, {Text: format.Count(r.Messages)},
			{Text: format.Percent(r.Aligned, r.Messages)}, {Text: format.Day(r.LastDay)}})
	}
	d.Table([]pdf.Column{{Head: "Receiver", Width: 9}, {Head: "Reports", Width: 3, Right: true}, {Head: "Messages", Width: 4, Right: true},
		{Head: "Passing", Width: 4, Right: true}, {Head: "Last day", Width: 4, Right: true}}, rows)
}

// more says that a list goes on.
func (p printed) more(d *pdf.Document, all int64, shown int, one, many string) {
	if rest := all - int64(shown); rest > 0 {
		d.Muted("And " + format.Of(rest, "more "+one, "more "+many) + ": see the pages.")
	}
}
