package mailboxweb

import (
	"net/http"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// DemoKey is the key of the demonstration mailbox among the presets.
const DemoKey = "demo"

// New shows the form of a new mailbox.
func (h *Web) New(w http.ResponseWriter, r *http.Request, a org.Access) error {
	q := r.URL.Query()
	if q.Has("address") {
		return h.find(w, r, a, q.Get("address"))
	}
	return httpio.OK(w, r, Connect(h.connectPage(w, r, a, q.Get("preset"))))
}

// connectPage is the form with what the preset fills in.
func (h *Web) connectPage(w http.ResponseWriter, r *http.Request, a org.Access, chosen string) ConnectPage {
	p := ConnectPage{
		Page: h.frame(w, r, "Connect a mailbox", listLink(a)), Action: path(a, "mailboxes/new"), CancelHref: path(a, "mailboxes"), PrivateHosts: h.PrivateHosts,
		Form: Form{Preset: chosen, Protocol: string(mailfetch.IMAP), Folder: "INBOX", After: string(mailbox.LeaveUntouched), Since: "90"},
	}
	p.Grants, p.Find.Action = h.grants(a), path(a, "mailboxes/new")
	presets := mailbox.Presets()
	if h.Demo != nil {
		presets = append([]mailbox.Preset{h.Demo.Preset}, presets...)
	}
	for _, known := range presets {
		preset := Preset{Name: known.Name, Advice: known.Advice, Chosen: known.Key == chosen,
			Href: path(a, "mailboxes/new") + "?preset=" + known.Key, Demo: known.Key == DemoKey, Complete: known.Host != ""}
		if preset.Chosen {
			p.Form.Host, p.Form.Port, p.Form.Security = known.Host, strconv.Itoa(known.Port), string(known.Security)
			if preset.Demo {
				p.Form.Username = h.Demo.Username
			}
		}
		p.Presets = append(p.Presets, preset)
	}
	return p
}

// Create begins to test a new mailbox.
func (h *Web) Create(w http.ResponseWriter, r *http.Request, a org.Access) error {
	set, form := h.settings(r)
	id, err := h.Mailboxes.Connect(r.Context(), a, set)
	if fault.Is(err, fault.Invalid) {
		p := h.connectPage(w, r, a, form.Preset)
		p.Form, p.Errors = form, formErrors(err)
		return httpio.Again(w, r, Connect(p))
	}
	if err != nil {
		return err
	}
	return httpio.See(w, r, below(a, id, "test"))
}

// settings reads the form. The demonstration's password is filled in here:
// there is nothing to type.
func (h *Web) settings(r *http.Request) (mailbox.Settings, Form) {
	form := Form{
		Preset: r.PostFormValue("preset"), Protocol: r.PostFormValue("protocol"), MoveTo: r.PostFormValue("move"), Host: r.PostFormValue("host"), Port: strings.TrimSpace(r.PostFormValue("port")),
		Security: r.PostFormValue("security"), Username: r.PostFormValue("username"), Folder: r.PostFormValue("folder"),
		After: r.PostFormValue("after"), Since: r.PostFormValue("since"), Authserv: r.PostFormValue("authserv"),
	}
	port, _ := strconv.Atoi(form.Port) // 0 is refused with a sentence
	set := mailbox.Settings{
		Protocol: mailfetch.Protocol(form.Protocol), MoveTo: form.MoveTo, Host: form.Host, Port: port, Security: mailfetch.Security(form.Security), Username: form.Username,
		Password: r.PostFormValue("password"), Folder: form.Folder, AfterImport: mailbox.AfterImport(form.After), Authserv: form.Authserv, ReadDays: daysOf(form.Since),
	}
	if h.Demo != nil && form.Preset == DemoKey && set.Password == "" {
		set.Password = h.Demo.Password
	}
	return set, form
}

// daysOf reads the choice of how far back to read: "all" is 0, no bound; what
// is no choice is -1, which is refused.
func daysOf(since string) int {
	days, err := strconv.Atoi(since)
	switch {
	case since == "all":
		return 0
	case err != nil:
		return -1
	}
	return days
}

// formErrors are the sentences by the form's field names.
func formErrors(err error) map[string]string {
	out := map[string]string{}
	for name, sentence := range fault.FieldsOf(err) {
		if name == "days" {
			name = "since"
		}
		out[name] = sentence
	}
	return out
}

// Edit shows the form of a mailbox with its settings.
func (h *Web) Edit(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	form := Form{Protocol: string(m.Protocol), MoveTo: m.MoveTo, Host: m.Host, Port: strconv.Itoa(m.Port), Security: string(m.Security), Username: m.Username,
		Folder: m.Folder, After: string(m.AfterImport), Since: h.sinceOf(m), Authserv: m.Authserv}
	p, err := h.editPage(w, r, a, m, form)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Connect(p))
}

// sinceOf returns the choice that set how far back to read.
func (h *Web) sinceOf(m mailbox.Mailbox) string {
	if m.ReadFrom == nil {
		return "all"
	}
	for _, choice := range []int{30, 90, 365} {
		if m.CreatedAt.Sub(*m.ReadFrom).Hours() < float64(choice+1)*24 {
			return strconv.Itoa(choice)
		}
	}
	return "365"
}

func (h *Web) editPage(w http.ResponseWriter, r *http.Request, a org.Access, m mailbox.Mailbox, form Form) (ConnectPage, error) {
	test, _, err := h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.TestRun)
	p := ConnectPage{
		Page: h.frame(w, r, "Change the settings", listLink(a)), Action: below(a, m.ID, "edit"), CancelHref: nextStep(a, m),
		Form: form, Editing: true, Mailbox: m.Title(), PrivateHosts: h.PrivateHosts, Granted: h.granted(a, m),
	}
	for _, s := range test.Steps {
		p.Folders = append(p.Folders, s.Folders...)
	}
	return p, err
}

// Change tests the mailbox again with other settings.
func (h *Web) Change(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	set, form := h.settings(r)
	// How far back to read is chosen once and is no field of this form.
	form.Since = h.sinceOf(m)
	set.ReadDays = daysOf(form.Since)
	err = h.Mailboxes.Retest(r.Context(), a, m.ID, set)
	if fault.Is(err, fault.Invalid) {
		p, pageErr := h.editPage(w, r, a, m, form)
		if pageErr != nil {
			return pageErr
		}
		p.Errors = formErrors(err)
		return httpio.Again(w, r, Connect(p))
	}
	if err != nil {
		return err
	}
	return httpio.See(w, r, below(a, m.ID, "test"))
}

// Test shows the connection test while it runs, and its end.
func (h *Web) Test(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	run, _, err := h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.TestRun)
	if err != nil {
		return err
	}
	p := TestPage{
		Page: h.frame(w, r, "Connection test", listLink(a)), Mailbox: m.Title(), State: TestRunning, FragmentHref: r.URL.Path,
		EditHref: below(a, m.ID, "edit"), RetryAction: below(a, m.ID, "test"), Continue: ui.Link{Text: "Find my domains", Href: below(a, m.ID, "domains")},
	}
	p.Renew, p.DeleteHref = h.granted(a, m), below(a, m.ID, "delete")
	if _, p.Connected, err = h.Mailboxes.Run(r.Context(), a.ID, m.ID, mailbox.ImportRun); err != nil {
		return err
	}
	if m.Connected() {
		p.Continue = ui.Link{Text: "Go to the mailbox", Href: nextStep(a, m)}
	}
	switch run.State {
	case mailbox.RunFailed:
		p.State = TestFailed
	case mailbox.RunDone:
		p.State = TestPassed
	default:
		p.Page.Refresh = 3
	}
	for _, s := range run.Steps {
		p.Steps = append(p.Steps, testStep(s))
		if s.Name == mailfetch.StepCount {
			p.Candidates = int64(s.Mails)
		}
	}
	if httpio.Fragment(r) {
		return httpio.OK(w, r, TestFragment(p))
	}
	return httpio.OK(w, r, Test(p))
}

// names of the steps for people.
var stepNames = map[mailfetch.StepName]string{
	mailfetch.StepResolve: "Find the server", mailfetch.StepConnect: "Connect", mailfetch.StepTLS: "Secure the connection",
	mailfetch.StepSignIn: "Sign in", mailfetch.StepFolder: "Open the folder", mailfetch.StepCount: "Count the mails", mailfetch.StepRead: "Run the test",
}

func testStep(s mailfetch.Step) ui.Step {
	step := ui.Step{Text: stepNames[s.Name], Detail: s.Sentence, Advice: s.Advice, State: stepState(s.State)}
	if s.Mails > 1 { // the sentence holds the number without separators
		step.Detail = "There are " + format.Count(s.Mails) + " mails to look through."
	}
	if s.State != mailfetch.Running {
		step.Took = strconv.FormatFloat(s.Took.Seconds(), 'f', 1, 64) + " s"
	}
	return step
}

// TestAgain runs the test once more with the same settings.
func (h *Web) TestAgain(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.named(r, a)
	if err != nil {
		return err
	}
	set := mailbox.Settings{Protocol: m.Protocol, Host: m.Host, Port: m.Port, Security: m.Security, Username: m.Username, Folder: m.Folder,
		AfterImport: m.AfterImport, MoveTo: m.MoveTo, Authserv: m.Authserv, ReadDays: daysOf(h.sinceOf(m))}
	if err := h.Mailboxes.Retest(r.Context(), a, m.ID, set); err != nil {
		return err
	}
	return httpio.See(w, r, below(a, m.ID, "test"))
}
