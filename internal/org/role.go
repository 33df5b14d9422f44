package org

import "slices"

// Role is what a member is in an organization.
type Role string

// The roles, from the most to the least.
const (
	Owner  Role = "owner"
	Admin  Role = "admin"
	Member Role = "member"
	Viewer Role = "viewer"
)

// Roles lists all roles, from the most to the least.
func Roles() []Role { return []Role{Owner, Admin, Member, Viewer} }

// Right is something a route needs. There is no default: each route names one.
type Right string

// The rights.
const (
	Read            Right = "read"             // see reports, senders, domains, members
	ManageDomains   Right = "manage-domains"   // add and remove domains
	ManageSenders   Right = "manage-senders"   // say who may send
	UploadReports   Right = "upload-reports"   // bring report files in by the page
	ManageMailboxes Right = "manage-mailboxes" // connect, test, delete
	ManageMembers   Right = "manage-members"   // invite, change roles, remove
	ReadOriginals   Right = "read-originals"   // download report mails as they came
	ReadFailures    Right = "read-failures"    // see failure reports, which are about mails of people
	ManageSettings  Right = "manage-settings"  // name and settings
	ReadAudit       Right = "read-audit"       // see who changed what
	ExportAll       Right = "export-all"       // take everything out of the organization
	Own             Right = "own"              // hand it over, delete it
)

// rights is the one table of who may do what.
var rights = map[Role][]Right{
	Viewer: {Read},
	Member: {Read, ManageDomains, ManageSenders, UploadReports},
	Admin:  {Read, ManageDomains, ManageSenders, UploadReports, ManageMailboxes, ManageMembers, ReadOriginals, ReadFailures, ManageSettings, ReadAudit, ExportAll},
	Owner:  {Read, ManageDomains, ManageSenders, UploadReports, ManageMailboxes, ManageMembers, ReadOriginals, ReadFailures, ManageSettings, ReadAudit, ExportAll, Own},
}

// May reports whether the role has the right.
func (r Role) May(right Right) bool { return slices.Contains(rights[r], right) }

// Known reports whether it is one of the roles.
func (r Role) Known() bool { return slices.Contains(Roles(), r) }

// MayGive reports whether who has the role may give it, or take it from, another:
// only owners decide about owners.
func (r Role) MayGive(other Role) bool { return r.May(ManageMembers) && (r == Owner || other != Owner) }
