package mail

import "strings"

// PlanChanged is the mail that confirms another plan to the owners.
type PlanChanged struct {
	Organization string   // its name
	From, To     string   // names of plans
	Gives        string   // "Pro gives 20 domains, 10 000 reports a month …"
	Cost         string   // "It costs $23.99 a month and renews on 21 Dec 2026."
	Until        string   // "21 Dec 2026": until then nothing is taken away; empty where nothing is
	Goes         []string // what goes then
	Link         string   // to the page about billing
	Host         string   // of this installation
}

// Subject says the news.
func (m PlanChanged) Subject() string {
	if m.From == m.To {
		return m.To + " for " + m.Organization + " is paid in another way now"
	}
	return m.Organization + " is on " + m.To + " now"
}

// Text is the text part.
func (m PlanChanged) Text() string {
	lines := []string{m.news(), "", m.Gives, m.Cost}
	if m.Until != "" {
		lines = append(lines, "", m.keeps())
		lines = append(lines, listed(m.Goes)...)
	}
	return owners(m.Organization, m.Host, append(lines, "", "See plan, usage and invoices: "+m.Link))
}

func (m PlanChanged) news() string {
	if m.From == m.To {
		return "How " + m.Organization + " pays for " + m.To + " has changed."
	}
	return "The plan of " + m.Organization + " changed from " + m.From + " to " + m.To + "."
}

func (m PlanChanged) keeps() string {
	if len(m.Goes) == 0 {
		return "Until " + m.Until + " nothing is deleted or set aside."
	}
	return "Until " + m.Until + " nothing is deleted or set aside. From then on:"
}

// PaymentFailed is the mail about a payment that could not be taken.
type PaymentFailed struct {
	Organization string
	Plan         string // its name
	Until        string // the day from which the limits of Free apply
	Goes         string // the day before which nothing is taken away
	Link         string // to the page about billing
	Host         string
}

// Subject says the news.
func (m PaymentFailed) Subject() string { return "A payment for " + m.Organization + " failed" }

// Text is the text part.
func (m PaymentFailed) Text() string {
	return owners(m.Organization, m.Host, []string{m.news(), "", m.next(), "", "Pay or change the card: " + m.Link})
}

func (m PaymentFailed) news() string {
	return "Stripe could not take the payment for " + m.Plan + "."
}

func (m PaymentFailed) next() string {
	return "It tries again by itself over the next days, and until " + m.Until + " nothing changes. " +
		"From then on the limits of Free apply unless it is paid, and nothing is deleted or set aside before " + m.Goes + "."
}

// PlanEnds is the mail that confirms that a plan was cancelled.
type PlanEnds struct {
	Organization string
	Plan         string // its name
	End          string // "21 Dec 2026"
	Missing      string // the day from which Free applies because a payment is missing; empty = it is paid until End
	Until        string // the day before which nothing is taken away
	Link         string // to the page about billing
	Host         string
}

// Subject says the news.
func (m PlanEnds) Subject() string { return m.Plan + " ends for " + m.Organization + " on " + m.End }

// Text is the text part.
func (m PlanEnds) Text() string {
	return owners(m.Organization, m.Host, []string{m.news(), "", m.next(), "", "Keep the plan after all: " + m.Link})
}

func (m PlanEnds) news() string {
	if m.Missing != "" {
		return m.Plan + " was cancelled and ends on " + m.End + ". A payment for it is missing: Stripe goes on trying to take it, but no further one is asked for."
	}
	return m.Plan + " was cancelled and ends on " + m.End + ". Nothing is charged any more."
}

func (m PlanEnds) next() string {
	stays := "Until then everything stays as it is"
	if m.Missing != "" {
		stays = "Unless it is paid, the limits of Free apply from " + m.Missing + " on"
	}
	return stays + ", and until " + m.Until + " nothing is deleted or set aside. Before anything is, you get reminders."
}

// GraceReminder is the mail about what a smaller plan takes away soon.
type GraceReminder struct {
	Organization string
	Why          string   // what has just happened; empty in later reminders
	Has          string   // name of the plan
	Missing      string   // name of the one that a missing payment ended; empty without
	Left         string   // "7 days"
	Until        string   // the day
	Goes         []string // what goes then; empty: nothing does
	ExportLink   string
	Link         string // to the page about billing
	Host         string
}

// Subject says the news.
func (m GraceReminder) Subject() string {
	if len(m.Goes) == 0 {
		return m.Organization + " is on " + m.Has + " now, and what it has fits"
	}
	return m.Left + " left: what " + m.Organization + " has beyond " + m.Has + " goes on " + m.Until
}

// Text is the text part.
func (m GraceReminder) Text() string {
	var lines []string
	if m.Why != "" {
		lines = append(lines, m.Why)
	}
	lines = append(lines, m.news(), "")
	if len(m.Goes) > 0 {
		lines = append(append(lines, listed(m.Goes)...), "")
	}
	return owners(m.Organization, m.Host, append(lines, m.way(), "", m.linkText()+": "+m.Link, "Take everything with you: "+m.ExportLink))
}

func (m GraceReminder) title() string {
	if len(m.Goes) == 0 {
		return m.Has + " is in force"
	}
	return m.Left + " left"
}

func (m GraceReminder) news() string {
	if len(m.Goes) == 0 {
		return "What " + m.Organization + " has fits, so nothing is deleted or set aside."
	}
	return m.Organization + " is on " + m.Has + " and keeps everything it has until " + m.Until + ". From then on:"
}

func (m GraceReminder) way() string {
	switch {
	case m.Missing != "":
		return "Once the payment comes in, " + m.Missing + " is in force again, and what is still there stays."
	case len(m.Goes) == 0:
		return "A larger plan can be chosen at any time."
	}
	return "A larger plan, chosen before that day, keeps everything as it is. Until then nothing is deleted or set aside."
}

func (m GraceReminder) linkText() string {
	switch {
	case m.Missing != "":
		return "Pay at Stripe, from the page about billing"
	case len(m.Goes) == 0:
		return "See plan and usage"
	}
	return "Choose a plan, or which domains stay"
}

// listed are the lines of a list in text.
func listed(sentences []string) []string {
	var out []string
	for _, s := range sentences {
		out = append(out, "- "+s)
	}
	return out
}

// owners ends a text to the owners of an organization.
func owners(organization, host string, lines []string) string {
	return strings.Join(append(lines, "", toOwners(organization), "", "-- ", "Sendvery at "+host, ""), "\r\n")
}

func toOwners(organization string) string {
	return "You get this mail because you own " + organization + "."
}
