package auditweb

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// action is a kind of event in words.
type action struct {
	Name string // as it is recorded
	Text string // "Added a domain"
	// Subject says that the event's subject is for people: a name, not an id.
	Subject bool
}

// actions are what is recorded in an organization's chain, in the order of the
// filter.
var actions = [...]action{
	{"organization.create", "Made the organization", false},
	{"organization.rename", "Renamed the organization", true},
	{"organization.transfer", "Handed the organization over", false},
	{"organization.delete", "Deleted the organization", false},
	{"organization.restore", "Took the deletion of the organization back", false},
	{"invitation.create", "Invited somebody", false},
	{"invitation.resend", "Sent an invitation again", false},
	{"invitation.revoke", "Revoked an invitation", false},
	{"invitation.accept", "Accepted an invitation", false},
	{"invitation.decline", "Declined an invitation", false},
	{"member.role", "Changed a member's role", false},
	{"member.remove", "Removed a member", false},
	{"member.leave", "Left the organization", false},
	{"export.ask", "Had an export made", false},
	{"export.fetch", "Downloaded an export", false},
	{"domain.add", "Added a domain", true},
	{"domain.keep", "Chose a domain to stay active", true},
	{"domain.set-aside", "Set a domain aside", true},
	{"domain.resume", "Made a domain active again", true},
	{"domain.group", "Put a domain into another group", true},
	{"group.create", "Made a group of domains", true},
	{"group.rename", "Renamed a group of domains", true},
	{"group.delete", "Deleted a group of domains", true},
	{"sender.review", "Said whose a sender is", true},
	{"billing.customer", "Became a customer at Stripe", false},
	{"billing.checkout", "Opened a page for paying", false},
	{"billing.change", "Agreed to another plan", false},
	{"billing.cancel", "Had the plan end with what is paid", false},
	{"billing.resume", "Took the end of the plan back", false},
	{"billing.portal", "Went to Stripe’s page for cards and addresses", false},
	{"billing.plan", "Another plan is in force", false},
	{"billing.grace_over", "The time after a larger plan is over", false},
	{"mailbox.connect", "Connected a mailbox", false},
	{"mailbox.grant", "Allowed access to a mailbox at its provider", false},
	{"mailbox.import", "Began to import a mailbox", false},
	{"mailbox.change", "Changed the settings of a mailbox", false},
	{"mailbox.pause", "Paused a mailbox", false},
	{"mailbox.resume", "Resumed a mailbox", false},
	{"mailbox.read-again", "Had a mailbox read again", false},
	{"mailbox.grant-returned", "Gave back access to a mailbox", false},
	{"mailbox.delete", "Deleted a mailbox with its password", false},
	{"mailbox.sign-in-refused", "A mailbox refused its password", false},
	{"mailbox.grant-lost", "Access to a mailbox was withdrawn at its provider", false},
	{"mailbox.stop", "A mailbox was paused because it could not be read", false},
	{"mailbox.forget", "Forgot a mailbox that was never connected", false},
	{"mailbox.reseal", "Sealed a mailbox's password with a new key", false},
	{"receipts.retry", "Had refused mails read again", false},
	{"report.choose", "Chose between two versions of a report", false},
}

// ownActions are what is recorded in a person's own chain.
var ownActions = [...]action{
	{"session.begin", "Signed in", false},
	{"session.end", "Signed out a device", false},
	{"address.ask", "Asked to change the address", false},
	{"address.stop", "Stopped a change of the address", false},
	{"address.change", "Changed the address", false},
	{"account.delete", "Deleted the account", false},
	{"account.restore", "Took the deletion of the account back", false},
}

// facts are the names of details, in the order in which they are shown.
var facts = [...]struct{ name, word string }{
	{"device", "Device"}, {"network", "Network"}, {"domain", "Domain"}, {"host", "Server"}, {"provider", "Provider"},
	{"role", "Role"}, {"plan", "Plan"}, {"interval", "Paid by the"}, {"from", "From"}, {"to", "To"}, {"due", "Due"}, {"reason", "Reason"}, {"mails", "Mails"}, {"choice", "Choice"}, {"part", "Part"}, {"key", "Key"},
}

// wordsOf are the words for an action; its own name where there are none.
func wordsOf(name string) action {
	for _, a := range slices.Concat(actions[:], ownActions[:]) {
		if a.Name == name {
			return a
		}
	}
	return action{Name: name, Text: name, Subject: true}
}

func wordOf(fact string) string {
	for _, f := range facts {
		if f.name == fact {
			return f.word
		}
	}
	return fact
}

// rank is the place of a detail among the others.
func rank(fact string) int {
	for i, f := range facts {
		if f.name == fact {
			return i
		}
	}
	return len(facts)
}

func factsOf(e audit.Entry) (out []Fact) {
	names := slices.SortedFunc(maps.Keys(e.Detail), func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	for _, name := range names {
		if e.Detail[name] != "" {
			out = append(out, Fact{wordOf(name), format.Middle(valueOf(e.Action, e.Detail[name]), 80)})
		}
	}
	return out
}

// valueOf is a detail for people: plans by name and amounts as money, which
// events of billing hold as "pro", "pro by the month" and "1800 cents USD".
func valueOf(action, value string) string {
	if !strings.HasPrefix(action, "billing.") {
		return value
	}
	if amount, currency, ok := strings.Cut(value, " cents "); ok {
		if cents, err := strconv.ParseInt(amount, 10, 64); err == nil {
			return format.Money(cents, currency)
		}
	}
	for _, p := range billing.Plans() {
		if value == string(p.ID) {
			return p.Name
		}
		if interval, ok := strings.CutPrefix(value, string(p.ID)+" by the "); ok {
			return p.Name + ", by the " + interval
		}
	}
	return value
}

// by is who caused an event.
func by(e audit.Entry) string {
	switch {
	case e.Person == nil:
		return "Sendvery"
	case e.Email == nil:
		return "a former member"
	}
	return *e.Email
}

// actionOptions are the kinds of events that an organization can have.
func actionOptions() []ui.Option {
	out := []ui.Option{{Text: "Everything"}}
	for _, a := range actions {
		out = append(out, ui.Option{Value: a.Name, Text: a.Text})
	}
	return out
}

func peopleOptions(members []audit.Actor) []ui.Option {
	out := []ui.Option{{Text: "Anybody"}}
	for _, m := range members {
		out = append(out, ui.Option{Value: m.ID.String(), Text: m.Email})
	}
	return append(out, ui.Option{Value: string(audit.ByFormer), Text: "Former members"}, ui.Option{Value: string(audit.ByProgram), Text: "Sendvery itself"})
}
