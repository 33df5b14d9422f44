package mailboxweb

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// recent is the time that counts on a mailbox's page are about.
const recent = 30 * 24 * time.Hour

// lastReceipts is how many mails a mailbox's page lists.
const lastReceipts = 50

// ListMailboxes lists the organization's mailboxes.
func (h *Web) ListMailboxes(w http.ResponseWriter, r *http.Request, a org.Access) error {
	boxes, err := h.Mailboxes.List(r.Context(), a.ID)
	if err != nil {
		return err
	}
	p := ListPage{Page: h.frame(w, r, "Mailboxes")}
	if a.Role.May(org.ManageMailboxes) {
		p.ConnectHref = path(a, "mailboxes/new")
	}
	all, err := h.Reports.CountsByMailbox(r.Context(), a.ID, h.now().Add(-recent))
	if err != nil {
		return err
	}
	for _, m := range boxes {
		counts, hl := all[m.ID], healthOf(m)
		p.Mailboxes = append(p.Mailboxes, Row{
			Href: nextStep(a, m), Name: m.Username, Host: m.Host, Tone: hl.tone, Health: hl.word, Sentence: hl.sentence,
			LastPoll: h.when(m.LastPollAt), LastReport: h.when(m.LastReportAt),
			Reports: counts[report.Accepted] + counts[report.Repaired], Refused: counts[report.Refused] + counts[report.Held] + counts[report.Conflict],
		})
	}
	slices.SortStableFunc(p.Mailboxes, func(x, y Row) int { return urgency(x.Tone) - urgency(y.Tone) })
	return httpio.OK(w, r, List(p))
}

func urgency(t ui.Tone) int {
	return map[ui.Tone]int{ui.Bad: 0, ui.Warning: 1, ui.Info: 2, ui.Good: 3}[t]
}

func (h *Web) when(t *time.Time) format.Time {
	if t == nil {
		return format.Time{}
	}
	return format.When(*t, h.now())
}

// health is a mailbox's state in words.
type health struct {
	tone           ui.Tone
	word, sentence string
}

func healthOf(m mailbox.Mailbox) health {
	switch {
	case m.State == mailbox.Paused:
		return health{ui.Bad, "Paused", *m.Failure + " Reading has stopped until you change something."}
	case m.Failure != nil && m.Failures > 0:
		return health{ui.Warning, "Retrying", *m.Failure}
	}
	switch m.State {
	case mailbox.Testing:
		return health{ui.Info, "Not connected", "The connection test has not passed yet."}
	case mailbox.Scanning:
		return health{ui.Info, "Looking", "Its newest mails are being looked through for domains."}
	case mailbox.Choosing:
		return health{ui.Warning, "Waiting for you", "Choose the domains whose reports are imported."}
	case mailbox.Importing:
		return health{ui.Info, "Importing", "Everything up to now is being read."}
	}
	return health{ui.Good, "Working", "Works. New mail is read every 15 minutes."}
}

// Show shows one mailbox.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	if !m.Connected() {
		return httpio.See(w, r, nextStep(a, m))
	}
	hl := healthOf(m)
	p := MailboxPage{
		Page: h.frame(w, r, m.Username, listLink(a)), Name: m.Title(), Tone: hl.tone, Sentence: hl.sentence,
		Busy: m.State == mailbox.Importing, FragmentHref: r.URL.Path,
		LastPoll: h.when(m.LastPollAt), NextPoll: h.when(m.NextAt), LastReport: h.when(m.LastReportAt), Settings: h.settingLines(m),
		ReceiptsHref: receiptsOf(a, m.ID, "all"),
	}
	if p.Busy {
		p.Page.Refresh = 5
	}
	if m.Failure != nil && m.Advice != nil {
		p.Advice = *m.Advice
	}
	if a.Role.May(org.ManageMailboxes) {
		p.CheckAction, p.DeleteHref, p.EditHref = below(a, m.ID, "check"), below(a, m.ID, "delete"), below(a, m.ID, "edit")
	}
	if err := h.fillCounts(r, a, m, &p); err != nil {
		return err
	}
	p.Delete = h.deletePage(w, r, a, m, p.stored())
	if httpio.Fragment(r) {
		return httpio.OK(w, r, StateFragment(p))
	}
	return httpio.OK(w, r, Mailbox(p))
}

// stored returns how many reports of the last 30 days are counted.
func (p MailboxPage) stored() (n int64) {
	for _, v := range p.Verdicts {
		if v.Verdict == ui.Accepted || v.Verdict == ui.Repaired {
			n += v.Count
		}
	}
	return n
}

// fillCounts adds what became of the mailbox's mails, and its import.
func (h *Web) fillCounts(r *http.Request, a org.Access, m mailbox.Mailbox, p *MailboxPage) error {
	counts, err := h.Reports.MailboxCounts(r.Context(), a.ID, m.ID, h.now().Add(-recent))
	if err != nil {
		return err
	}
	for _, v := range report.Verdicts {
		if counts[v] > 0 {
			p.Verdicts = append(p.Verdicts, VerdictCount{Verdict: ui.Verdict(v), Count: counts[v], Href: receiptsOf(a, m.ID, string(v))})
		}
	}
	run, ok, err := h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.ImportRun)
	if err != nil {
		return err
	}
	if ok && run.State == mailbox.RunRunning {
		p.Import = Import{
			Running: true, Progress: ui.NewProgress(run.Done, run.Total, run.Rate(), run.Left()),
			Accepted: counts[report.Accepted] + counts[report.Repaired], Known: counts[report.Known],
			Refused: counts[report.Refused] + counts[report.Held] + counts[report.Conflict],
		}
	}
	list, _, err := h.Reports.Receipts(r.Context(), a.ID, report.ReceiptQuery{Mailbox: m.ID, Limit: lastReceipts})
	if err != nil {
		return err
	}
	for _, rec := range list {
		row := ui.Receipt{Href: path(a, "receipts/"+strconv.FormatInt(int64(rec.ID), 10)), Verdict: ui.Verdict(rec.Verdict), What: rec.Title(),
			Received: format.When(rec.CameAt(), h.now()), Size: format.Bytes(rec.Size), Messages: rec.Messages}
		if rec.Reason != nil {
			row.Reason = rec.Reason.Sentence()
		}
		p.Receipts = append(p.Receipts, row)
	}
	return nil
}

func stepState(s mailfetch.StepState) ui.StepState {
	switch s {
	case mailfetch.Done:
		return ui.StepDone
	case mailfetch.Failed:
		return ui.StepFailed
	}
	return ui.StepRunning
}

// settingLines are the settings for people, without the password.
func (h *Web) settingLines(m mailbox.Mailbox) []Setting {
	security := "TLS from the start"
	if m.Security == mailfetch.STARTTLS {
		security = "STARTTLS"
	}
	after := "stays exactly as it is"
	if m.AfterImport == mailbox.MarkSeen {
		after = "is marked as read"
	}
	from := "everything there is"
	if m.ReadFrom != nil {
		from = "mail since " + format.Day(*m.ReadFrom)
	}
	return []Setting{
		{"Server", m.Host + ", port " + strconv.Itoa(m.Port) + ", " + security}, {"User name", m.Username}, {"Folder", m.Folder},
		{"Read back", from}, {"A report mail that was imported", after},
	}
}

// CheckNow has the mailbox read at once.
func (h *Web) CheckNow(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	if err := h.Mailboxes.CheckNow(r.Context(), a, m.ID); err != nil {
		return err
	}
	h.Flash(w, "The mailbox is being read now.")
	return httpio.See(w, r, below(a, m.ID, ""))
}

func (h *Web) deletePage(w http.ResponseWriter, r *http.Request, a org.Access, m mailbox.Mailbox, reports int64) DeletePage {
	p := DeletePage{Page: h.frame(w, r, "Delete the mailbox", listLink(a)), CancelHref: nextStep(a, m), Mailbox: m.Title(), Reports: reports}
	if a.Role.May(org.ManageMailboxes) {
		p.Action = below(a, m.ID, "delete")
	}
	return p
}

// AskDelete asks before a mailbox is deleted.
func (h *Web) AskDelete(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	counts, err := h.Reports.MailboxCounts(r.Context(), a.ID, m.ID, time.Time{})
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Delete(h.deletePage(w, r, a, m, counts[report.Accepted]+counts[report.Repaired])))
}

// Delete removes a mailbox with its password.
func (h *Web) Delete(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	if err := h.Mailboxes.Delete(r.Context(), a, m.ID); err != nil {
		return err
	}
	h.Flash(w, "The mailbox and its password are deleted. Its reports stay.")
	return httpio.See(w, r, path(a, "mailboxes"))
}
