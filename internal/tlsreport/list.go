package tlsreport

import (
	"context"
	"encoding/json"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Query asks for a page of reports, newest day first.
type Query struct {
	Filter
	Before *Position // the last line of the page before; nil = from the top
	Limit  int
}

// Position is a place in the list of reports.
type Position struct {
	Day time.Time
	ID  ID
}

// Line is a report in a list. Sessions are those of the chosen domains.
type Line struct {
	ID       ID        `db:"tls_report_id"`
	Day      time.Time `db:"day"`
	Reporter string    `db:"reporter"`
	Domain   string    `db:"policy_domain"` // the first by name
	Domains  int64     `db:"domains"`
	Repairs  int       `db:"repairs"`
	StoredAt time.Time `db:"stored_at"`
	Trust    Trust     `db:"trust"`
	Sessions
}

// Reports returns a page of the reports about the chosen domains, with those
// that nobody vouches for.
func (s *Service) Reports(ctx context.Context, org org.ID, q Query) (lines []Line, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueLines(b, org, q, &lines) })
	return lines, err
}

// Report is one stored report.
type Report struct {
	ID         ID              `db:"tls_report_id"`
	Receipt    int64           `db:"receipt_id"`
	Day        time.Time       `db:"day"`
	BeginAt    time.Time       `db:"begin_at"`
	EndAt      time.Time       `db:"end_at"`
	Reporter   string          `db:"reporter"`
	Contact    string          `db:"contact"`
	ReporterID string          `db:"reporter_id"`
	StoredAt   time.Time       `db:"stored_at"`
	Trust      Trust           `db:"trust"`
	RepairsRaw json.RawMessage `db:"repairs"`
	Policies   int64           `db:"policies"` // how many it has
	Failures   int64           `db:"failures"` // the same of failure details
	Sessions

	Repairs []finding.Repair `db:"-"`
}

// Policy is one entry of a report.
type Policy struct {
	Seq     int32    `db:"seq"`
	Domain  string   `db:"domain_sent"` // as sent; "" = not named
	About   string   `db:"policy_domain"`
	Watched *string  `db:"watched"` // the watched domain that it counts for
	Type    string   `db:"type"`
	Lines   []string `db:"lines"`
	MXHosts []string `db:"mx_hosts"`
	Sessions
}

// Failure is one failure detail of a report, as sent.
type Failure struct {
	About       string `db:"policy_domain"` // what its policy is about
	Result      string `db:"result_type"`
	SendingIP   string `db:"sending_ip"`
	ReceivingIP string `db:"receiving_ip"`
	Host        string `db:"receiving_host"`
	Helo        string `db:"receiving_helo"`
	Sessions    int64  `db:"sessions"`
	Information string `db:"information"`
	Reason      string `db:"reason"`
}

// Part is a piece of a list.
type Part struct{ Offset, Limit int }

// Report returns a report with some of its policies and failures; NotFound
// without one.
func (s *Service) Report(ctx context.Context, org org.ID, id ID, policies, failures Part) (r Report, ps []Policy, fs []Failure, err error) {
	var found []Report
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueReport(b, org, id, &found)
		queueReportPolicies(b, org, id, policies, &ps)
		queueReportFailures(b, org, id, failures, &fs)
	})
	if err == nil && len(found) == 0 {
		err = fault.New(fault.NotFound, "There is no such TLS report in this organization.")
	}
	if err != nil {
		return r, nil, nil, err
	}
	r = found[0]
	if r.RepairsRaw != nil {
		err = json.Unmarshal(r.RepairsRaw, &r.Repairs)
	}
	return r, ps, fs, err
}
