package report

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Quality is how good the reports of a reporter are.
type Quality struct {
	Reporter  string          `db:"reporter"` // organizational domain of its address; "" = not known
	Name      string          `db:"name"`     // organization's name that it sends most; "" without a stored report
	Reports   int64           `db:"reports"`  // aggregate and TLS reports that are stored
	TLS       int64           `db:"tls"`      // of these, TLS reports
	Messages  int64           `db:"messages"` // of the aggregate reports
	LastDay   *time.Time      `db:"last_day"` // reported; nil without a stored report
	Repaired  int64           `db:"repaired"` // reports with any repair
	Skipped   int64           `db:"skipped"`  // records that could not be read
	Refused   int64           `db:"-"`        // reports of it that could not be read
	Conflicts int64           `db:"conflicts"`
	Repairs   []RepairTotal   `db:"-"`
	Raw       json.RawMessage `db:"repairs"`
}

// Faulty reports whether anything was wrong with what the reporter sent.
func (q Quality) Faulty() bool { return q.Repaired+q.Skipped+q.Refused+q.Conflicts > 0 }

// RepairTotal is how often one repair was needed in reports of a kind.
type RepairTotal struct {
	Kind    Kind
	Code    finding.Code
	Reports int64
	Count   int64
}

// refusedBy is how many reports were refused of who they say they are from, or
// of who their mails are authenticated as.
type refusedBy struct {
	Reporter      *string `db:"reporter"`
	Authenticated *string `db:"authenticated"`
	Reports       int64   `db:"reports"`
}

// name is the reporter's; "" where nobody knows it.
func (r refusedBy) name() string {
	switch {
	case r.Reporter != nil:
		return *r.Reporter
	case r.Authenticated == nil:
		return ""
	}
	name, err := fqdn.Parse(*r.Authenticated)
	if err != nil {
		return ""
	}
	return name.Organizational().String()
}

// maxQualities bounds the list of reporters.
const maxQualities = 200

// Qualities returns the quality of all who reported on the chosen days, and on
// the chosen domain or group: those with faults first, then those with the most reports, at most
// maxQualities. What was refused counts on the day of its mail, or on that on
// which a file came in: its own may not be known.
func (s *Service) Qualities(ctx context.Context, org org.ID, f Filter) ([]Quality, error) {
	var list []Quality
	var refused []refusedBy
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		end := f.joinByHash(b)
		queueQualities(b, org, f, &list)
		end()
		queueRefusedBy(b, org, f, &refused)
	})
	if err != nil {
		return nil, err
	}
	places := make(map[string]int, len(list))
	for i := range list {
		places[list[i].Reporter] = i
		if raw := list[i].Raw; raw != nil {
			if err := json.Unmarshal(raw, &list[i].Repairs); err != nil {
				return nil, err
			}
		}
	}
	for _, r := range refused {
		i, ok := places[r.name()]
		if !ok {
			i = len(list)
			places[r.name()], list = i, append(list, Quality{Reporter: r.name()})
		}
		list[i].Refused += r.Reports
	}
	slices.SortStableFunc(list, func(a, b Quality) int {
		switch {
		case a.Faulty() && !b.Faulty():
			return -1
		case b.Faulty() && !a.Faulty():
			return 1
		}
		return cmp.Or(cmp.Compare(b.Reports, a.Reports), cmp.Compare(b.Refused, a.Refused), cmp.Compare(a.Reporter, b.Reporter))
	})
	return list[:min(len(list), maxQualities)], nil
}
