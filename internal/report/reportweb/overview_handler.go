package reportweb

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Overview shows how the organization's domains stand.
func (h *Web) Overview(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	domains, err := h.Domains.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	boxes, err := h.Mailboxes.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	banner, err := h.importing(r, a, boxes)
	if err != nil {
		return err
	}
	if banner.Running && query.Get("days") == "" {
		query.Set("days", strconv.Itoa(ui.LongestRange)) // the oldest mails come first: show them come
	}
	f := h.rangeFilter(query, domains)
	sum, err := h.Reports.Summarise(r.Context(), a.ID, f)
	if err != nil {
		return err
	}
	if len(boxes) == 0 && sum.Ever == 0 {
		return httpio.See(w, r, path(a, "welcome", nil))
	}
	p := OverviewPage{
		Page: h.frame(w, r, ui.OverviewSection, "Overview"), Import: banner,
		Days: dayChoices(a, "", query), DomainFilter: domainChoices(a, "", query, domains),
		Span: format.Span(f.From, f.To), MailboxesHref: path(a, "mailboxes", nil), ConnectHref: path(a, "mailboxes/new", nil),
	}
	if banner.Running {
		p.FragmentHref, p.Page.Refresh = path(a, "", with(with(r.URL.Query(), "show", ""), "of", "")), 5
	}
	if p.State = overviewState(sum, boxes); p.State == NoMailbox && len(boxes) > 0 {
		p.Unfinished, p.ConnectHref = boxes[0].Username, path(a, "mailboxes/"+boxes[0].ID.String(), nil) // where its set-up goes on
	}
	if p.SetUp = setUp(a, query, boxes, domains, sum); banner.Running || p.State == NoMailbox {
		p.SetUp = ui.Checklist{} // the page itself says what comes next
	}
	p.GroupFilter = groupPicker(a, "", r.URL.Query(), domains)
	if err := h.fillOverview(&p, a, r, query, f, sum, domains); err != nil {
		return err
	}
	if httpio.Fragment(r) && query.Get("show") == "" {
		return httpio.OK(w, r, OverviewFragment(p))
	}
	if p.Drawer, err = h.drawer(r, a, "", query, f, domains); err != nil {
		return err
	}
	return httpio.OK(w, r, Overview(p))
}

func overviewState(sum report.Summary, boxes []mailbox.Mailbox) OverviewState {
	switch {
	case len(sum.Days) > 0:
		return HasNumbers
	case sum.Ever > 0:
		return NoneInDays
	case !slices.ContainsFunc(boxes, mailbox.Mailbox.Connected):
		return NoMailbox
	}
	return NoReports
}

// importing returns the banner of the first import that runs.
func (h *Web) importing(r *http.Request, a org.Access, boxes []mailbox.Mailbox) (ImportBanner, error) {
	for _, m := range boxes {
		if m.State != mailbox.Importing {
			continue
		}
		run, _, err := h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.ImportRun) // without one it is about to begin
		if err != nil {
			return ImportBanner{}, err
		}
		return ImportBanner{Running: true, Mailbox: m.Username, Href: path(a, "mailboxes/"+m.ID.String(), nil), Progress: ui.NewProgress(run.Done, run.Total, run.Rate(), run.Left())}, nil
	}
	return ImportBanner{}, nil
}

func (h *Web) fillOverview(p *OverviewPage, a org.Access, r *http.Request, query url.Values, f report.Filter, sum report.Summary, domains []domain.Domain) error {
	blockers := sum.Blockers()
	var all report.Split
	for _, d := range sum.Days {
		all = all.Add(d.Split)
	}
	p.Headline, p.Advice, p.Doubts = headline(all, len(blockers)), advice(blockers), doubts(a, query, sum)
	switch {
	case p.State == NoMailbox:
		p.Headline = "Your reports are not read yet."
	case p.Import.Running && len(sum.Days) == 0:
		p.Headline = "Your first reports are being read."
	case p.Import.Running:
		// Nobody can be told "nobody needs you" from a part of the reports.
		p.Headline, p.Advice, blockers = soFar(all), "", nil
	case p.State == NoReports:
		p.Headline = "Connected. No report has arrived yet."
		p.Record = ui.NewRecord("", a.Email, path(a, "welcome", nil))
	}
	if len(blockers) > 0 {
		first := senderRow(a, query, blockers[0], false)
		p.Action = ui.Link{Text: "Look at " + first.Name + " first", Href: first.Href}
	}
	p.Verdicts = verdictRows(a, query, sum)
	for i := range p.Verdicts {
		if v := &p.Verdicts[i]; p.Import.Running {
			v.Tone, v.Sentence, v.Blockers, v.Others = ui.Plain, "The verdict follows when the import has ended.", nil, ""
		}
	}
	p.Volume = h.volume(a, query, f, sum)
	p.SenderCount, p.SendersHref = sum.SenderCount, path(a, "senders", with(query, "from", ""))
	first := sum.Senders[:min(len(sum.Senders), 8)]
	trends, err := h.Reports.SenderTrends(r.Context(), a.ID, f, first)
	if err != nil {
		return err
	}
	p.Senders = senderRows(a, query, first, trends, len(domains) > 1)
	for i := range p.Senders {
		s := &p.Senders[i]
		s.Href = path(a, "", with(with(query, "show", s.Key), "of", s.Domain))
	}
	p.Reports = reportRows(a, sum.Reports, func(l report.Line) format.Time { return format.When(l.StoredAt, h.now()) })
	p.ReportCount, p.ReportsHref = sum.ReportCount, path(a, "reports", query)
	p.Problems, p.ProblemCount, p.ProblemsHref = h.receiptRows(a, sum.Problems), sum.ProblemCount, path(a, "receipts", nil)
	p.Suggestions, p.Waiting = suggestions(a, sum.Suggestions, ""), h.waitingOf(a, sum.Waiting, "")
	return nil
}

// senderRows are senders with their trends.
func senderRows(a org.Access, query url.Values, senders []report.SenderTotal, trends []report.Trend, manyDomains bool) []SenderRow {
	rows := make([]SenderRow, len(senders))
	for i, s := range senders {
		rows[i] = senderRow(a, query, s, manyDomains)
		rows[i].Trend = ui.Trend(trends[i])
	}
	return rows
}

// explainedDomains is how many domains of the overview say what to do about
// the senders in their way; the others say it on their own page.
const explainedDomains = 3

// verdictRows lists the domains, those that need a person first.
func verdictRows(a org.Access, query url.Values, sum report.Summary) []VerdictRow {
	var rows []VerdictRow
	explained := 0
	for _, standing := range order {
		for _, d := range sum.Domains {
			as := sum.Assess(d.ID)
			if as.Standing != standing {
				continue
			}
			row := VerdictRow{Domain: d.Name.String(), Href: path(a, "domains/"+d.Name.String(), inDays(query)), Standing: as.Standing, Tone: tones[as.Standing],
				Sentence: verdictSentence(as, d), Policy: policyTag(d.Policy), Split: split(d.Split)}
			if n := as.On.Total(); n > 0 && n < d.Total() {
				row.Judged = "The verdict goes by the " + format.Count(n) + " of them that came in authenticated reports."
			}
			row.Blockers, row.Others = blockerRows(a, query, as)
			if len(row.Blockers) > 0 {
				explained++
			}
			if explained > explainedDomains {
				for i := range row.Blockers {
					row.Blockers[i].Fixes = nil
				}
			}
			rows = append(rows, row)
		}
	}
	return rows
}

// order is the standings from the one that most needs a person.
var order = [...]report.Standing{
	report.Losing, report.NotSafe, report.Foreign, report.OpenSubdomains, report.Testing, report.MuchForwarded, report.SafeToGo, report.OneReceiver,
	report.Growing, report.TooEarly, report.Enforced, report.Parked, report.Silent, report.NoData,
}

func policyTag(p string) string {
	if p == "" {
		return ""
	}
	return "p=" + p
}

// suggestions are domains that reports wait for; within chooses those below a
// domain, "" all.
func suggestions(a org.Access, list []report.Suggestion, within fqdn.Name) []Suggestion {
	var out []Suggestion
	if !a.Role.May(org.ManageDomains) {
		return nil // a button that answers "you cannot" is no help
	}
	for _, s := range list {
		if within == "" || s.Name.Within(within) {
			out = append(out, Suggestion{Domain: s.Name.String(), Reports: s.Reports, Action: path(a, "domains", nil)})
		}
	}
	return out
}
