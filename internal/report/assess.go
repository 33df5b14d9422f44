package report

// Standing says how a domain stands.
type Standing int

// The standings.
const (
	NoData   Standing = iota // nothing reported
	Losing                   // mail known as the owner's is stopped by their own policy
	NotSafe                  // enforcing would lose mail known as the owner's
	Enforced                 // p=reject, and the owner's mail passes
	TooEarly                 // not enough seen to advise
	Foreign                  // no mail is known as the owner's, and the policy lets it through
	Parked                   // no mail is known as the owner's, and p=reject stops it
	SafeToGo                 // nothing known as the owner's would be lost by the next step
)

// Assessment is the verdict on a domain with its evidence.
type Assessment struct {
	Standing Standing
	On       DomainTotal // what it was judged by
	Next     string      // policy to move to: "quarantine", "reject"; "" = stay
	Blockers []SenderTotal
}

// What must have been seen before anybody is advised to enforce.
const (
	adviceDays     = 7
	adviceMessages = 100
)

// recentDays is how long failures count against a sender: what was mended
// before stands in the way of nobody.
const recentDays = 14

// Class is the class of a sender as a whole. A sender of many messages is not
// judged by a few strays: from two in a hundred on, failing mail decides, and
// of its mail that of the last days where there is any.
func (t SenderTotal) Class() Class {
	total, recent := t.Total(), t.Recent.Fix+t.Recent.Other
	switch {
	case recent > 0 && t.Recent.Fix > 0 && t.Recent.Fix*50 >= recent, recent == 0 && t.Fix > 0 && t.Fix*50 >= total:
		return NeedsFixing
	case t.Forwarded > 0 && t.Forwarded*50 >= total:
		return Forwarded // some receivers say so; others just do not look
	case t.Unknown > 0 && t.Unknown*2 >= total:
		return Unknown
	}
	return Passing
}

// Mended reports whether the sender failed in the chosen days but no longer does.
func (t SenderTotal) Mended() bool {
	return t.Class() == Passing && t.Fix > 0 && t.Fix*50 >= t.Total()
}

// Assess judges a domain by what was reported, what it publishes, and its
// senders, of which it picks those of the domain that need fixing. Mail that
// nobody knows as the owner's may still be theirs, so it is never a reason to
// enforce.
func Assess(d DomainTotal, senders []SenderTotal) Assessment {
	a := Assessment{On: d}
	for _, s := range senders {
		if s.DomainID == d.ID && s.Class() == NeedsFixing {
			a.Blockers = append(a.Blockers, s)
		}
	}
	switch own := d.Passing + d.Fix; {
	case d.Total() == 0:
		a.Standing = NoData
	case len(a.Blockers) > 0 && d.Policy != "none" && d.Policy != "":
		a.Standing = Losing
	case len(a.Blockers) > 0:
		a.Standing = NotSafe
	case d.Policy == "reject" && d.Passing > 0:
		a.Standing = Enforced
	case d.Days < adviceDays || d.Total() < adviceMessages:
		a.Standing = TooEarly
	case own == 0 && d.Policy == "reject":
		a.Standing = Parked
	case own == 0:
		a.Standing = Foreign
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
