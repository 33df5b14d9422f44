package authweb

import (
	"net/http"
	"strings"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// accountHref is the person's own page.
const accountHref = "/account"

// ShowAccount shows what belongs to the person alone.
func (h *Web) ShowAccount(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	p, err := h.accountPage(w, r, s)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Account(p))
}

func (h *Web) accountPage(w http.ResponseWriter, r *http.Request, s auth.Session) (AccountPage, error) {
	p := AccountPage{Page: h.Frame(w, r, "Your account"), Email: s.Email}
	waiting, err := h.Auth.AddressChangeOf(r.Context(), s.Person)
	if err != nil || waiting == nil {
		return p, err
	}
	p.Waiting = &WaitingAddress{New: waiting.New, OldSaidYes: waiting.OldSaidYes, NewSaidYes: waiting.NewSaidYes, Until: format.When(waiting.ExpiresAt, h.Auth.Now())}
	return p, nil
}

// AskAddress begins a change of address.
func (h *Web) AskAddress(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	email := r.PostFormValue("email")
	err := h.Auth.AskAddress(r.Context(), s, email, h.Client(r))
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.LimitReached) {
		p, pageErr := h.accountPage(w, r, s)
		if pageErr != nil {
			return pageErr
		}
		if p.NewEmail, p.EmailError = email, fault.FieldsOf(err)["email"]; p.EmailError == "" {
			p.EmailError = fault.Sentence(err)
		}
		return httpio.Again(w, r, Account(p))
	}
	if err != nil {
		return err
	}
	h.Cookies.Flash(w, "Both addresses get a link to confirm the change.")
	return httpio.See(w, r, accountHref)
}

// StopOwnAddress stops the change of address that waits.
func (h *Web) StopOwnAddress(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	if err := h.Auth.StopOwnAddress(r.Context(), s.Person); err != nil {
		return err
	}
	h.Cookies.Flash(w, "The change of address is stopped.")
	return httpio.See(w, r, accountHref)
}

// ShowAddress shows what the link of one side does. It works in any browser and
// without a session: whoever reads the mail decides.
func (h *Web) ShowAddress(w http.ResponseWriter, r *http.Request) error {
	c, side, err := h.Auth.InspectAddress(r.Context(), chi.URLParam(r, "token"))
	if err != nil {
		return err
	}
	said, other := c.OldSaidYes, c.NewSaidYes
	if side == auth.NewSide {
		said, other = other, said
	}
	return httpio.OK(w, r, Address(AddressPage{
		Page: h.Frame(w, r, "Confirm the address"), Action: r.URL.Path, Old: c.Old, New: c.New, ToNew: side == auth.NewSide, SaidYes: said, OtherSaidYes: other,
		Device: c.Device, Network: c.Network, Asked: format.When(c.CreatedAt, h.Auth.Now()),
	}))
}

// AnswerAddress confirms or stops the change behind a link.
func (h *Web) AnswerAddress(w http.ResponseWriter, r *http.Request) error {
	token := chi.URLParam(r, "token")
	switch r.PostFormValue("answer") {
	case "stop":
		if err := h.Auth.StopAddress(r.Context(), token); err != nil {
			return err
		}
		return httpio.OK(w, r, AddressDone(AddressDonePage{Page: h.Frame(w, r, "The change is stopped"), Heading: "The change is stopped",
			Sentence: "The address stays as it is. If you did not ask for the change, sign in and look at your signed-in devices."}))
	case "confirm":
	default:
		return httpio.See(w, r, r.URL.Path)
	}
	c, done, err := h.Auth.ConfirmAddress(r.Context(), token)
	if err != nil {
		return err
	}
	if !done {
		return httpio.See(w, r, r.URL.Path)
	}
	if _, err := h.Session(r); fault.Is(err, fault.Unauthenticated) { // it was theirs, or there is none
		h.Cookies.Clear(w, sessionCookie)
	}
	return httpio.OK(w, r, AddressDone(AddressDonePage{Page: h.Frame(w, r, "The address is changed"), Heading: "The address is changed",
		Sentence: c.Old + " signs in as " + c.New + " from now on, and was signed out on every device."}))
}

// AskDelete asks before the account is deleted.
func (h *Web) AskDelete(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	p, err := h.deleteAsk(w, r, s)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, ui.Asking(p))
}

func (h *Web) deleteAsk(w http.ResponseWriter, r *http.Request, s auth.Session) (ui.Ask, error) {
	ending, err := h.Ending(r.Context(), s.Person)
	if err != nil {
		return ui.Ask{}, err
	}
	facts := []ui.AskFact{
		ui.Goes("You are signed out on every device."),
		ui.Goes("Organizations that only you belong to are deleted: their mailboxes are disconnected and passwords wiped at once."),
	}
	switch len(ending) {
	case 0:
	case 1:
		facts = append(facts, ui.Goes("The paid plan of "+ending[0]+" ends at once and is not paid back. Undoing this does not bring it back."))
	default:
		facts = append(facts, ui.Goes("The paid plans of "+strings.Join(ending, ", ")+" end at once and are not paid back. Undoing this does not bring them back."))
	}
	facts = append(facts,
		ui.CanUndo("For 30 days you can undo this by signing in again. Then your address, your sessions and what is recorded of them are erased."),
		ui.Stays("Organizations that others belong to stay. What you did there stays recorded under a number that names nobody."),
	)
	return ui.Ask{
		Page: h.Frame(w, r, "Delete your account"), Heading: "Delete the account of " + s.Email + "?", Facts: facts,
		Action: accountHref + "/delete", Button: "Delete my account", Danger: true, Cancel: ui.Link{Text: "Keep it", Href: accountHref},
	}, nil
}

// Delete deletes the account.
func (h *Web) Delete(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	err := h.Auth.Delete(r.Context(), s.Person)
	if fault.Is(err, fault.Conflict) {
		p, askErr := h.deleteAsk(w, r, s)
		if askErr != nil {
			return askErr
		}
		p.Error, p.Blocked = fault.Sentence(err), true
		return httpio.Again(w, r, ui.Asking(p))
	}
	if err != nil {
		return err
	}
	h.Cookies.Clear(w, sessionCookie)
	h.Cookies.Flash(w, "Your account is deleted. Signing in within 30 days can undo that.")
	return httpio.See(w, r, "/signin")
}

// RestorePath is all that somebody sees whose account is being deleted.
const RestorePath = accountHref + "/restore"

// AskRestore offers to take the deletion of the account back.
func (h *Web) AskRestore(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	if s.PurgeAt == nil {
		return httpio.See(w, r, accountHref)
	}
	return httpio.OK(w, r, Restore(RestorePage{Page: h.Frame(w, r, "Your account is deleted"), Email: s.Email, Until: format.When(*s.PurgeAt, h.Auth.Now())}))
}

// Restore takes the deletion of the account back.
func (h *Web) Restore(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	if err := h.Auth.Restore(r.Context(), s.Person); err != nil {
		return err
	}
	h.Cookies.Flash(w, "Your account is back. Organizations that were deleted with it can be taken back here.")
	return httpio.See(w, r, "/account/organizations")
}
