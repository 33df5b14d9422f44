package report

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Split is how messages divide over the classes.
type Split struct {
	Passing   int64 `db:"passing"`
	Forwarded int64 `db:"forwarded"`
	Fix       int64 `db:"fix"`
	Unknown   int64 `db:"unknown"`
}

// Total returns all messages.
func (s Split) Total() int64 { return s.Passing + s.Forwarded + s.Fix + s.Unknown }

// Add returns the sum of both.
func (s Split) Add(o Split) Split {
	return Split{s.Passing + o.Passing, s.Forwarded + o.Forwarded, s.Fix + o.Fix, s.Unknown + o.Unknown}
}

// splitSQL sums the messages of rows t by class.
const splitSQL = `
	coalesce(sum(t.messages) FILTER (WHERE ` + classSQL + ` = 1), 0)::bigint AS passing,
	coalesce(sum(t.messages) FILTER (WHERE ` + classSQL + ` = 2), 0)::bigint AS forwarded,
	coalesce(sum(t.messages) FILTER (WHERE ` + classSQL + ` = 3), 0)::bigint AS fix,
	coalesce(sum(t.messages) FILTER (WHERE ` + classSQL + ` = 4), 0)::bigint AS unknown`

// DayTotal is one reported day.
type DayTotal struct {
	Day time.Time
	Split
}

// DomainTotal is what the reports of a domain come to.
type DomainTotal struct {
	ID    DomainID        `db:"domain_id"`
	Name  fqdn.Name       `db:"name"`
	Group *domain.GroupID `db:"group_id"` // nil = in none
	// SetAsideAt is as in domain.Domain.
	SetAsideAt *time.Time `db:"set_aside_at"`
	Split
	Days           int              `db:"days"`      // with messages
	Policy         string           `db:"policy"`    // p as last reported up to the last chosen day; "" = not seen
	Published      *dmarcrpt.Policy `db:"published"` // the whole policy as last reported up to then
	PolicyBy       *string          `db:"policy_by"` // who reported it, about which day
	PolicyDay      *time.Time       `db:"policy_day"`
	LastReportAt   *time.Time       `db:"last_report_at"`  // when the newest of all was stored
	ChangeDays     []time.Time      `db:"change_days"`     // from which on most reporters saw another p than before
	ChangePolicies []string         `db:"change_policies"` // as of each of them
	Reported
	Pace   Pace   `db:"-"`
	Recent Recent `db:"-"`
}

// Reported is who reported a domain, by what somebody vouches for.
type Reported struct {
	Reporters   int    `db:"reporters"`    // receivers that saw messages
	OneReporter string `db:"one_reporter"` // one of them; "" = none
	Nulls       int64  `db:"nulls"`        // reports without any message
	Subdomains  int    `db:"subdomains"`   // names below the domain that have a record of their own
}

// SenderTotal is one sender: the addresses that are known as one.
type SenderTotal struct {
	Sender    string
	Address   netip.Addr // one of its addresses
	Addresses int        // that ever sent as the domain; 0 also where nobody counts them
	DomainID  DomainID
	Domain    fqdn.Name
	Opinion
	Split
	Recent  Recent
	Stopped int64      // of those known as the owner's that fail: quarantined or rejected, by what somebody vouches for
	LastFix *time.Time // the last day on which mail known as the owner's failed
	DKIM    int64      // messages with an aligned DKIM pass
	SPF     int64      // messages with an aligned SPF pass
	LastDay time.Time
}

// Opinion is what is held of a sender.
type Opinion struct {
	Own    bool   `db:"own"`    // it has sent passing mail of the domain itself, or is a host of it
	Review Review `db:"review"` // what the owner says
	Note   string `db:"note"`

	ReviewedBy *string    `db:"reviewed_by"` // address of the member; nil: nobody, or not a member any more
	ReviewedAt *time.Time `db:"reviewed_at"`
}

// Review is what the owner says of a sender.
type Review string

// The reviews. Whoever is authorised and fails needs fixing; mail of who is not
// theirs and fails is unknown. Mail that passes stays passing.
const (
	Unreviewed Review = ""
	Authorised Review = "authorised"
	NotMine    Review = "not_mine"
)

// ReporterTotal is one receiver that reports.
type ReporterTotal struct {
	Reporter string    `db:"reporter"`
	Reports  int64     `db:"reports"`
	Messages int64     `db:"messages"`
	Aligned  int64     `db:"aligned"`
	LastDay  time.Time `db:"last_day"`
}

// LongPeriod is how much a report may cover without its day being marked: its
// messages may be of any of the days, and are counted on the one in the middle.
const LongPeriod = 48 * time.Hour

// LongReports are the reports of a day that cover more than LongPeriod.
type LongReports struct {
	Day     time.Time `db:"day"`
	Reports int64     `db:"reports"`
}

// PolicyChange is a day from which on reporters saw another policy.
type PolicyChange struct {
	Day    time.Time `db:"day"`
	Domain fqdn.Name `db:"domain"`
	Policy string    `db:"policy"`
}

// Summary is everything that an overview or a domain's page shows, read in
// one round trip.
type Summary struct {
	Days         []DayTotal
	Domains      []DomainTotal // all, or the chosen one; also those without messages
	Senders      []SenderTotal // all that need fixing, then those with failing mail of the owner's, then the largest, up to summarySenders or what Domains is asked for; the first DescribedSenders with addresses
	SenderCount  int64         // how many there are in all
	Changes      []PolicyChange
	Long         []LongReports
	Reports      []Line    // the latest
	ReportCount  int64     // in the chosen days
	Ever         int64     // reports of the organization at all, up to 1,000
	Reviewed     bool      // somebody said of a sender whose it is
	Problems     []Receipt // refused, in conflict or held, the latest
	ProblemCount int64
	Suggestions  []Suggestion
	Waiting      []Waiting // for the plan, of all domains
	// Doubted counts the messages that nobody vouches for. They are in all of
	// the above and in no advice.
	Doubted int64

	advised *Summary // domains and senders without them
}

// Limits of the lists in a Summary; the pages link to the whole.
const (
	summarySenders  = 500
	summaryReports  = 8
	summaryProblems = 5
)

// DescribedSenders is of how many senders of a Summary the addresses are looked
// up, for pages that list them with it.
const DescribedSenders = 12

// Summarise answers the first page's questions for the chosen messages.
func (s *Service) Summarise(ctx context.Context, org org.ID, f Filter) (Summary, error) {
	var sum Summary
	var totals []total
	var days []dayTotal
	var c counts
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		end := f.joinByHash(b)
		queueTotals(b, org, f, summarySenders, &totals)
		queueDays(b, org, f, &days)
		queueDomains(b, org, f, &sum.Domains)
		end()
		queueReports(b, org, Query{Filter: f, Limit: summaryReports}, &sum.Reports)
		queueCounts(b, org, f, &c)
		queueReceipts(b, org, ReceiptQuery{Verdicts: attention, Limit: summaryProblems}, &sum.Problems)
		queueHeld(b, org, &sum.Suggestions, &sum.Waiting)
	})
	sum.settle(totals, days)
	sum.ReportCount, sum.Ever, sum.ProblemCount, sum.Reviewed = c.Reports, c.Ever, c.Problems, c.Reviewed
	return sum, err
}

// Domains returns how the domains stand, and which wait to be added. Of its
// senders it has the first so many and all that need fixing; without any it does
// not know how many there are.
func (s *Service) Domains(ctx context.Context, org org.ID, f Filter, senders int) (Summary, error) {
	var sum Summary
	var totals []total
	var days []dayTotal
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		end := f.joinByHash(b)
		queueTotals(b, org, f, senders, &totals)
		queueDays(b, org, f, &days)
		queueDomains(b, org, f, &sum.Domains)
		end()
		queueSuggestions(b, org, &sum.Suggestions)
	})
	sum.settle(totals, days)
	return sum, err
}

// settle distributes the totals, all of them and what advice may stand on.
func (s *Summary) settle(totals []total, days []dayTotal) {
	advised := Summary{Domains: slices.Clone(s.Domains)}
	s.fill(totals)
	advised.fill(sure(totals))
	for _, d := range s.Domains {
		for i, day := range d.ChangeDays {
			s.Changes = append(s.Changes, PolicyChange{Day: day, Domain: d.Name, Policy: d.ChangePolicies[i]})
		}
	}
	slices.SortStableFunc(s.Changes, func(a, b PolicyChange) int { return a.Day.Compare(b.Day) })
	for _, d := range days {
		switch {
		case d.Long > 0:
			s.Long = append(s.Long, LongReports{Day: *d.Day, Reports: d.Long})
			continue
		case d.DomainID == nil:
			s.Days = append(s.Days, DayTotal{Day: *d.Day, Split: d.Split})
			s.Doubted += d.Total() - d.Sure
			continue
		}
		for i := range s.Domains {
			if s.Domains[i].ID == *d.DomainID {
				s.Domains[i].Days, advised.Domains[i].Days = d.Days, d.SureDays
			}
		}
	}
	s.advised = &advised
}

// sure are totals of what somebody vouches for.
func sure(totals []total) (list []total) {
	for _, t := range totals {
		s := t.Sure
		t.Split = Split{s.Passing, s.Forwarded, s.Fix, s.Unknown}
		t.Recent = Recent{s.RecentFix, s.RecentOther}
		if t.Split.Total() > 0 {
			list = append(list, t)
		}
	}
	return list
}

// advice is what advice may stand on.
func (s *Summary) advice() *Summary {
	if s.advised != nil {
		return s.advised
	}
	return s
}

// Assess judges one of the domains by what somebody vouches for.
func (s *Summary) Assess(id DomainID) Assessment {
	from := s.advice()
	for _, d := range from.Domains {
		if d.ID == id {
			return Assess(d, from.Senders)
		}
	}
	return Assessment{}
}

// Blockers are the senders that stand in the way of enforcing, by what
// somebody vouches for.
func (s *Summary) Blockers() (blockers []SenderTotal) {
	for _, t := range s.advice().Senders {
		if t.Class() == NeedsFixing {
			blockers = append(blockers, t)
		}
	}
	return blockers
}

// fill distributes the totals over days, domains and senders.
func (s *Summary) fill(totals []total) {
	for _, t := range totals {
		switch t.Grouping {
		case "sender":
			s.Senders = append(s.Senders, t.sender())
			s.SenderCount = t.Size
		case "domain":
			for i := range s.Domains {
				if s.Domains[i].ID == *t.DomainID {
					s.Domains[i].Split, s.Domains[i].Pace, s.Domains[i].Recent = t.Split, t.Pace, t.Recent
				}
			}
		}
	}
}

// sender is the total of a sender.
func (t total) sender() SenderTotal {
	sender := SenderTotal{
		Sender: *t.Sender, Addresses: t.Addresses, DomainID: *t.DomainID, Domain: *t.Domain, Opinion: t.Opinion,
		Split: t.Split, DKIM: t.DKIM, SPF: t.SPF, LastDay: t.LastDay, LastFix: t.LastFix, Recent: t.Recent, Stopped: t.Stopped,
	}
	if t.Address != nil {
		sender.Address = *t.Address
	}
	return sender
}

// attention are the verdicts that a person should look at.
var attention = []Verdict{Refused, Conflict, Held}

// Reporters returns who reported the chosen messages, at most 50, those of the
// most first.
func (s *Service) Reporters(ctx context.Context, org org.ID, f Filter) (list []ReporterTotal, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueReceivers(b, org, f, &list) })
	return list, err
}
