package report

import (
	"context"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Difference is where what is kept is not what records come to.
type Difference struct {
	Of      Kept      `db:"what"`
	Domain  fqdn.Name `db:"domain"`
	Day     time.Time `db:"day"`   // zero of a sender
	Name    string    `db:"name"`  // of the sender; the report's number
	Lines   int       `db:"lines"` // that differ
	Kept    int64     `db:"kept"`  // messages in these lines; reports for SumsByWeek
	Counted int64     `db:"counted"`
}

// Kept is something that is kept beside records and follows from them.
type Kept string

// What is kept.
const (
	SumsBySender   Kept = "sums by sender"
	SumsByReceiver Kept = "sums by receiver"
	SumsByMonth    Kept = "sums by month"
	SumsByClass    Kept = "sums by class"
	SumsByWeek     Kept = "sums by week" // of reports, by who sent them
	ReportTotal    Kept = "report"
	SenderRow      Kept = "sender" // and whether it is the owner's
	RelayRow       Kept = "relay"  // whether a sender is one
)

// String says what differs, without the domain.
func (d Difference) String() string {
	day := d.Day.Format(time.DateOnly)
	switch d.Of {
	case SenderRow:
		return fmt.Sprintf("sender %s is kept as the owner's: %t, by its addresses: %t", d.Name, d.Kept == 1, d.Counted == 1)
	case RelayRow:
		return fmt.Sprintf("sender %s is kept as a relay: %t, by its addresses: %t", d.Name, d.Kept == 1, d.Counted == 1)
	case ReportTotal:
		return fmt.Sprintf("%s: report %s has %d messages, its records %d, or others of these pass", day, d.Name, d.Kept, d.Counted)
	}
	if d.Of == SumsByWeek {
		return fmt.Sprintf("%s: %s differ in %d lines: %d reports are kept, there are %d", day, d.Of, d.Lines, d.Kept, d.Counted)
	}
	return fmt.Sprintf("%s: %s differ in %d lines: %d messages are kept, records have %d", day, d.Of, d.Lines, d.Kept, d.Counted)
}

// checkedAtOnce is how many days of domains one statement compares.
const checkedAtOnce = 50

// Check compares an organization's sums of days, the totals of its reports and
// its senders with its records and addresses, and further sums with those of
// days, tells found of each difference,
// and returns how many days of domains were compared. Each statement sees one
// state, so that it can run while reports come in.
func (s *Service) Check(ctx context.Context, org org.ID, found func(Difference)) (days int, err error) {
	var all domainDays
	var domains []domain.Domain
	in := func(do func(context.Context, postgres.Tx) ([]Difference, error)) error {
		var list []Difference
		err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) (err error) {
			list, err = do(ctx, tx)
			return err
		})
		for _, d := range list {
			found(d)
		}
		return err
	}
	err = in(func(ctx context.Context, tx postgres.Tx) (list []Difference, err error) {
		if all, err = keptDays(ctx, tx, org); err != nil {
			return nil, err
		}
		if domains, err = domain.All(ctx, tx, org); err != nil {
			return nil, err
		}
		return checkSenders(ctx, tx, org)
	})
	for first := 0; first < len(all.days) && err == nil; first += checkedAtOnce {
		last := min(first+checkedAtOnce, len(all.days))
		some := domainDays{all.domains[first:last], all.days[first:last]}
		err = in(func(ctx context.Context, tx postgres.Tx) ([]Difference, error) { return checkDays(ctx, tx, org, some) })
	}
	for _, d := range domains {
		if err == nil {
			err = in(func(ctx context.Context, tx postgres.Tx) ([]Difference, error) {
				return checkDomain(ctx, tx, org, d.ID)
			})
		}
	}
	return len(all.days), err
}
