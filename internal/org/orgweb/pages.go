// Package orgweb draws the welcome of a new organization and its settings.
package orgweb

import "sendvery.com/sendvery/web/ui"

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
	Action    string
	Name      string
	NameError string // sentence about the name; empty = none
	CanRename bool   // the person's role allows it
	Role      string // the person's role: "owner"
	AuditHref string // the audit trail; empty where the role may not see it
}

func (p SettingsPage) nameField() ui.Field {
	return ui.Field{Name: "name", Label: "Name of the organization", Value: p.Name, Error: p.NameError, MaxLength: 80, Required: true,
		Help: "Shown in the navigation and in mails. The address of its pages stays the same.", Autocomplete: "organization", Focus: p.NameError != ""}
}
