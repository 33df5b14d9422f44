package report

import (
	"context"
	"net/netip"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/spool"
)

// DaySum is what one sender sent as a domain on a day, of one class.
type DaySum struct {
	Day      time.Time `db:"day"`
	Domain   fqdn.Name `db:"domain"`
	Sender   string    `db:"sender"`
	Class    Class     `db:"class"`
	Messages int64     `db:"messages"`
	Sure     int64     `db:"sure"` // of them, those that somebody vouches for
	DKIM     int64     `db:"dkim"` // messages with an aligned DKIM pass
	SPF      int64     `db:"spf"`  // messages with an aligned SPF pass
}

// Row is one record with what is known about its report and its address.
type Row struct {
	Day            time.Time            `db:"day"`
	Domain         fqdn.Name            `db:"domain"`
	Reporter       string               `db:"reporter"` // as sent
	ReporterDomain string               `db:"reporter_domain"`
	ReportID       string               `db:"reporter_id"` // as sent
	SourceIP       netip.Addr           `db:"source_ip"`
	Name           *string              `db:"name"` // of the address, confirmed
	Country        string               `db:"country"`
	Sender         string               `db:"sender"`
	Class          Class                `db:"class"`
	DKIM           Result               `db:"dkim"`
	SPF            Result               `db:"spf"`
	Disposition    dmarcrpt.Disposition `db:"disposition"`
	HeaderFrom     string               `db:"header_from"`
	EnvelopeFrom   *string              `db:"envelope_from"`
	EnvelopeTo     *string              `db:"envelope_to"`
	Messages       int64                `db:"messages"`
	Trust          Trust                `db:"trust"`
}

// MaxCounted is up to where the rows of a filter are counted.
const MaxCounted = 200_000

// Holding is what there is to take of the chosen messages.
type Holding struct {
	Messages  int64
	Sums      int64 // as EachSum hands over
	Rows      int64 // as EachRow does; of more than MaxCounted it may say one more than that
	Originals int64 // that are kept of their reports, and can be read
	Size      int64 // of these in bytes
}

// Holding counts what there is to take of the chosen messages.
func (s *Service) Holding(ctx context.Context, org org.ID, f Filter) (h Holding, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueHolding(b, org, f, &h) })
	return h, err
}

// EachSum hands over the chosen messages by day, domain, sender and class, in
// this order: the numbers that lists and charts show. Only one is in memory.
func (s *Service) EachSum(ctx context.Context, org org.ID, f Filter, each func(DaySum) error) error {
	return s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error { return eachSum(ctx, tx, org, f, each) })
}

// EachRow hands over the chosen records by day, domain and report. Only one is
// in memory.
func (s *Service) EachRow(ctx context.Context, org org.ID, f Filter, each func(Row) error) error {
	return s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error { return eachRow(ctx, tx, org, f, each) })
}

// EachOriginal hands over the mails and files that brought the reports of the
// chosen messages, oldest first; nil for one that cannot be unpacked any more.
func (s *Service) EachOriginal(ctx context.Context, org org.ID, f Filter, each func(ReceiptID, *spool.File) error) error {
	var ids []ReceiptID
	if err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueOriginals(b, org, f, &ids) }); err != nil {
		return err
	}
	for _, id := range ids {
		if err := s.handOver(ctx, org, id, each); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) handOver(ctx context.Context, org org.ID, id ReceiptID, each func(ReceiptID, *spool.File) error) error {
	original, err := s.Original(ctx, org, id)
	switch {
	case fault.Is(err, fault.Conflict):
		return each(id, nil)
	case fault.Is(err, fault.NotFound): // deleted meanwhile
		return nil
	case err != nil:
		return err
	}
	defer func() { _ = original.Close() }() // only read
	return each(id, original)
}
