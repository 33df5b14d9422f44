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

// Right is something a route needs. There is no default: each route names one.
type Right string

// The rights.
const (
	Read            Right = "read"             // see reports, senders, domains
	ManageDomains   Right = "manage-domains"   // add and remove domains
	UploadReports   Right = "upload-reports"   // bring report files in by the page
	ManageMailboxes Right = "manage-mailboxes" // connect, test, delete
	ReadOriginals   Right = "read-originals"   // download report mails as they came
	ReadFailures    Right = "read-failures"    // see failure reports, which are about mails of people
	ManageSettings  Right = "manage-settings"  // name and settings
	ReadAudit       Right = "read-audit"       // see who changed what
)

// rights is the one table of who may do what.
var rights = map[Role][]Right{
	Viewer: {Read},
	Member: {Read, ManageDomains, UploadReports},
	Admin:  {Read, ManageDomains, UploadReports, ManageMailboxes, ReadOriginals, ReadFailures, ManageSettings, ReadAudit},
	Owner:  {Read, ManageDomains, UploadReports, ManageMailboxes, ReadOriginals, ReadFailures, ManageSettings, ReadAudit},
}

// May reports whether the role has the right.
func (r Role) May(right Right) bool { return slices.Contains(rights[r], right) }
