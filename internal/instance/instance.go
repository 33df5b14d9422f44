// Package instance tells the operator how their installation is: the
// database, and how much each organization has. It counts and reads nothing
// that is a customer's: no names, no addresses, no contents. An organization is
// shown by its id, because its name is by default its domain.
package instance

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// Service looks at the installation.
type Service struct {
	DB  *postgres.DB
	Now func() time.Time
}

// Database is how the database is.
type Database struct {
	Server string // its version: "15.18"
	Bytes  int64  // on disk, indexes included
	Schema int64  // number of the newest migration
	Took   time.Duration
}

// Database asks the database how it is.
func (s *Service) Database(ctx context.Context) (d Database, err error) {
	began := s.Now()
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return database(ctx, tx, &d) })
	d.Took = s.Now().Sub(began)
	return d, err
}

// Organization is how much one organization has.
type Organization struct {
	ID        postgres.TenantID `db:"org_id"`
	CreatedAt time.Time         `db:"created_at"`
	Members   int64             `db:"members"`
	Domains   int64             `db:"domains"`
	Mailboxes map[string]int64  `db:"mailboxes"` // by state
	Reports   int64             `db:"reports"`   // aggregate and TLS reports about the last ReportDays
}

// ReportDays is how far back reports are counted, in days.
const ReportDays = 30

// Totals are the sums over all organizations.
type Totals struct {
	Organizations int64
	Members       int64
	Domains       int64
	Mailboxes     map[string]int64 // by state
}

// Organizations returns the sums, and up to limit organizations, the newest
// first; before is the last one of the page before, zero at the top.
func (s *Service) Organizations(ctx context.Context, before postgres.TenantID, limit int) (sum Totals, list []Organization, err error) {
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := totals(ctx, tx, &sum); err != nil {
			return err
		}
		list, err = organizations(ctx, tx, before, s.Now().UTC().AddDate(0, 0, -ReportDays), limit)
		return err
	})
	return sum, list, err
}
