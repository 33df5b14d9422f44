package reportweb

import (
	"net/url"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// VerdictPanel answers whether a domain can enforce, why, and what that would
// do. It goes by what somebody vouches for.
type VerdictPanel struct {
	Domain   string
	Span     string // the days it is about
	Tone     ui.Tone
	Sentence string
	Step     string // what to do next; may be empty
	Evidence []EvidenceLine
	Blockers []BlockerRow
	Others   string      // "and 12 more": blockers that are not in the list; may be empty
	Impacts  []ImpactRow // quarantine, then reject; empty when nothing was reported
}

// EvidenceLine is one finding in a sentence.
type EvidenceLine struct {
	Tone  ui.Tone // Good or Warning
	Words string
}

// BlockerRow is a sender that stands in the way, and how its mail is made to pass.
type BlockerRow struct {
	Name   string
	Href   string
	Lost   string // "412 of 812 messages fail"
	Fixes  []Fix
	Source ui.Link // of the fixes; zero for general advice
}

// ImpactRow is what one policy would have changed.
type ImpactRow struct {
	Policy   string // "p=reject"
	Affected int64
	Of       int64 // all messages
	Split    ui.Split
	Sentence string       // "412 more messages refused, 87 of them forwarded"
	Parts    []ImpactLink // the classes that are affected
	Worst    []ImpactLink // the senders that are affected most
	Stopped  string       // what receivers stopped already; may be empty
}

// ImpactLink leads to affected messages.
type ImpactLink struct {
	Class    ui.Class
	Text     string
	Href     string
	Messages int64
}

// shownBlockers is how many senders in the way of a domain are listed.
const shownBlockers = 5

// NewVerdictPanel judges one of the domains of a summary. query is that of the
// page, from which the days of every link are taken; failing is empty where
// nothing is simulated.
func NewVerdictPanel(a org.Access, query url.Values, d report.DomainTotal, sum report.Summary, failing []report.Failing) VerdictPanel {
	as := sum.Assess(d.ID)
	as.On.Name = d.Name
	p := VerdictPanel{Domain: d.Name.String(), Tone: tones[as.Standing], Sentence: verdictSentence(as, d), Step: nextStep(as)}
	for _, e := range as.Evidence {
		line := EvidenceLine{Tone: ui.Warning, Words: evidenceWords(e, as.On)}
		if e.Holds {
			line.Tone = ui.Good
		}
		p.Evidence = append(p.Evidence, line)
	}
	p.Blockers, p.Others = blockerRows(a, query, as)
	if total := as.On.Total(); total > 0 {
		filter := with(query, "domain", d.Name.String())
		for _, policy := range []string{"quarantine", "reject"} {
			p.Impacts = append(p.Impacts, impactRow(a, filter, report.Simulate(failing, policy), total))
		}
	}
	return p
}

// blockerRows are the first senders in the way of a domain, and how many more
// there are, in words.
func blockerRows(a org.Access, query url.Values, as report.Assessment) (rows []BlockerRow, others string) {
	for _, b := range as.Blockers[:min(len(as.Blockers), shownBlockers)] {
		rows = append(rows, blockerRow(a, query, b))
	}
	if more := len(as.Blockers) - len(rows); more > 0 {
		others = "and " + format.Of(more, "other sender", "other senders")
	}
	return rows, others
}

func blockerRow(a org.Access, query url.Values, b report.SenderTotal) BlockerRow {
	row := BlockerRow{Name: sender.Name(b.Sender), Href: senderRow(a, query, b, false).Href,
		Lost: format.Count(b.Fix) + " of " + format.Of(b.Total(), "message fails", "messages fail")}
	row.Fixes, row.Source = fixes(b.Sender, b.Domain.String(), b.DKIM > 0)
	return row
}

// does and done say what becomes of failing mail under a policy, and what has
// become of it already.
var (
	does = map[string]string{"quarantine": "put into the spam folder", "reject": "refused"}
	done = map[string]string{"quarantine": "in spam folders or refused already", "reject": "refused already"}
)

func impactRow(a org.Access, filter url.Values, i report.Impact, total int64) ImpactRow {
	n := i.Affected.Total()
	row := ImpactRow{Policy: "p=" + i.Policy, Affected: n, Of: total, Split: split(i.Affected),
		Sentence: format.Of(n, "more message ", "more messages ") + does[i.Policy]}
	if n > 0 {
		row.Sentence += ", " + format.Count(i.Affected.Forwarded) + " of them forwarded"
	}
	if i.Stopped > 0 {
		row.Stopped = format.Of(i.Stopped, "failing message is ", "failing messages are ") + done[i.Policy] + " and not counted here."
	}
	link := func(f url.Values) string {
		if i.Policy == "quarantine" {
			f = with(f, "disposition", "none") // a link has one value: of reject, it leads to what was stopped too
		}
		return path(a, "reports", f)
	}
	for _, part := range []struct {
		class report.Class
		n     int64
	}{{report.NeedsFixing, i.Affected.Fix}, {report.Forwarded, i.Affected.Forwarded}, {report.Unknown, i.Affected.Unknown}} {
		if c := classes[part.class]; part.n > 0 {
			row.Parts = append(row.Parts, ImpactLink{Class: c, Text: c.Word(), Href: link(with(filter, "class", string(c))), Messages: part.n})
		}
	}
	for _, w := range i.Worst {
		c := classes[w.Class]
		row.Worst = append(row.Worst, ImpactLink{Class: c, Text: sender.Name(w.Sender), Messages: w.Messages,
			Href: link(with(with(filter, "class", string(c)), "sender", w.Sender))})
	}
	return row
}
