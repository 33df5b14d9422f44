package report

// Finding is one kind of thing that speaks for or against enforcing.
type Finding int

// The findings. What N and Of count is said beside each.
const (
	SeenDays        Finding = iota // days with messages, of those wanted: 0 where no step is left to advise
	SeenMessages                   // messages, in the same way
	OwnPasses                      // passing messages, of those known as the owner's
	BlockingSenders                // messages of senders that need fixing and fail, of all
	StoppedMail                    // messages of these that receivers quarantined or rejected, of those that fail
	Receivers                      // receivers that saw messages
	SignedMail                     // messages with an aligned DKIM pass, of those that pass
	ForwardedMail                  // messages that were passed on and fail, of all
	Strangers                      // messages of nobody that is known, of all
	NullReports                    // reports without any message
	WeeklyGrowth                   // the owner's messages of the last seven days, and of the seven before
	PolicyInTest                   // the policy is published as a test; nothing is counted
	PolicyInPart                   // percent of the mail that the policy is published for
	WeakBelow                      // subdomains have a weaker policy; nothing is counted
	NamesBelow                     // subdomains with a record of their own among what is reported
)

// Evidence is a finding about one domain with its numbers.
type Evidence struct {
	Finding Finding
	Holds   bool // speaks for enforcing, or at least not against it
	N, Of   int64
}

// signedEnough is the share of passing mail, in percent, that should be signed:
// what passes by SPF alone fails when it is passed on.
const signedEnough = 95

// evidence lists what the verdict stands on.
func (a Assessment) evidence() (list []Evidence) {
	d := a.On
	add := func(when bool, f Finding, holds bool, n, of int64) {
		if when {
			list = append(list, Evidence{f, holds, n, of})
		}
	}
	some, days, messages := d.Total() > 0, int64(AdviceDays), int64(AdviceMessages)
	if d.Policy == "reject" {
		days, messages = 0, 0
	}
	add(some && len(a.Blockers) > 0, BlockingSenders, false, a.Lost(), d.Total())
	add(a.Standing == Losing || len(a.Blockers) > 0 && d.Enforcing() != "", StoppedMail, false, a.Stopped(), a.Lost())
	add(some, SeenDays, int64(d.Days) >= days, int64(d.Days), days)
	add(some, SeenMessages, d.Total() >= messages, d.Total(), messages)
	add(d.Own() > 0, OwnPasses, len(a.Blockers) == 0, d.Passing, d.Own())
	add(d.Reporters > 0, Receivers, d.Reporters > 1, int64(d.Reporters), 0)
	add(d.Passing > 0, SignedMail, d.Pace.Signed*100 >= d.Passing*signedEnough, d.Pace.Signed, d.Passing)
	add(d.Forwarded > 0, ForwardedMail, !d.passedOn(), d.Forwarded, d.Total())
	add(d.Unknown > 0, Strangers, true, d.Unknown, d.Total())
	add(d.Nulls > 0, NullReports, true, d.Nulls, 0)
	add(d.Pace.growing(), WeeklyGrowth, false, d.Pace.Week, d.Pace.Before)
	if d.Published != nil {
		e := d.Published.Effective()
		add(e.Testing, PolicyInTest, false, 0, 0)
		add(e.Pct < 100, PolicyInPart, false, int64(e.Pct), 100)
	}
	add(d.OpenBelow() != "", WeakBelow, false, 0, 0)
	add(d.Subdomains > 0, NamesBelow, true, int64(d.Subdomains), 0)
	return list
}

// Spoofed reports whether strangers send so much in the domain's name that
// stopping them is reason enough to enforce.
func (a Assessment) Spoofed() bool {
	return a.On.Unknown*muchSpoofed >= a.On.Total() && a.On.Unknown >= AdviceMessages
}

// muchSpoofed: one message in so many.
const muchSpoofed = 5
