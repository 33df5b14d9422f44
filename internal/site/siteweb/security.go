package siteweb

import (
	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/web/format"
)

// Security is what the page about security says.
func Security(f Facts) Page {
	return Page{
		Heading: "Security",
		Lead:    "What a test of the program shows to hold is marked with a tick, what the operator of this installation says with a person. What neither stands behind is not claimed here.",
		Sections: []Section{
			signingIn(f), credentials(f), transit(f), tenants(), pages(f), trail(f), secrets(),
			{ID: "location", Title: "Where the data is", Claims: []Claim{said("data-location", "where the data is", f.Location)}},
			reporting(f), ownMachine(),
		},
	}
}

func signingIn(f Facts) Section {
	s := Section{ID: "sign-in", Title: "Signing in", Claims: []Claim{
		kept("sign-in-by-mail no-passwords nothing-to-leak", "Nobody has a password here, so none is stored in any form, and there is none to lose, to be tricked out of or to use twice."),
		kept("link-short-lived", "You sign in by a link that is mailed to you. It works once, and for "+format.For(auth.LinkLife)+"."),
		kept("link-opens-session link-confirmed", "Opening the link is not enough: a page names the address, the device and the time of the request, and its button begins the session. It never silently replaces another one."),
		kept("code-bound", "The six digits in the same mail work in the browser that asked only, and for a few tries."),
		kept("session-server-side", "A session is kept on the server. The browser holds a random token, and only a digest of it is stored."),
		kept("session-life", "A session ends after "+format.For(auth.SessionIdle)+" without use, and in any case after "+format.For(auth.SessionAbsolute)+"."),
		kept("sign-out-anywhere", "You see every device that is signed in, and sign any of them out from any other, at any time."),
		kept("sign-in-limits limits-in-memory", "How often links are asked for and codes are tried is limited per address and per network. Links that were sent go on working, so that nobody can lock you out."),
	}}
	s.Claims = append(s.Claims, kept("address-both-sides", "Your address changes only once the old and the new one have both confirmed it, and every device is signed out then."))
	if f.SharedLimits {
		s.Claims = append(s.Claims, kept("limits-shared redis-private", "All processes of this installation count those limits together. While they cannot, each counts by itself; nothing is ever left unlimited."))
	}
	if f.HTTPS {
		s.Claims = append(s.Claims, kept("session-cookie", "The session’s cookie is out of reach of scripts, sent over HTTPS only, and not sent along by other sites’ forms (HttpOnly, Secure, SameSite=Lax)."))
	}
	return s
}

func credentials(f Facts) Section {
	return Section{ID: "credentials", Title: "Passwords and tokens of mailboxes", Claims: []Claim{
		kept("credentials-sealed", "Passwords of mailboxes, and what Google and Microsoft grant instead of one, are encrypted before they are stored."),
		kept("cipher library not-aes-gcm", "The cipher is XChaCha20-Poly1305, with a fresh nonce for every value, out of a library that is maintained for the purpose. It is not AES-256-GCM."),
		kept("sealed-in-place", "An encrypted value opens in its own place only: copied to another row or organization it is refused."),
		kept("key-from-environment key-not-stored", "The key comes from the environment, or a file, when the program starts. It is never in the database."),
		kept("key-not-in-source", "No key is in the source: every check of it looks for secrets, and the published example is refused in production."),
		kept("key-rotation rotate-after-incident", "The key can be changed at any time without changing the program, while mailboxes are being read."),
		said("storage-encrypted", "how the storage below the database is encrypted", f.Storage),
		said("backups-encrypted", "how backups are encrypted", f.Backups),
	}}
}

func transit(f Facts) Section {
	s := Section{ID: "transit", Title: "On the way", Claims: []Claim{
		kept("mailbox-tls", "Mailboxes are read over TLS only, by IMAP or POP3."),
		kept("no-downgrade", "A mail server that does not offer TLS, or whose certificate does not hold, is refused with the reason. Nothing is sent to it in the clear, and there is no way to go on without."),
		kept("own-mail-tls", "The program’s own mail is handed over by TLS or not at all."),
	}}
	switch f.TLS {
	case "acme", "files":
		s.Claims = append(s.Claims, kept("tls13 no-plain-http", "The program speaks TLS 1.3 and nothing older. Over plain HTTP it sends browsers on to the https address, answers the certificate authority where there is one, and refuses everything else."))
	case "proxy":
		s.Claims = append(s.Claims, kept("tls-before", "A proxy of the operator’s speaks TLS in front of the program, which sends on or refuses what did not come to it by https."))
	}
	if f.HTTPS {
		s.Claims = append(s.Claims, kept("hsts public-https", "These pages are served at an https address, and browsers are told to use no other for a year (HSTS)."))
	}
	return s
}

func tenants() Section {
	return Section{ID: "tenants", Title: "Apart from other organizations", Claims: []Claim{
		kept("tenant-routes tenant-proof", "Every page asks, on the server, whether you belong to the organization and whether your role allows it. To strangers an organization’s pages do not exist."),
		kept("lock-database", "In the database each row names its organization, and a policy shows a request only the rows of its own. That is a lock against a forgotten condition; it is none against SQL injection."),
		kept("lock-queries", "Every query names the organization as well. Each of the two locks is tested with the other one taken away."),
		kept("database-roles", "The program refuses to start with database rights by which it could pass by that policy."),
		kept("operator-blind", "The operator’s own page shows counts and no content: no domains, no addresses, no reports."),
	}}
}

func pages(f Facts) Section {
	s := Section{ID: "pages", Title: "Pages and connections", Claims: []Claim{
		kept("page-policy", "Pages run only scripts and styles of their own, from this site, and cannot be framed by others."),
		kept("same-origin", "What changes something is refused when it comes from another site."),
		kept("guarded-hosts", "Mail servers that people name are reached on public networks only, unless the operator allows others."),
		kept("hostile-reports", "Reports and mails are read within limits on size, depth and time, and what they say is shown as text."),
	}}
	if f.Payments {
		s.Claims = append(s.Claims, kept("stripe-verified stripe-refused", "What comes in Stripe’s name is taken only with its signature, no older than five minutes, and refused without. Even then it is not believed: the program asks Stripe how things are."))
	}
	return s
}

func trail(f Facts) Section {
	s := Section{ID: "trail", Title: "What is written down", Claims: []Claim{
		kept("changes-recorded credential-events", "Changes of organizations, domains and mailboxes are recorded with who made them, in the same transaction as the change: there is none without the other."),
		kept("tamper-evident", "The records form a chain that is signed with a key outside of the database: a check names the first one that was changed, deleted, inserted or moved. Who puts a whole older state back is found by an anchor that was kept elsewhere; who has the key too can write the chain anew from there on."),
		kept("own-trail", "What happens to your sessions and your account is recorded for you in the same way, and you see it."),
		kept("logs-discreet", "The program’s own log has a line for each request, and none of them holds an address, a token or a mail."),
	}}
	if f.Payments {
		s.Claims = append(s.Claims, kept("billing-events stripe-verbatim", "What owners do about the plan is recorded in the same way. What Stripe delivers is stored as it came before anything follows from it."))
	}
	return s
}

func secrets() Section {
	return Section{ID: "secrets", Title: "The operator’s secrets", Claims: []Claim{
		kept("startup-checks placeholders-refused placeholders-local", "In production the program starts with no missing or published secret, and with no short key or token of its own. It says everything that is wrong at once, and never repeats a value."),
		kept("secrets-apart", "No two of them are the same."),
		kept("secrets-from-files secrets-at-runtime", "Secrets come from the environment or from files of a secrets manager, when the program starts."),
		kept("secrets-generated", "The program makes sealing keys itself, from the system’s random source."),
		kept("nothing-hardcoded own-scans", "Every check of the source looks for secrets in it, and for known faults in what it is built from."),
	}}
}

func reporting(f Facts) Section {
	contact := said("disclosure-contact private-reports", "where to report security problems", f.Contact)
	if f.Contact != "" {
		contact.Text, contact.More = "Write to the operator, and not in public:", f.contactLink()
	}
	return Section{ID: "reporting", Title: "If you have found a problem", Claims: []Claim{
		contact,
		said("disclosure-acknowledge disclosure-fix disclosure-credit", "what to expect after a report", f.Response),
		asked("report-contents", "Say which version it is about, what somebody could do with it, how to see it, and whether a secret or another organization’s data may be involved."),
		asked("report-without-data", "Leave out real customers’ data and working passwords, and publish nothing that can be made use of before it is mended."),
		asked("no-scanners test-your-own", "Run no automated scanners against this installation: test one of your own, and send the steps."),
	}}
}

func ownMachine() Section {
	return Section{ID: "own-machine", Title: "On your own machine", Claims: []Claim{
		kept("agpl self-hosting", "If you would rather give your mailbox to nobody, run the whole program yourself, for nothing and for ever. It is free software under AGPL-3.0."),
		{Promises: []string{"quickstart"}, Text: "How to begin:", More: openSourceLink},
	}}
}
