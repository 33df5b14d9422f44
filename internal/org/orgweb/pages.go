// Package orgweb draws the welcome of a new organization, its settings and
// members, and the list of organizations that a person belongs to.
package orgweb

import (
	"fmt"

	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// WelcomePage greets a new organization with two ways to its first report.
type WelcomePage struct {
	ui.Page
	ConnectHref string    // the form that connects a mailbox
	Record      ui.Record // for who has no reports yet; its form leads back to this page
	ShowRecord  bool      // the second way is open: the person asked for the record
	RecordHref  string    // this page with the second way open
}

// SettingsPage changes the organization's name. The form posts "name" to Action.
type SettingsPage struct {
	ui.Page
	Tabs         []ui.Choice
	Action       string
	Name         string
	NameError    string // sentence about the name; empty = none
	CanRename    bool   // the person's role allows it
	Role         string // the person's role: "owner"
	ExportHref   string // empty: the person's role does not allow it
	LeaveHref    string
	TransferHref string // empty: not an owner
	DeleteHref   string // empty: not an owner
}

func (p SettingsPage) nameField() ui.Field {
	return ui.Field{Name: "name", Label: "Name of the organization", Value: p.Name, Error: p.NameError, MaxLength: 80, Required: true,
		Help: "Shown in the navigation and in mails. The address of its pages stays the same.", Autocomplete: "organization", Focus: p.NameError != ""}
}

// MembersPage lists who belongs to the organization and who is invited.
type MembersPage struct {
	ui.Page
	Tabs    []ui.Choice
	Members []Member
	Invited []Invited
	Invite  *InviteForm // nil: the person's role does not allow it
	Error   string      // why the last change of a role was refused; empty = none
}

// Member is a line of the list. Its form posts "role" to RoleAction.
type Member struct {
	ID         string
	Email      string
	Role       string
	You        bool
	Leaves     bool // their account is being deleted
	Joined     format.Time
	RoleAction string      // empty: this role cannot be changed by the person
	Roles      []ui.Option // the roles that the person may give
	RemoveHref string      // leaving, where You; empty: the person may not
}

// Invited is an invitation that waits.
type Invited struct {
	Email, Role  string
	Sent, Until  format.Time
	Expired      bool
	ResendAction string // empty: the person may not
	RevokeAction string
}

// InviteForm posts "email" and "role" to Action.
type InviteForm struct {
	Action     string
	Email      string
	EmailError string
	Role       string
	RoleError  string
	Error      string // why it was refused; empty = fields say so, or nothing was tried
	Roles      []ui.Option
}

func (f InviteForm) emailField() ui.Field {
	return ui.Field{Name: "email", Label: "E-mail address", Type: "email", Value: f.Email, Error: f.EmailError, MaxLength: 254, Autocomplete: "off",
		InputMode: "email", Required: true, Placeholder: "colleague@example.org", Focus: f.EmailError != ""}
}

func (f InviteForm) roleField() ui.Field {
	return ui.Field{Name: "role", Label: "Role", Value: f.Role, Error: f.RoleError, Options: f.Roles}
}

func (p MembersPage) headline() string {
	if len(p.Members) == 1 {
		return "You are the only member of " + p.Org.Name + "."
	}
	return fmt.Sprintf("%d people belong to %s.", len(p.Members), p.Org.Name)
}

// OrganizationsPage lists what the person belongs to, is invited to and can
// take back. Its form posts "name".
type OrganizationsPage struct {
	ui.Page
	Mine      []Mine
	Offers    []Offer
	Deleted   []Deleted
	Name      string // of a new one, as typed
	NameError string
}

// Mine is an organization that the person belongs to.
type Mine struct {
	Name, Role, Href, LeaveHref string
}

// Offer is an invitation that waits for the person.
type Offer struct {
	Organization, Role string
	Href               string
	Until              format.Time
}

// Deleted is an organization that the person can take back.
type Deleted struct {
	Name, Action string
	Until        format.Time
}

func (p OrganizationsPage) headline() string {
	switch {
	case len(p.Offers) > 0 && len(p.Mine) == 0:
		return "You are invited."
	case len(p.Mine) == 0:
		return "You belong to no organization."
	case len(p.Mine) == 1:
		return "You belong to one organization."
	}
	return fmt.Sprintf("You belong to %d organizations.", len(p.Mine))
}

func (p OrganizationsPage) nameField() ui.Field {
	return ui.Field{Name: "name", Label: "Name of a new organization", Value: p.Name, Error: p.NameError, MaxLength: 80, Required: true,
		Help: "Its domains, mailboxes and members are its own.", Autocomplete: "organization", Focus: p.NameError != ""}
}

// InvitationPage shows an invitation to the invited person.
type InvitationPage struct {
	ui.Page
	Organization  string
	Role          string
	May           string // what the role allows
	Until         format.Time
	AcceptAction  string
	DeclineAction string
	Error         string // why it could not be accepted; empty = nothing was tried
}

// TransferPage hands the organization over. The form posts "member".
type TransferPage struct {
	ui.Ask
	Members     []ui.Option
	Member      string
	MemberError string
}

func (p TransferPage) memberField() ui.Field {
	return ui.Field{Name: "member", Label: "New owner", Value: p.Member, Error: p.MemberError, Options: p.Members}
}
