package orgweb

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// Visitor is who is signed in.
type Visitor struct {
	Person org.PersonID
	Email  string
}

// ListMine shows what the person belongs to, is invited to and can take back.
func (h *Web) ListMine(w http.ResponseWriter, r *http.Request, v Visitor) error {
	p, err := h.minePage(w, r, v)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Organizations(p))
}

func (h *Web) minePage(w http.ResponseWriter, r *http.Request, v Visitor) (OrganizationsPage, error) {
	mine, err := h.Orgs.Mine(r.Context(), v.Person)
	if err != nil {
		return OrganizationsPage{}, err
	}
	now := h.Now()
	p := OrganizationsPage{Page: h.Frame(w, r, "Your organizations")}
	for _, m := range mine.Memberships {
		at := ui.Org{Slug: m.Slug}
		p.Mine = append(p.Mine, Mine{Name: m.Name, Role: string(m.Role), Href: at.Path(""), LeaveHref: at.Path("leave")})
	}
	for _, o := range mine.Offers {
		p.Offers = append(p.Offers, Offer{Organization: o.Organization, Role: string(o.Role), Href: "/invitations/" + o.ID.String(), Until: format.When(o.ExpiresAt, now)})
	}
	for _, d := range mine.Deleted {
		p.Deleted = append(p.Deleted, Deleted{Name: d.Name, Action: mineHref + "/" + d.Slug + "/restore", Until: format.When(d.PurgeAt, now)})
	}
	return p, nil
}

// Create makes one more organization.
func (h *Web) Create(w http.ResponseWriter, r *http.Request, v Visitor) error {
	name := r.PostFormValue("name")
	o, err := h.Orgs.Create(r.Context(), v.Person, name)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.LimitReached) {
		p, pageErr := h.minePage(w, r, v)
		if pageErr != nil {
			return pageErr
		}
		if p.Name, p.NameError = name, fault.FieldsOf(err)["name"]; p.NameError == "" {
			p.NameError = fault.Sentence(err)
		}
		return httpio.Again(w, r, Organizations(p))
	}
	if err != nil {
		return err
	}
	return httpio.See(w, r, ui.Org{Slug: o.Slug}.Path("welcome"))
}

// Restore takes the deletion of an organization back.
func (h *Web) Restore(w http.ResponseWriter, r *http.Request, v Visitor) error {
	o, err := h.Orgs.Restore(r.Context(), v.Person, chi.URLParam(r, "name"))
	if err != nil {
		return err
	}
	h.Flash(w, o.Name+" is back. Connect its mailboxes again to go on.")
	return httpio.See(w, r, ui.Org{Slug: o.Slug}.Path("mailboxes"))
}

// ShowInvitation shows an invitation to whom it is for.
func (h *Web) ShowInvitation(w http.ResponseWriter, r *http.Request, v Visitor) error {
	p, err := h.invitationPage(w, r, v)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Invitation(p))
}

func (h *Web) invitationPage(w http.ResponseWriter, r *http.Request, v Visitor) (InvitationPage, error) {
	id, err := invitationOf(r)
	if err != nil {
		return InvitationPage{}, err
	}
	o, err := h.Orgs.Offer(r.Context(), v.Person, id)
	if err != nil {
		return InvitationPage{}, err
	}
	here := "/invitations/" + id.String()
	return InvitationPage{
		Page: h.Frame(w, r, "Invitation"), Organization: o.Organization, Role: string(o.Role), May: mayWords(o.Role),
		Until: format.When(o.ExpiresAt, h.Now()), AcceptAction: here, DeclineAction: here + "/decline",
	}, nil
}

// Accept makes the person a member.
func (h *Web) Accept(w http.ResponseWriter, r *http.Request, v Visitor) error {
	id, err := invitationOf(r)
	if err != nil {
		return err
	}
	o, err := h.Orgs.Accept(r.Context(), v.Person, id)
	if fault.Is(err, fault.LimitReached) {
		p, pageErr := h.invitationPage(w, r, v)
		if pageErr != nil {
			return pageErr
		}
		p.Error = fault.Sentence(err)
		return httpio.Again(w, r, Invitation(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, "You belong to "+o.Organization+" now.")
	return httpio.See(w, r, ui.Org{Slug: o.Slug}.Path(""))
}

// Decline does without the membership.
func (h *Web) Decline(w http.ResponseWriter, r *http.Request, v Visitor) error {
	id, err := invitationOf(r)
	if err != nil {
		return err
	}
	o, err := h.Orgs.Decline(r.Context(), v.Person, id)
	if err != nil {
		return err
	}
	h.Flash(w, "The invitation to "+o.Organization+" is declined.")
	return httpio.See(w, r, mineHref)
}
