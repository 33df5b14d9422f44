package report

import (
	"context"
	"encoding/json"
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Quality is how good the reports of a reporter are.
type Quality struct {
	Reporter  string          `db:"reporter"` // organizational domain of its address
	Reports   int64           `db:"reports"`
	Messages  int64           `db:"messages"`
	LastDay   *time.Time      `db:"last_day"` // reported; nil without a stored report
	Repaired  int64           `db:"repaired"` // reports with any repair
	Skipped   int64           `db:"skipped"`  // records that could not be read
	Refused   int64           `db:"refused"`  // reports that name it and were not stored
	Conflicts int64           `db:"conflicts"`
	Repairs   []RepairTotal   `db:"-"`
	Raw       json.RawMessage `db:"repairs"`
}

// RepairTotal is how often one repair was needed.
type RepairTotal struct {
	Code    finding.Code
	Reports int64
	Count   int64
}

// Qualities returns the quality of all who reported on the chosen days and
// domain, those with the most reports first; at most 200. What was refused
// counts on the day on which it arrived: its own may not be known.
func (s *Service) Qualities(ctx context.Context, org org.ID, f Filter) (list []Quality, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueQualities(b, org, f, &list) })
	for i := range list {
		if err == nil && list[i].Raw != nil {
			err = json.Unmarshal(list[i].Raw, &list[i].Repairs)
		}
	}
	return list, err
}
