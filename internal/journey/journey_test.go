package journey

import (
	"context"
	"testing"
)

// The people of the journey.
const (
	ownerAddress    = "owner@example.org"
	strangerAddress = "stranger@example.net"
)

// journey is what the parts of the way hand on to each other.
type journey struct {
	*tab    // the owner's browser
	program *program
	browser context.Context
	mails   int // sign-in mails so far
	org     string
	mailbox string
	report  string // one report's page
	refusal string // one refused mail's page
	tls     string // one TLS report's page
	failure string // one failure report's page
}

// TestNewcomer goes the whole way: sign in by mail, connect a mailbox, see who
// sends as the domains, come back another day. A part needs what those before
// it have done, so it is one test.
func TestNewcomer(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.env = []string{"OPERATOR_EMAILS=" + ownerAddress}
	p.start()
	browser := startBrowser(t)
	j := &journey{tab: newTab(browser, t, p.base), program: p, browser: browser}
	j.signsInByLink()
	j.connectsTheDemonstration()
	j.watchesTheImport()
	j.learnsTheNames()
	j.findsTheNumbersRight()
	j.readsTheOverview()
	j.readsADomain()
	j.readsAReport()
	j.readsARefusedMail()
	j.readsTheOtherKinds()
	j.filtersReports()
	j.clicksADayInTheChart()
	j.signsOutAndInByCode()
	j.comesBackAfterARestart()
	j.hidesFromStrangers()
	j.savesTheMailboxUnchanged()
	j.readsRefusedMailsAgain()
	j.uploadsReports()
	j.weighsLittle()
	j.looksGoodEverywhere()
	if errors := p.complaints(); errors != "" {
		t.Errorf("the program logged errors:\n%s", errors)
	}
}
