package report

// Standing says how a domain stands, from the one that most needs a person.
type Standing int

// The standings.
const (
	Losing   Standing = iota // mail of the owner's is stopped by their own policy
	NotSafe                  // enforcing would lose mail of the owner's
	TooEarly                 // not enough seen to advise
	NoData                   // nothing reported
	SafeToGo                 // nothing of the owner's would be lost by the next step
	Enforced                 // enforced, and the owner's mail passes
	Parked                   // sends nothing, and the policy says so
	ParkOpen                 // seems to send nothing, and the policy leaves the door open
)

// Assessment is the verdict on a domain with its evidence.
type Assessment struct {
	Standing Standing
	Next     string // policy to move to: "quarantine", "reject"; "" = stay
	Blockers []SenderTotal
}

// What must have been seen before anybody is advised to enforce.
const (
	adviceDays     = 7
	adviceMessages = 100
)

// Class is the class of a sender as a whole. A sender of many messages is not
// judged by a few strays: from two in a hundred on, failing mail decides.
func (t SenderTotal) Class() Class {
	total := t.Total()
	switch {
	case t.Fix*50 >= total && t.Fix > 0:
		return NeedsFixing
	case t.Forwarded*50 >= total && t.Forwarded > 0:
		return Forwarded // some receivers say so; others just do not look
	case t.Unknown*2 >= total && t.Unknown > 0:
		return Unknown
	}
	return Passing
}

// Assess judges a domain by what was reported, what it publishes, and its
// senders, of which it picks those of the domain that need fixing.
func Assess(d DomainTotal, senders []SenderTotal) Assessment {
	var a Assessment
	for _, s := range senders {
		if s.DomainID == d.ID && s.Class() == NeedsFixing {
			a.Blockers = append(a.Blockers, s)
		}
	}
	enforced := d.Policy == "quarantine" || d.Policy == "reject"
	own := d.Passing + d.Fix
	switch {
	case d.Total() == 0:
		a.Standing = NoData
	case own*100 < d.Total() && d.Policy == "reject":
		a.Standing = Parked
	case own*100 < d.Total():
		a.Standing, a.Next = ParkOpen, "reject"
	case len(a.Blockers) > 0 && enforced:
		a.Standing = Losing
	case len(a.Blockers) > 0:
		a.Standing = NotSafe
	case d.Policy == "reject":
		a.Standing = Enforced
	case d.Days < adviceDays || d.Total() < adviceMessages:
		a.Standing = TooEarly
	case d.Policy == "quarantine":
		a.Standing, a.Next = SafeToGo, "reject"
	default:
		a.Standing, a.Next = SafeToGo, "quarantine"
	}
	return a
}

// Lost returns the messages of the blockers that do not pass: what the owner
// loses, or would lose, by an enforced policy.
func (a Assessment) Lost() (n int64) {
	for _, b := range a.Blockers {
		n += b.Fix
	}
	return n
}
