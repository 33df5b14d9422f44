package journey

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// colleagueAddress is whom the owner invites.
const colleagueAddress = "grace@example.net"

// team is an owner and a colleague, each with a browser of their own.
type team struct {
	journey
	colleague *tab
	name      string // of the organization
}

// TestTeam invites a colleague, gives them another role, signs them out
// everywhere, and deletes and brings back an account and an organization.
func TestTeam(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	browser := startBrowser(t)
	j := &team{journey: journey{tab: newTab(browser, t, p.base), program: p, browser: browser}, colleague: newTab(browser, t, p.base)}
	j.open("/")
	j.asksForAMail(j.tab, ownerAddress)
	j.opensTheMail(j.tab, ownerAddress)
	j.follow("#mail-link")
	j.press("Sign in")
	j.org = strings.TrimSuffix(j.where(), "/welcome")
	j.invites()
	j.accepts()
	j.givesAnotherRole()
	j.signsOutEverywhere()
	j.deletesTheAccountAndComesBack()
	j.changesTheAddress()
	j.deletesTheOrganizationAndBringsItBack()
	if errors := p.complaints(); errors != "" {
		t.Errorf("the program logged errors:\n%s", errors)
	}
}

func (j *team) invites() {
	j.open(j.org + "/settings")
	j.name = strings.TrimPrefix(j.text("h1"), "Settings of ")
	j.follow(`//nav[@aria-label="Settings"]//a[normalize-space(.)="Members"]`)
	j.reads("You are the only member of " + j.name + ".")
	j.do(typeInto("#field-email", colleagueAddress))
	j.do(chromedp.Steps(chromedp.Focus(chromedp.CSS("#field-role")), chromedp.KeyEvent("v")))
	j.press("Send the invitation")
	j.reads("The invitation is on its way.", colleagueAddress, "viewer · sent just now")
	j.picture("members-invited")
	j.mind.expect(j.whole(j.org + "/members"))
	if status := j.arrive(typeInto("#field-email", colleagueAddress), enter()); status != 422 {
		j.Errorf("inviting twice answers %d", status)
	}
	j.reads("This address is invited already.")
}

// mailed waits for the newest mail to an address and returns its link.
func (j *team) mailed(b *tab, address, holds string) (link string) {
	b.Helper()
	within(b.T, patience, "no mail to "+address, func() bool {
		b.open("/dev/outbox")
		b.follow(`main ul li a`)
		link = look[string](b, `document.getElementById("mail-link")?.href ?? ""`)
		return b.text("main dd") == address && strings.Contains(link, holds)
	})
	return link
}

// enters signs somebody in who has typed nothing yet on the sign-in page.
func (j *team) enters(b *tab, address string) {
	b.Helper()
	j.asksForAMail(b, address)
	b.open(j.opensTheMail(b, address))
	b.press("Sign in")
}

func (j *team) accepts() {
	link := j.mailed(j.colleague, colleagueAddress, "/invitations/")
	j.colleague.open(link)
	if at := j.colleague.where(); !strings.HasPrefix(at, "/signin?next=") {
		j.Fatalf("without a session the invitation is at %s", at)
	}
	j.enters(j.colleague, colleagueAddress)
	j.colleague.reads("You are invited to "+j.name, "As viewer you may see reports")
	j.colleague.picture("invitation")
	j.colleague.press("Accept and open " + j.name)
	j.colleague.reads("You belong to " + j.name + " now.")
	j.colleague.open(j.org + "/members")
	j.colleague.reads("2 people belong to "+j.name+".", "Only an admin or owner can invite people")
	j.colleague.refused(j.org+"/mailboxes/new", 403)
}

func (j *team) givesAnotherRole() {
	j.open(j.org + "/members")
	role := `select[aria-label="Role of ` + colleagueAddress + `"]`
	j.do(chromedp.Steps(chromedp.Focus(chromedp.CSS(role)), chromedp.KeyEvent("a"), chromedp.KeyEvent(kb.Tab)))
	j.follow(`button[aria-label="Save the role of ` + colleagueAddress + `"]`)
	j.reads("The role is changed.")
	j.colleague.open(j.org + "/mailboxes/new")
	j.mind.expect(j.whole(j.org + "/leave"))
	j.open(j.org + "/leave")
	if status := j.arrive(click(`//main//button[normalize-space(.)="Leave the organization"]`)); status != 422 {
		j.Errorf("the only owner leaves: %d", status)
	}
	j.reads("You are the only owner.")
}

func (j *team) signsOutEverywhere() {
	elsewhere := newTab(j.browser, j.T, j.base)
	elsewhere.open("/signin")
	j.enters(elsewhere, colleagueAddress)
	j.colleague.open("/account/sessions")
	j.colleague.reads("You are signed in here and on one other device.", "Chrome")
	j.colleague.picture("sessions")
	j.colleague.press("Sign out all other devices")
	j.colleague.reads("All other devices are signed out.", "You are signed in on this device only.")
	elsewhere.open(j.org + "/")
	if at := elsewhere.where(); !strings.HasPrefix(at, "/signin") {
		j.Errorf("the other device is at %s", at)
	}
}

func (j *team) deletesTheAccountAndComesBack() {
	b := j.colleague
	b.open("/account")
	b.press("Delete your account…")
	b.reads("Delete the account of "+colleagueAddress+"?", "For 30 days you can undo this by signing in again.")
	b.picture("account-delete")
	b.press("Delete my account")
	b.at("/signin")
	b.reads("Your account is deleted.")
	j.enters(b, colleagueAddress)
	b.open(j.org + "/")
	b.at("/account/restore")
	b.picture("account-restore")
	b.press("Undo the deletion")
	b.reads("Your account is back.", j.name)
	b.open(j.org + "/members")
	b.reads("2 people belong to " + j.name + ".")
}

func (j *team) changesTheAddress() {
	b, fresh := j.colleague, "grace@example.com"
	b.open("/account")
	b.do(typeInto("#field-email", fresh))
	b.press("Send both links")
	b.reads("The change to " + fresh + " waits for the links in the mails to both addresses.")
	anybody := newTab(j.browser, j.T, j.base)
	links := j.sideLinks(anybody, colleagueAddress, fresh)
	anybody.open(links[fresh])
	anybody.reads("Change the address?", colleagueAddress, fresh)
	anybody.picture("address")
	anybody.press("Confirm the change")
	anybody.reads("This address has confirmed")
	b.open("/account")
	b.reads(fresh + " has confirmed.")
	anybody.open(links[colleagueAddress])
	anybody.press("Confirm the change")
	anybody.reads("The address is changed", fresh)
	b.open(j.org + "/")
	if at := b.where(); !strings.HasPrefix(at, "/signin") {
		j.Errorf("after the change of address still at %s", at)
	}
	j.enters(b, fresh)
	b.open(j.org + "/members")
	b.reads(fresh, "2 people belong to "+j.name+".")
}

// sideLinks returns the links in the mails to both addresses.
func (j *team) sideLinks(b *tab, addresses ...string) map[string]string {
	b.Helper()
	links := map[string]string{}
	within(b.T, patience, "not both mails are there", func() bool {
		for n := 1; n <= 2; n++ {
			b.open("/dev/outbox")
			b.follow(`main ul li:nth-of-type(` + string(rune('0'+n)) + `) a`)
			if link := look[string](b, `document.getElementById("mail-link")?.href ?? ""`); strings.Contains(link, "/account/address/") {
				links[b.text("main dd")] = link
			}
		}
		for _, address := range addresses {
			if links[address] == "" {
				return false
			}
		}
		return true
	})
	return links
}

func (j *team) deletesTheOrganizationAndBringsItBack() {
	j.open(j.org + "/settings")
	j.press("Delete this organization…")
	j.reads("Delete "+j.name+"?", "For 30 days each owner can undo this")
	j.picture("organization-delete")
	j.press("Delete the organization")
	j.reads(j.name+" is deleted.", "It is erased")
	j.picture("organizations-deleted")
	j.colleague.refused(j.org+"/", 404)
	j.follow(`button[aria-label="Undo the deletion of ` + j.name + `"]`)
	j.reads(j.name + " is back.")
	j.colleague.open(j.org + "/")
}
