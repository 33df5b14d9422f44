package tlsreport

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Filter chooses sessions. Days are UTC dates, both included.
type Filter struct {
	From, To time.Time
	Domain   domain.ID // zero = all that are watched
}

// Sessions is how many sessions there were, by the summaries of the reports.
type Sessions struct {
	Successful int64 `db:"successful"`
	Failed     int64 `db:"failed"`
}

// Total returns all sessions.
func (s Sessions) Total() int64 { return s.Successful + s.Failed }

// Add returns the sum of both.
func (s Sessions) Add(o Sessions) Sessions {
	return Sessions{s.Successful + o.Successful, s.Failed + o.Failed}
}

// DayTotal is one reported day.
type DayTotal struct {
	Day time.Time `db:"day"`
	Sessions
}

// DomainTotal is what the reports say about a watched domain.
type DomainTotal struct {
	Name fqdn.Name `db:"name"`
	Sessions
	Reports int64      `db:"reports"`
	LastDay *time.Time `db:"last_day"` // of all its reports; nil = there is none at all
}

// ResultTotal is one kind of failure. Details overlap: a session may count
// under several kinds.
type ResultTotal struct {
	Result   string    `db:"result_type"` // as sent
	Sessions int64     `db:"sessions"`
	LastDay  time.Time `db:"last_day"`
}

// HostTotal is one server that failures name.
type HostTotal struct {
	Host     string    `db:"host"`    // address or name as sent; "" = not stated
	Detail   string    `db:"detail"`  // whose it is, or an address of it; may be empty
	Results  []string  `db:"results"` // why, as sent
	Sessions int64     `db:"sessions"`
	LastDay  time.Time `db:"last_day"`
	Size     int64     `db:"size"` // how many there are in all
}

// SeenPolicy is a policy as senders found it.
type SeenPolicy struct {
	Domain   string    `db:"policy_domain"`
	Type     string    `db:"type"`     // tlsa, sts, no-policy-found, or as sent
	Lines    []string  `db:"lines"`    // as sent
	MXHosts  []string  `db:"mx_hosts"` // as sent
	FirstDay time.Time `db:"first_day"`
	LastDay  time.Time `db:"last_day"`
	Sessions
}

// Doubted is what the sums leave out, because nobody vouches for the mails that
// it came in.
type Doubted struct {
	Sessions
	Reports int64
}

// Summary is everything that the page shows, read in one round trip.
type Summary struct {
	Days      []DayTotal    // with sessions, the latest first
	Domains   []DomainTotal // all, or the chosen one
	Results   []ResultTotal // the most frequent first
	Senders   []HostTotal   // that connected, the most failures first; at most summaryHosts
	Receivers []HostTotal   // that were connected to; the same
	Policies  []SeenPolicy  // seen on the chosen days, the latest first; at most summaryPolicies
	Doubted   Doubted       // in the chosen days
	Reports   int64         // in the chosen days, with the doubted ones
	Ever      int64         // of the chosen domains at all; the same
}

// Sessions returns the sum of the chosen days.
func (s Summary) Sessions() (all Sessions) {
	for _, d := range s.Days {
		all = all.Add(d.Sessions)
	}
	return all
}

// Limits of the lists in a Summary; each report has its whole.
const (
	summaryResults  = 50
	summaryHosts    = 20
	summaryPolicies = 20
)

// Summarise answers how the chosen sessions went.
func (s *Service) Summarise(ctx context.Context, org org.ID, f Filter) (sum Summary, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueDays(b, org, f, &sum.Days)
		queueDomains(b, org, f, &sum.Domains)
		queueResults(b, org, f, &sum.Results)
		queueSenders(b, org, f, &sum.Senders)
		queueReceivers(b, org, f, &sum.Receivers)
		queuePolicies(b, org, f, &sum.Policies)
		queueDoubted(b, org, f, &sum.Doubted)
		queueCounts(b, org, f, &sum.Reports, &sum.Ever)
	})
	return sum, err
}
