package report

// Standing says how a domain stands.
type Standing int

// The standings.
const (
	NoData         Standing = iota // nothing reported
	Losing                         // mail known as the owner's is stopped under their own policy
	NotSafe                        // enforcing would lose mail known as the owner's, or p is enforced and nothing was lost so far
	Enforced                       // p=reject, and the owner's mail passes
	TooEarly                       // not enough seen to advise
	Foreign                        // no mail is known as the owner's, and the policy lets it through
	Parked                         // no mail is known as the owner's, and p=reject stops it
	SafeToGo                       // no sender of the owner's would lose more than strays by the next step
	Silent                         // receivers report, and saw no mail
	Growing                        // the owner's mail grows too fast for what was seen to hold
	OneReceiver                    // all passes, as far as a single receiver sees
	MuchForwarded                  // the owner's mail passes, and much of it is passed on and then fails, under whatever policy
	Testing                        // all passes, and the published policy is not applied in full
	OpenSubdomains                 // p=reject, and subdomains have a weaker policy
)

// Assessment is the verdict on a domain with its evidence.
type Assessment struct {
	Standing Standing
	On       DomainTotal // what it was judged by
	Next     string      // policy to move to: "quarantine", "reject"; "" = stay
	Blockers []SenderTotal
	Evidence []Evidence // what the verdict stands on, the most telling first
}

// What must have been seen before anybody is advised to enforce.
const (
	AdviceDays     = 7
	AdviceMessages = 100
)

// What makes a domain one of its kind.
const (
	growth         = 3  // times as much mail as in the week before
	growthMessages = 50 // in the week before: below, a campaign is no growth
	muchForwarded  = 5  // one message in so many
)

// BlockingShare is the percentage of a sender's messages from which on its
// failing mail stands in the way. Of less, a few strays, nobody is advised to wait.
const BlockingShare = 2

// RecentDays is how long failures count against a sender: what was mended
// before stands in the way of nobody.
const RecentDays = 14

// Class is the class of a sender as a whole. A sender of many messages is not
// judged by a few strays: from BlockingShare on, failing mail decides, and of
// its mail that of the last days where there is any.
func (t SenderTotal) Class() Class {
	total, recent := t.Total(), t.Recent.Fix+t.Recent.Other
	switch {
	case recent > 0 && blocks(t.Recent.Fix, recent), recent == 0 && blocks(t.Fix, total):
		return NeedsFixing
	case t.Forwarded > 0 && t.Forwarded*50 >= total:
		return Forwarded // some receivers say so; others just do not look
	case t.Unknown > 0 && t.Unknown*2 >= total:
		return Unknown
	}
	return Passing
}

// blocks reports whether so many failing messages of a sender's are no strays.
func blocks(fix, of int64) bool { return fix > 0 && fix*100 >= BlockingShare*of }

// Mended reports whether the sender failed in the chosen days but no longer does.
func (t SenderTotal) Mended() bool { return t.Class() == Passing && blocks(t.Fix, t.Total()) }

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
	if a.Standing = d.standing(len(a.Blockers), a.Stopped()); a.Standing == SafeToGo || a.Standing == OneReceiver {
		a.Next = d.next()
	}
	a.Evidence = a.evidence()
	return a
}

func (d DomainTotal) standing(blockers int, stopped int64) Standing {
	switch {
	case d.Total() == 0 && d.Nulls > 0:
		return Silent
	case d.Total() == 0:
		return NoData
	case blockers > 0 && stopped > 0 && (d.Enforcing() != "" || d.Subdomains > 0):
		return Losing
	case blockers > 0:
		return NotSafe
	case d.Policy == "reject":
		return d.enforced()
	case d.Days < AdviceDays || d.Total() < AdviceMessages:
		return TooEarly
	case d.Own() == 0:
		return Foreign
	case d.Pace.growing():
		return Growing
	case d.passedOn():
		return MuchForwarded
	case d.partly():
		return Testing
	case d.Reporters == 1:
		return OneReceiver
	}
	return SafeToGo
}

// enforced is the standing of a domain with p=reject none of whose senders
// needs fixing. No step is left to advise, so how much was seen does not matter.
func (d DomainTotal) enforced() Standing {
	switch {
	case d.passedOn():
		return MuchForwarded
	case d.partly():
		return Testing
	case d.OpenBelow() != "":
		return OpenSubdomains
	case d.Own() == 0:
		return Parked
	}
	return Enforced
}

// Own returns the messages that are known as the owner's, without those that
// others passed on and that fail.
func (d DomainTotal) Own() int64 { return d.Passing + d.Fix }

// passedOn reports whether much of the owner's mail is passed on and then fails.
func (d DomainTotal) passedOn() bool {
	return d.Own() > 0 && d.Forwarded*muchForwarded >= d.Own()+d.Forwarded
}

func (d DomainTotal) next() string {
	if d.Policy == "quarantine" {
		return "reject"
	}
	return "quarantine"
}

// strength orders policies.
var strength = map[string]int{"quarantine": 1, "reject": 2}

// InForce is the policy that receivers apply to all mail of the domain itself.
func (d DomainTotal) InForce() string { return d.lowered(d.Policy) }

// lowered is what receivers make of a policy of the record: a test lowers it by
// one step (t of RFC 9989 section 4.7), as does pct=0 (RFC 7489 section 6.6.4).
func (d DomainTotal) lowered(policy string) string {
	lower := d.Published != nil && (d.Published.Effective().Testing || d.Published.Effective().Pct == 0)
	switch {
	case lower && policy == "reject":
		return "quarantine"
	case lower && policy == "quarantine":
		return "none"
	}
	return policy
}

// Enforcing names the tag by which receivers stop failing mail: "p", or "sp" or
// "np" where the record guards only subdomains; "" = none does. Subdomains with
// a record of their own may enforce all the same.
func (d DomainTotal) Enforcing() string {
	if strength[d.InForce()] > 0 {
		return "p"
	}
	if d.Published == nil {
		return ""
	}
	switch e := d.Published.Effective(); {
	case strength[d.lowered(e.SP)] > 0:
		return "sp"
	case strength[d.lowered(e.NP)] > 0:
		return "np"
	}
	return ""
}

// partly reports whether the published policy is a test, or for a share of the
// mail only.
func (d DomainTotal) partly() bool {
	return d.Published != nil && strength[d.Policy] > 0 && (d.Published.Effective().Testing || d.Published.Effective().Pct < 100)
}

// OpenBelow names the tag that gives subdomains a weaker policy than the domain
// has: "sp", or "np" for those that do not exist; "" = none does.
func (d DomainTotal) OpenBelow() string {
	if d.Published == nil {
		return ""
	}
	switch e := d.Published.Effective(); {
	case strength[e.SP] < strength[e.P]:
		return "sp"
	case strength[e.NP] < strength[e.P]:
		return "np"
	}
	return ""
}

// growing reports whether there is much more mail than in the week before.
func (p Pace) growing() bool { return p.Before >= growthMessages && p.Week >= growth*p.Before }

// Lost returns the messages of the blockers that do not pass: what the owner
// loses, or would lose, by an enforced policy.
func (a Assessment) Lost() (n int64) {
	for _, b := range a.Blockers {
		n += b.Fix
	}
	return n
}

// Stopped returns the messages of the blockers that receivers quarantined or
// rejected: what of Lost is lost already.
func (a Assessment) Stopped() (n int64) {
	for _, b := range a.Blockers {
		n += b.Stopped
	}
	return n
}
