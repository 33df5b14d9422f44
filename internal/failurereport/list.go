package failurereport

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Line is a report in a list.
type Line struct {
	ID       ID          `db:"failure_id"`
	Domain   fqdn.Name   `db:"domain"`          // the watched domain that it belongs to
	Reported fqdn.Name   `db:"reported_domain"` // what the report is about: that one, or one below it
	Reporter string      `db:"reporter_domain"` // of the address that it came from; may be empty
	Source   *netip.Addr `db:"source_ip"`
	Failed   string      `db:"auth_failure"` // as sent: dmarc, spf, signature, …; may be empty
	Result   string      `db:"delivery_result"`
	Arrived  *time.Time  `db:"arrived_at"` // of the reported mail, as the reporter says
	StoredAt time.Time   `db:"stored_at"`
}

// DeletedAt is when the report is removed.
func (l Line) DeletedAt() time.Time { return l.StoredAt.Add(Life) }

// Query asks for a page of reports, those stored last first.
type Query struct {
	Domain domain.ID // zero = all
	Before ID        // 0 = from the top
	Limit  int
}

// Reports returns a page of the reports and how many there are.
func (s *Service) Reports(ctx context.Context, org org.ID, q Query) (lines []Line, total int64, err error) {
	since := s.Now().Add(-Life)
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueLines(b, org, since, q, &lines)
		queueCount(b, org, since, q, &total)
	})
	return lines, total, err
}

// Report is one stored report.
type Report struct {
	Line
	Receipt int64
	Kept    arf.Report // all that is kept of it
	Repairs []finding.Repair
}

// Report returns a report; NotFound without one, or when its time is over.
func (s *Service) Report(ctx context.Context, org org.ID, id ID) (Report, error) {
	var found []stored
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueReport(b, org, s.Now().Add(-Life), id, &found) })
	if err != nil {
		return Report{}, err
	}
	if len(found) == 0 {
		return Report{}, fault.New(fault.NotFound, "There is no such failure report. They are deleted after 30 days.")
	}
	r := Report{Line: found[0].Line, Receipt: found[0].Receipt}
	if err := json.Unmarshal(found[0].Document, &r.Kept); err != nil {
		return r, err
	}
	r.Repairs = r.Kept.Repairs
	return r, nil
}

// Exists reports whether the report is still kept.
func (s *Service) Exists(ctx context.Context, org org.ID, id ID) (bool, error) {
	_, err := s.Report(ctx, org, id)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	return err == nil, err
}
