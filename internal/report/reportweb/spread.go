package reportweb

import (
	"net/url"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// narrow makes a page about some messages of a domain: a verdict would judge a
// part as if it were the whole.
func (p *DomainPage) narrow(sum report.Summary) {
	var s report.Split
	for _, d := range sum.Days {
		s = s.Add(d.Split)
	}
	p.Headline = "No message of " + p.Name + " is like this."
	if n := s.Total(); n > 0 {
		p.Headline = format.Percent(s.Passing, n) + " of " + format.Of(n, "message", "messages") + " like these passed."
	}
	p.Advice, p.Action = "A verdict needs all mail of the domain: remove the filters to see it.", ui.Link{}
	p.Empty = ui.Nothing{}
	if s.Total() == 0 {
		p.Empty = nothingIn("Remove a filter, or choose a longer time.")
	}
}

// spread draws where the messages of a domain come from and go to.
func (p *DomainPage) spread(a org.Access, rest string, query url.Values, f report.Filter, sum report.Summary, s report.Spread, h *Web) {
	here := func(name, value string) string { return path(a, rest, with(query, name, value)) }
	p.Flow = ui.Flow{ID: "flow", Since: p.Span, OthersHref: p.SendersHref, ClassHref: func(c ui.Class) string { return here("class", string(c)) }}
	for _, t := range sum.Senders {
		p.Flow.Senders = append(p.Flow.Senders, ui.SplitRow{Name: sender.Name(t.Sender), Href: here("sender", t.Sender), Split: split(t.Split)})
	}
	for _, x := range s.Fates {
		p.Flow.Fates = addFate(p.Flow.Fates, classes[x.Class], x.Disposition, x.Messages)
	}
	p.Countries = ui.Countries{ID: "countries", Since: p.Span}
	for _, x := range s.Countries {
		p.Countries = addCountry(p.Countries, *x.Country, classes[x.Class], x.Messages, here)
	}
	p.Receivers = h.receivers(a, with(query, "domain", p.Name), f, s.Receivers)
	for _, x := range s.Receivers {
		if n := len(p.Reporters); n == 0 || p.Reporters[n-1].Name != x.Reporter {
			p.Reporters = append(p.Reporters, ReporterRow{Name: x.Reporter, Href: path(a, "reports", with(with(query, "domain", p.Name), "reporter", x.Reporter))})
		}
		r := &p.Reporters[len(p.Reporters)-1]
		r.Reports, r.Messages, r.Passing, r.Last = r.Reports+x.Reports, r.Messages+x.Messages, r.Passing+x.Aligned, format.When(x.LastDay, h.now())
	}
}

// addFate adds messages with a disposition to the fates of their class.
func addFate(fates []ui.FlowFate, c ui.Class, d dmarcrpt.Disposition, n int64) []ui.FlowFate {
	fate := ui.Delivered
	switch d {
	case dmarcrpt.DispositionQuarantine:
		fate = ui.Quarantined
	case dmarcrpt.DispositionReject:
		fate = ui.Rejected
	}
	for i := range fates {
		if fates[i].Class == c && fates[i].Fate == fate {
			fates[i].Messages += n
			return fates
		}
	}
	return append(fates, ui.FlowFate{Class: c, Fate: fate, Messages: n})
}

// addCountry adds messages of a class from a country.
func addCountry(all ui.Countries, code string, c ui.Class, n int64, here func(name, value string) string) ui.Countries {
	if code == "" {
		all.Unknown += n
		return all
	}
	i := slices.IndexFunc(all.Rows, func(r ui.CountryRow) bool { return r.Code == code })
	if i < 0 {
		i, all.Rows = len(all.Rows), append(all.Rows, ui.CountryRow{Code: code, Href: here("country", code)})
	}
	all.Rows[i].Split = all.Rows[i].Split.With(c, n)
	return all
}

// shownReceivers bounds the picture of receivers.
const shownReceivers = 20

// receivers draws what each receiver reported per day, or per week of a long time.
func (h *Web) receivers(a org.Access, query url.Values, f report.Filter, list []report.ReceiverDay) ui.HeatMap {
	m := ui.HeatMap{Label: "Share passing per receiver and day", Head: "Receiver", Outcome: "passed"}
	step := f.SpreadStep()
	if step > 1 {
		m.Label = "Share passing per receiver and week"
	}
	for d := f.From; !d.After(f.To); d = d.AddDate(0, 0, step) {
		m.Days = append(m.Days, format.ISODay(d))
	}
	row := -1
	for _, x := range list {
		if row < 0 || m.Rows[row].Name != x.Reporter {
			if len(m.Rows) == shownReceivers {
				break
			}
			row++
			m.Rows = append(m.Rows, ui.HeatRow{Name: x.Reporter, Href: path(a, "reports", with(query, "reporter", x.Reporter)), Cells: make([]ui.HeatCell, len(m.Days))})
		}
		at := int(x.Day.Sub(f.From)/(24*time.Hour)) / step
		cell := &m.Rows[row].Cells[at]
		cell.Part, cell.Whole = cell.Part+x.Aligned, cell.Whole+x.Messages
		if cell.Href == "" {
			from := f.From.AddDate(0, 0, at*step)
			to := from.AddDate(0, 0, step-1)
			if to.After(f.To) {
				to = f.To
			}
			cell.Href = path(a, "reports", with(with(with(query, "reporter", x.Reporter), "from", format.ISODay(from)), "to", format.ISODay(to)))
		}
	}
	return m
}
