package mailboxweb

import (
	"net/http"
	"slices"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/fault"
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
		c := counts(all[m.ID])
		hl, err := h.healthOf(r, a, m, c)
		if err != nil {
			return err
		}
		p.Mailboxes = append(p.Mailboxes, Row{
			Href: nextStep(a, m), Name: m.Username, Host: m.Host, Tone: hl.tone, Health: hl.word, Sentence: hl.sentence,
			LastPoll: h.when(m.LastPollAt), LastReport: h.when(m.LastReportAt),
			Reports: c.counted(), Refused: c.uncounted(),
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

// Show shows one mailbox.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	if !m.Connected() {
		return httpio.See(w, r, nextStep(a, m))
	}
	c, err := h.Reports.MailboxCounts(r.Context(), a.ID, m.ID, h.now().Add(-recent))
	if err != nil {
		return err
	}
	hl := healthOf(m, c, h.now())
	p := MailboxPage{
		Page: h.frame(w, r, m.Username, listLink(a)), Name: m.Title(), Tone: hl.tone, Sentence: hl.sentence, Advice: hl.advice,
		Busy: m.State == mailbox.Importing && m.Failure == nil, FragmentHref: r.URL.Path, OnlyMarked: m.OnlyMarked,
		LastPoll: h.when(m.LastPollAt), NextPoll: h.when(m.NextAt), LastReport: h.when(m.LastReportAt), Settings: h.settingLines(m),
		ReceiptsHref: receiptsOf(a, m.ID, "all"),
	}
	if p.Busy {
		p.Page.Refresh = 5
	}
	if a.Role.May(org.ManageMailboxes) {
		p.CheckAction, p.DeleteHref, p.EditHref, p.ReadAgainHref = below(a, m.ID, "check"), below(a, m.ID, "delete"), below(a, m.ID, "edit"), below(a, m.ID, "read-again")
		if p.Resume = m.State == mailbox.Paused; !p.Resume {
			p.PauseAction = below(a, m.ID, "pause")
		} else if m.Failure != nil {
			p.Renew = h.granted(a, m)
		}
	}
	if err := h.fillCounts(r, a, m, c, &p); err != nil {
		return err
	}
	p.Delete = h.deletePage(w, r, a, m, counts(c).counted())
	if httpio.Fragment(r) {
		return httpio.OK(w, r, StateFragment(p))
	}
	return httpio.OK(w, r, Mailbox(p))
}

// fillCounts adds what became of the mailbox's mails, and its import.
func (h *Web) fillCounts(r *http.Request, a org.Access, m mailbox.Mailbox, c counts, p *MailboxPage) error {
	for _, v := range report.Verdicts {
		if c[v] > 0 {
			p.Verdicts = append(p.Verdicts, VerdictCount{Verdict: ui.Verdict(v), Count: c[v], Href: receiptsOf(a, m.ID, string(v))})
		}
	}
	run, ok, err := h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.ImportRun)
	if err != nil {
		return err
	}
	if ok && run.State == mailbox.RunRunning {
		p.Import = Import{
			Running: true, Progress: ui.NewProgress(run.Done, run.Total, run.Rate(), run.Left()),
			Accepted: c.counted(), Known: c[report.Known], Refused: c.uncounted(),
		}
		if p.Import.Kept, err = h.kept(r, a); err != nil {
			return err
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

// afterWords say what happens to a report mail that was imported.
func afterWords(after mailbox.AfterImport, to string) string {
	switch after {
	case mailbox.MarkSeen:
		return "is marked as read"
	case mailbox.Move:
		return "is moved to " + to
	case mailbox.Delete:
		return "is deleted"
	case mailbox.LeaveUntouched:
	}
	return "stays exactly as it is"
}

// settingLines are the settings for people, without the secret.
func (h *Web) settingLines(m mailbox.Mailbox) []Setting {
	security := "TLS from the start"
	if m.Security == mailfetch.STARTTLS {
		security = "STARTTLS"
	}
	lines := []Setting{
		{"Server", m.Host + ", port " + strconv.Itoa(m.Port) + ", " + protocolNames[m.Protocol] + ", " + security}, {"User name", m.Username},
	}
	if m.SignIn != mailbox.ByPassword {
		lines = append(lines, Setting{"Signed in through", h.providerName(m.SignIn)})
	}
	if m.Protocol.Ordered() {
		from := "everything there is"
		if m.ReadFrom != nil {
			from = "mail since " + format.Day(*m.ReadFrom)
		}
		lines = append(lines, Setting{"Folder", m.Folder}, Setting{"Read back", from})
	}
	return append(lines, Setting{"A report mail that was imported", afterWords(m.AfterImport, m.MoveTo)})
}

var protocolNames = map[mailfetch.Protocol]string{mailfetch.IMAP: "IMAP", mailfetch.POP3: "POP3"}

// CheckNow has the mailbox read at once, also a paused one.
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

// Pause stops reading a mailbox until somebody resumes it.
func (h *Web) Pause(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	if err := h.Mailboxes.Pause(r.Context(), a, m.ID); err != nil {
		return err
	}
	h.Flash(w, "The mailbox is paused. New reports wait in it until you resume.")
	return httpio.See(w, r, below(a, m.ID, ""))
}

// AskReadAgain asks before a mailbox is read from its start.
func (h *Web) AskReadAgain(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, ReadAgain(h.readAgainPage(w, r, a, m)))
}

func (h *Web) readAgainPage(w http.ResponseWriter, r *http.Request, a org.Access, m mailbox.Mailbox) ReadAgainPage {
	return ReadAgainPage{
		Page: h.frame(w, r, "Read from the start", listLink(a)), Action: below(a, m.ID, "read-again"), CancelHref: nextStep(a, m),
		Mailbox: m.Title(), Ordered: m.Protocol.Ordered(), Since: h.sinceOf(m), After: m.AfterImport != mailbox.LeaveUntouched,
	}
}

// ReadAgain has a mailbox read from its start.
func (h *Web) ReadAgain(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	err = h.Mailboxes.ReadAgain(r.Context(), a, m.ID, daysOf(r.PostFormValue("since")))
	if fault.Is(err, fault.Invalid) {
		p := h.readAgainPage(w, r, a, m)
		p.Error = formErrors(err)["since"]
		return httpio.Again(w, r, ReadAgain(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, "The mailbox is being read from its start. Reports that are stored are not counted twice.")
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
	c, err := h.Reports.MailboxCounts(r.Context(), a.ID, m.ID, time.Time{})
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Delete(h.deletePage(w, r, a, m, counts(c).counted())))
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
