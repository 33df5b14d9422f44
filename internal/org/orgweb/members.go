package orgweb

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// roleWords say what each role may do.
var roleWords = [...]struct {
	Role org.Role
	Name string
	May  string
}{
	{org.Owner, "owner", "do everything, also billing, handing the organization over and deleting it."},
	{org.Admin, "admin", "do everything but billing, handing the organization over and deleting it."},
	{org.Member, "member", "see reports, senders and members, manage domains and bring in report files."},
	{org.Viewer, "viewer", "see reports, senders and members, and change nothing."},
}

func mayWords(role org.Role) string {
	for _, r := range roleWords {
		if r.Role == role {
			return r.May
		}
	}
	return ""
}

// givable are the roles that the person may give.
func givable(a org.Access) (options []ui.Option) {
	for _, r := range roleWords {
		if a.Role.MayGive(r.Role) {
			options = append(options, ui.Option{Value: string(r.Role), Text: r.Name})
		}
	}
	return options
}

// ListMembers shows who belongs to the organization.
func (h *Web) ListMembers(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p, err := h.membersPage(w, r, a)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, Members(p))
}

func (h *Web) membersPage(w http.ResponseWriter, r *http.Request, a org.Access) (MembersPage, error) {
	team, err := h.Orgs.Team(r.Context(), a)
	if err != nil {
		return MembersPage{}, err
	}
	now, base := h.Now(), path(a, "members")
	p := MembersPage{Page: h.settingsFrame(w, r, "Members"), Tabs: h.tabs(a, ui.MembersTab)}
	for _, m := range team.Members {
		line := Member{ID: m.Person.String(), Email: m.Email, Role: string(m.Role), You: m.Person == a.Person, Leaves: m.Leaves, Joined: format.When(m.JoinedAt, now)}
		if a.Role.MayGive(m.Role) {
			line.RoleAction, line.Roles, line.RemoveHref = base+"/"+line.ID+"/role", givable(a), base+"/"+line.ID+"/remove"
		}
		if line.You {
			line.RemoveHref = path(a, "leave")
		}
		p.Members = append(p.Members, line)
	}
	manages := a.Role.May(org.ManageMembers)
	for _, i := range team.Invited {
		line := Invited{Email: i.Email, Role: string(i.Role), Sent: format.When(i.CreatedAt, now), Until: format.When(i.ExpiresAt, now), Expired: !i.ExpiresAt.After(now)}
		if manages {
			line.ResendAction, line.RevokeAction = base+"/invitations/"+i.ID.String()+"/resend", base+"/invitations/"+i.ID.String()+"/revoke"
		}
		p.Invited = append(p.Invited, line)
	}
	if manages {
		p.Invite = &InviteForm{Action: base, Role: string(org.Member), Roles: givable(a)}
	}
	return p, nil
}

// Invite sends an invitation.
func (h *Web) Invite(w http.ResponseWriter, r *http.Request, a org.Access) error {
	email, role := r.PostFormValue("email"), r.PostFormValue("role")
	err := h.Orgs.Invite(r.Context(), a, email, org.Role(role))
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.LimitReached) {
		p, pageErr := h.membersPage(w, r, a)
		if pageErr != nil {
			return pageErr
		}
		fields := fault.FieldsOf(err)
		p.Invite.Email, p.Invite.Role, p.Invite.EmailError, p.Invite.RoleError = email, role, fields["email"], fields["role"]
		if fault.Is(err, fault.LimitReached) {
			p.Invite.Error = fault.Sentence(err)
			p.Page = p.WithLarger(fault.Upgrades(err), a.Role.May(org.Own))
		}
		return httpio.Again(w, r, Members(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, "The invitation is on its way.")
	return httpio.See(w, r, path(a, "members"))
}

func invitationOf(r *http.Request) (org.InvitationID, error) {
	id, err := uid.Parse[org.Invitation](chi.URLParam(r, "id"))
	if err != nil {
		return id, fault.Wrap(fault.NotFound, "There is no such invitation.", err)
	}
	return id, nil
}

// Resend sends an invitation again.
func (h *Web) Resend(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := invitationOf(r)
	if err != nil {
		return err
	}
	return h.done(w, r, a, h.Orgs.Resend(r.Context(), a, id), "The invitation was sent again.")
}

// Revoke takes an invitation back.
func (h *Web) Revoke(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := invitationOf(r)
	if err != nil {
		return err
	}
	return h.done(w, r, a, h.Orgs.Revoke(r.Context(), a, id), "The invitation is revoked.")
}

// done goes back to the members after a change, or says there why it was refused.
func (h *Web) done(w http.ResponseWriter, r *http.Request, a org.Access, err error, sentence string) error {
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.LimitReached) || fault.Is(err, fault.Invalid) {
		p, pageErr := h.membersPage(w, r, a)
		if pageErr != nil {
			return pageErr
		}
		p.Error = fault.Sentence(err)
		p.Page = p.WithLarger(fault.Upgrades(err), a.Role.May(org.Own))
		return httpio.Again(w, r, Members(p))
	}
	if err != nil {
		return err
	}
	h.Flash(w, sentence)
	return httpio.See(w, r, path(a, "members"))
}

func personOf(r *http.Request) (org.PersonID, error) {
	id, err := uid.Parse[postgres.Person](chi.URLParam(r, "id"))
	if err != nil {
		return id, fault.Wrap(fault.NotFound, "There is no such member.", err)
	}
	return id, nil
}

// SetRole gives a member another role.
func (h *Web) SetRole(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := personOf(r)
	if err != nil {
		return err
	}
	err = h.Orgs.SetRole(r.Context(), a, id, org.Role(r.PostFormValue("role")))
	if err == nil && id == a.Person { // the members may be out of sight now
		h.Flash(w, "You have another role.")
		return httpio.See(w, r, path(a, "settings"))
	}
	return h.done(w, r, a, err, "The role is changed.")
}

// colleague returns the member that the request names.
func (h *Web) colleague(r *http.Request, a org.Access) (org.Colleague, error) {
	id, err := personOf(r)
	if err != nil {
		return org.Colleague{}, err
	}
	team, err := h.Orgs.Team(r.Context(), a)
	if err != nil {
		return org.Colleague{}, err
	}
	for _, m := range team.Members {
		if m.Person == id {
			return m, nil
		}
	}
	return org.Colleague{}, fault.New(fault.NotFound, "There is no such member.")
}

// AskRemove asks before a member is removed.
func (h *Web) AskRemove(w http.ResponseWriter, r *http.Request, a org.Access) error {
	m, err := h.colleague(r, a)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, ui.Asking(h.removeAsk(w, r, a, m)))
}

func (h *Web) removeAsk(w http.ResponseWriter, r *http.Request, a org.Access, m org.Colleague) ui.Ask {
	back := ui.Link{Text: "Members", Href: path(a, "members")}
	return ui.Ask{
		Page: h.settingsFrame(w, r, "Remove a member", back), Heading: "Remove " + m.Email + " from " + a.Name + "?",
		Facts: []ui.AskFact{
			ui.Goes("They see nothing of this organization any more, at once and on every device."),
			ui.Stays("What they connected, added and decided stays. You can invite them again."),
		},
		Action: back.Href + "/" + m.Person.String() + "/remove", Button: "Remove the member", Danger: true, Cancel: ui.Link{Text: "Keep them", Href: back.Href},
	}
}

// Remove ends a membership.
func (h *Web) Remove(w http.ResponseWriter, r *http.Request, a org.Access) error {
	id, err := personOf(r)
	if err != nil {
		return err
	}
	return h.done(w, r, a, h.Orgs.Remove(r.Context(), a, id), "The member is removed.")
}
