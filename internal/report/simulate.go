package report

import (
	"cmp"
	"context"
	"slices"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Failing is mail of a domain that does not pass, by what became of it: of one
// sender and class, or of all other senders together.
type Failing struct {
	Sender      string `db:"sender"` // "" = the others
	Class       Class  `db:"class"`
	Delivered   int64  `db:"delivered"` // or nothing is said of it
	Quarantined int64  `db:"quarantined"`
	Rejected    int64  `db:"rejected"`
}

// Impact is what a policy would have done to the messages of some days that
// receivers let through.
type Impact struct {
	Policy   string // "quarantine" or "reject"
	Affected Split  // nothing of it is passing
	Stopped  int64  // failing messages that receivers treated so already, or harder
	Worst    []Affected
}

// Affected is what a policy would have done to one sender.
type Affected struct {
	Sender   string
	Class    Class
	Messages int64
}

// worstSenders is how many an Impact names.
const worstSenders = 3

// Simulate says what a policy would have changed. Receivers may deliver some of
// it all the same: a policy is a wish (RFC 9989 section 5.4).
func Simulate(failing []Failing, policy string) Impact {
	i := Impact{Policy: policy}
	for _, f := range failing {
		hit, stopped := f.Delivered, f.Quarantined+f.Rejected
		if policy == "reject" {
			hit, stopped = f.Delivered+f.Quarantined, f.Rejected
		}
		i.Stopped += stopped
		switch f.Class {
		case Passing: // no policy is applied to it
		case Forwarded:
			i.Affected.Forwarded += hit
		case NeedsFixing:
			i.Affected.Fix += hit
		case Unknown:
			i.Affected.Unknown += hit
		}
		if f.Sender != "" && hit > 0 {
			i.Worst = append(i.Worst, Affected{f.Sender, f.Class, hit})
		}
	}
	slices.SortFunc(i.Worst, func(a, b Affected) int {
		return cmp.Or(cmp.Compare(b.Messages, a.Messages), cmp.Compare(a.Sender, b.Sender), cmp.Compare(a.Class, b.Class))
	})
	i.Worst = i.Worst[:min(len(i.Worst), worstSenders)]
	return i
}

// Failing returns the chosen messages that do not pass, of what somebody
// vouches for: the senders of the most by themselves, the others together.
func (s *Service) Failing(ctx context.Context, org org.ID, f Filter) (list []Failing, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		f.joinByHash(b)
		queueFailing(b, org, f, &list)
	})
	return list, err
}
