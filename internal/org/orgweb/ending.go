package orgweb

import (
	"net/http"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// mineHref is the list of the person's organizations.
const mineHref = "/account/organizations"

func settingsLink(a org.Access) ui.Link { return ui.Link{Text: "Settings", Href: path(a, "settings")} }

// AskLeave asks before the person leaves.
func (h *Web) AskLeave(w http.ResponseWriter, r *http.Request, a org.Access) error {
	return httpio.OK(w, r, ui.Asking(h.leaveAsk(w, r, a)))
}

func (h *Web) leaveAsk(w http.ResponseWriter, r *http.Request, a org.Access) ui.Ask {
	return ui.Ask{
		Page: h.settingsFrame(w, r, "Leave", settingsLink(a)), Heading: "Leave " + a.Name + "?",
		Facts: []ui.AskFact{
			ui.Goes("You see nothing of this organization any more. Only an admin or owner can invite you back."),
			ui.Stays("What you connected, added and decided stays with the organization."),
		},
		Action: path(a, "leave"), Button: "Leave the organization", Danger: true, Cancel: ui.Link{Text: "Stay", Href: path(a, "settings")},
	}
}

// Leave ends the person's own membership.
func (h *Web) Leave(w http.ResponseWriter, r *http.Request, a org.Access) error {
	err := h.Orgs.Leave(r.Context(), a)
	if fault.Is(err, fault.Conflict) {
		p := h.leaveAsk(w, r, a)
		p.Error, p.Blocked = fault.Sentence(err), true
		return httpio.Again(w, r, ui.Asking(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, "You have left "+a.Name+".")
	return httpio.See(w, r, mineHref)
}

// AskTransfer asks whom the organization is handed over to.
func (h *Web) AskTransfer(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p, err := h.transferPage(w, r, a)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Transfer(p))
}

func (h *Web) transferPage(w http.ResponseWriter, r *http.Request, a org.Access) (TransferPage, error) {
	team, err := h.Orgs.Team(r.Context(), a)
	if err != nil {
		return TransferPage{}, err
	}
	p := TransferPage{Ask: ui.Ask{
		Page: h.settingsFrame(w, r, "Hand over", settingsLink(a)), Heading: "Hand " + a.Name + " over?",
		Facts: []ui.AskFact{
			ui.Goes("You become an admin: billing, handing over and deleting are the new owner's."),
			ui.Stays("Everything else stays as it is. The new owner can make you an owner again."),
		},
		Action: path(a, "transfer"), Button: "Hand it over", Danger: true, Cancel: ui.Link{Text: "Keep it", Href: path(a, "settings")},
	}}
	for _, m := range team.Members {
		if m.Person != a.Person && !m.Leaves {
			p.Members = append(p.Members, ui.Option{Value: m.Person.String(), Text: m.Email + " (" + string(m.Role) + ")"})
		}
	}
	if len(p.Members) == 0 {
		p.Error, p.Blocked = "There is nobody to hand it over to. Invite somebody first.", true
	}
	return p, nil
}

// Transfer hands the organization over.
func (h *Web) Transfer(w http.ResponseWriter, r *http.Request, a org.Access) error {
	to, err := uid.Parse[postgres.Person](r.PostFormValue("member"))
	if err != nil {
		err = fault.InvalidFields(fault.Fields{"member": "Choose a member."})
	} else {
		err = h.Orgs.Transfer(r.Context(), a, to)
	}
	if fault.Is(err, fault.Invalid) {
		p, pageErr := h.transferPage(w, r, a)
		if pageErr != nil {
			return pageErr
		}
		p.Member, p.MemberError = r.PostFormValue("member"), fault.FieldsOf(err)["member"]
		return httpio.Again(w, r, Transfer(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, a.Name+" has a new owner. You are an admin now.")
	return httpio.See(w, r, path(a, "members"))
}

// AskDelete asks before the organization is deleted.
func (h *Web) AskDelete(w http.ResponseWriter, r *http.Request, a org.Access) error {
	holds, err := h.Counts(r, a)
	if err != nil {
		return err
	}
	facts := []ui.AskFact{
		ui.Goes(wiped(holds.Mailboxes)),
		ui.Goes("Nobody sees its " + format.Of(holds.Domains, "domain", "domains") + " and their reports any more."),
	}
	if holds.Paid != "" {
		facts = append(facts, ui.Goes("The plan "+holds.Paid+" ends at once, nothing is charged any more, and what is paid is not paid back. Undoing the deletion does not bring the plan back."))
	}
	facts = append(facts,
		ui.CanUndo("For 30 days each owner can undo this, under “Your organizations”: reports, domains and members come back, mailboxes have to be connected again. Then everything is erased."),
		ui.Stays("The mails in your mailboxes are not touched."),
	)
	return httpio.OK(w, r, ui.Asking(ui.Ask{
		Page: h.settingsFrame(w, r, "Delete", settingsLink(a)), Heading: "Delete " + a.Name + "?", Facts: facts,
		Action: path(a, "delete"), Button: "Delete the organization", Danger: true, Cancel: ui.Link{Text: "Keep it", Href: path(a, "settings")},
	}))
}

func wiped(mailboxes int) string {
	if mailboxes == 0 {
		return "No mailbox can be connected any more."
	}
	return format.Of(mailboxes, "mailbox is", "mailboxes are") + " disconnected at once, and passwords and permissions wiped."
}

// Delete deletes the organization.
func (h *Web) Delete(w http.ResponseWriter, r *http.Request, a org.Access) error {
	if err := h.Orgs.Delete(r.Context(), a); err != nil {
		return err
	}
	h.Flash(w, a.Name+" is deleted. You can undo this for 30 days.")
	return httpio.See(w, r, mineHref)
}
