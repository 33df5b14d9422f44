package report

import (
	"context"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Trend is how many messages there were per day: on each of the chosen days
// or, ByMonth, on an average one of each month.
type Trend struct {
	PerDay  []float64
	ByMonth bool
}

// trendDays is the longest range whose trends have a point a day.
const trendDays = 90

// byMonth reports whether the filter's trends have a point a month.
func (f Filter) byMonth() bool { return f.Days() > trendDays }

// point is the place of a day, or of a month by its first day, in the filter's trends.
func (f Filter) point(day time.Time) int {
	if f.byMonth() {
		return (day.Year()-f.From.Year())*12 + int(day.Month()-f.From.Month())
	}
	return int(day.Sub(f.From) / (24 * time.Hour))
}

// trend is the trend of messages by day, or by month where that is a point.
func (f Filter) trend(days []time.Time, messages []int64) Trend {
	t := Trend{PerDay: make([]float64, f.point(f.To)+1), ByMonth: f.byMonth()}
	for i, day := range days {
		t.PerDay[f.point(day)] += float64(messages[i])
	}
	if t.ByMonth {
		for i := range t.PerDay {
			t.PerDay[i] /= float64(f.month(i).Days())
		}
	}
	return t
}

// month is what the filter chooses of its nth month, from 0.
func (f Filter) month(n int) Filter {
	first := time.Date(f.From.Year(), f.From.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	if first.After(f.From) {
		f.From = first
	}
	if last := first.AddDate(0, 1, -1); last.Before(f.To) {
		f.To = last
	}
	return f
}

// senderDays is what a sender sent as a domain on each day, or in each month.
type senderDays struct {
	Sender   string      `db:"sender"`
	DomainID DomainID    `db:"domain_id"`
	Days     []time.Time `db:"days"`
	Messages []int64     `db:"messages"`
}

// trendsOf are the trends of senders, in their order.
func (f Filter) trendsOf(senders []SenderTotal, found []senderDays) []Trend {
	trends := make([]Trend, len(senders))
	for i, t := range senders {
		var of senderDays
		if n := slices.IndexFunc(found, func(d senderDays) bool { return d.Sender == t.Sender && d.DomainID == t.DomainID }); n >= 0 {
			of = found[n]
		}
		trends[i] = f.trend(of.Days, of.Messages)
	}
	return trends
}

// SenderTrends returns the trends of some senders of the filter's messages, in
// the senders' order.
func (s *Service) SenderTrends(ctx context.Context, org org.ID, f Filter, senders []SenderTotal) ([]Trend, error) {
	if len(senders) == 0 {
		return nil, nil
	}
	var found []senderDays
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		f.joinByHash(b)
		queueSenderDays(b, org, f, senders, &found)
	})
	return f.trendsOf(senders, found), err
}
