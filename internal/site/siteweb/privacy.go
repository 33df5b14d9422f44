package siteweb

import (
	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web"
	"sendvery.com/sendvery/web/format"
)

// Privacy is what the page about privacy says.
func Privacy(f Facts) Page {
	return Page{
		Heading:  "Privacy",
		Lead:     "Your reports are read for you alone. This is what is kept for that, for how long, and whom the program asks for anything.",
		Sections: []Section{responsible(f), stored(f), lifetimes(f), others(f), cookies()},
	}
}

func responsible(f Facts) Section {
	s := Section{ID: "responsible", Title: "Who is responsible", Claims: []Claim{
		runBy(f),
		said("data-location", "where the data is", f.Location),
	}}
	if f.Contact != "" {
		s.Claims = append(s.Claims, Claim{Promises: []string{"disclosure-contact"}, By: Operator, Text: "You reach the operator here:", More: f.contactLink()})
	}
	return s
}

func stored(f Facts) Section {
	s := Section{ID: "stored", Title: "What is kept", Claims: []Claim{
		kept("kept-of-people", "Of you: your e-mail address, the organizations you belong to, and of each signed-in device its browser, the time, and its network address without the last part."),
		kept("invitation-life", "Of somebody who is invited: the address, until they come or the invitation is forgotten."),
		kept("ordinary-mail", "Of a mail that holds no report: its number in the mailbox, its date and its size. Not its subject, sender or text; and it is never changed, moved or deleted."),
		kept("originals", "Of a mail with a report: the report, and the mail as it came, which owners and admins of your organization can download."),
		kept("uploads", "Of a file that you upload: what it holds as of a mail, its name, and that you brought it."),
		kept("failure-reports", "Of a failure report, which is about one mail of a person: a few header fields, and of each address its domain. The rest is taken out before anything is stored, and the mail is not kept."),
		kept("credentials-sealed", "Of a mailbox: its settings, and its password or token, encrypted."),
		kept("trail-kept", "Of changes: who made them, when, and to what."),
	}}
	if f.Payments {
		s.Claims = append(s.Claims, kept("stripe-verbatim", "Of payments: the plan, how often and until when it is paid, and what Stripe delivers about them, which may name your billing address."))
	}
	return s
}

func lifetimes(f Facts) Section {
	s := Section{ID: "lifetimes", Title: "For how long", Claims: []Claim{
		kept("link-short-lived", "A sign-in link works for "+format.For(auth.LinkLife)+". That it was asked for is forgotten "+format.For(auth.RequestKept)+" later."),
		kept("own-trail", "Of every sign-in and sign-out, the device, the time and the network without its last part stay in your own list until your account is erased."),
		kept("session-life", "A session lives for "+format.For(auth.SessionIdle)+" without use and "+format.For(auth.SessionAbsolute)+" in all, or until you sign out."),
		kept("refused-originals", "Mails whose reports were refused, or wait for their domain, are kept for "+format.For(report.WaitingLife)+"; those that wait for a larger plan, for as long as the plan keeps reports, if that is longer. That they came stays listed."),
		kept("failure-life", "Failure reports are deleted after "+format.For(failurereport.Life)+"."),
		kept("draft-life", "Settings of a mailbox that never passed their test are forgotten after "+format.For(mailbox.DraftLife)+", password included."),
		kept("mailbox-deleted", "A mailbox that you delete takes its password or token with it at once. Reports that were read stay."),
		kept("account-undo", "An account that you delete can be taken back for "+format.For(auth.UndoLife)+". Then your address, your sessions and what is recorded of them are erased; what you did in organizations stays there under a number that names nobody."),
		kept("organization-undo", "An organization that its owner deletes loses its passwords and tokens at once, and can be taken back for "+format.For(org.UndoLife)+". Then everything of it is erased, its record of changes too."),
		kept("invitation-life", "An invitation is valid for "+format.For(org.InvitationLife)+". An address that nobody came from is forgotten "+format.For(org.UndoLife)+" later."),
		kept("address-both-sides", "The links of a change of address work for "+format.For(auth.ChangeLife)+"."),
		kept("export-right", "An export of your data, or by its admins of an organization’s, is deleted after "+format.For(export.Life)+". It holds no passwords and no tokens."),
		kept("logs-30-days logs-discreet", "What the program logs holds no addresses, tokens or mails. The settings that it comes with keep that for 30 days; the operator may have changed them."),
		said("backups-encrypted", "how long deleted data stays in backups, and how those are encrypted", f.Backups),
	}}
	if !f.Payments {
		s.Claims = append(s.Claims, kept("trail-kept", "Reports, their mails, and the record of changes stay for as long as their organization does."))
		return s
	}
	s.Claims = append(s.Claims,
		kept("trail-kept", "The record of changes stays for as long as its organization does."),
		kept("plan-retention plan-grace", "Reports and their mails stay for as long as the plan of their organization says. When a plan becomes smaller or ends, nothing is deleted because of that for "+format.For(billing.DowngradeGrace)+", and owners are told before."),
		kept("stripe-verbatim payment-events", "What Stripe delivers about payments is kept as it came for "+format.For(billing.EventLife)+", and no longer than its organization."),
		kept("stripe-ends", "When an organization is erased, its subscriptions at Stripe have ended. Its name and the owner’s mail address stay at Stripe, whose invoices name them."),
	)
	return s
}

// others are all outside parties that the program has to do with.
func others(f Facts) Section {
	s := Section{ID: "others", Title: "Whom the program asks, and for what", Claims: []Claim{
		kept("asks-mail-servers sharing-disclosed", "The mail server of each mailbox that you connect, for its mails."),
		kept("asks-dns-servers", "DNS, for the mail servers of an address when you type it to connect a mailbox."),
	}}
	for _, provider := range f.Providers {
		s.Claims = append(s.Claims, kept("asks-providers", provider+", for access to a mailbox, if you choose to sign in there instead of giving a password."))
	}
	if f.Payments {
		s.Claims = append(s.Claims, kept("asks-stripe", "Stripe, for payments, once an owner chooses a plan: it is given your organization’s name and number here, and the owner’s mail address. Cards, addresses and VAT numbers are typed on Stripe’s own pages."))
	}
	if f.IPLookup {
		s.Claims = append(s.Claims, kept("asks-dns-names", "DNS, for the names of the addresses that reports list as senders."))
	}
	if f.NetworkDNS {
		s.Claims = append(s.Claims, kept("asks-networks", "Team Cymru, by DNS, for the networks and countries of those addresses. It learns which addresses, not whose reports list them."))
	}
	if f.NetworkFiles {
		s.Claims = append(s.Claims, kept("network-files", "Nobody, for networks or countries that the operator’s own files name."))
	}
	if f.DKIMLookup {
		s.Claims = append(s.Claims, kept("asks-dns-keys", "DNS, for the public keys that report mails are signed with. Nothing else of a mail is sent."))
	}
	if f.MailServer != "" {
		s.Claims = append(s.Claims, kept("asks-smtp", f.MailServer+", to deliver sign-in links and notices to you."))
	}
	if f.Authority != "" {
		s.Claims = append(s.Claims, kept("asks-authority", f.Authority+", for the certificate of this site. It learns the site’s name and nothing of visitors."))
	}
	if f.SharedLimits {
		s.Claims = append(s.Claims, kept("asks-redis", "The operator’s Redis, for how often something was done of late. It is given digests, and no addresses in clear."))
	}
	s.Claims = append(s.Claims, kept("no-telemetry", "And nobody else: whoever makes Sendvery is sent nothing, neither statistics nor errors."))
	return s
}

// cookies are named as browsers show them.
func cookies() Section {
	return Section{ID: "cookies", Title: "Cookies, all of this site alone", Claims: []Claim{
		kept("cookies", "session: keeps you signed in, for "+format.For(auth.SessionAbsolute)+" at most."),
		kept("cookies", "sign-in: ties the code in the mail to the browser that asked, for "+format.For(auth.LinkLife)+"."),
		kept("cookies", mailbox.GrantCookie+": knows what you began while you are at your provider to connect a mailbox, for "+format.For(mailbox.GrantLife)+"."),
		kept("cookies", "flash: a sentence for the next page, for a minute."),
		kept("cookies", "theme: whether you chose light or dark, for "+format.For(web.ThemeLife)+"."),
	}}
}
