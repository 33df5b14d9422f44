package report

import (
	"context"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// SenderQuery asks for a page of senders: those that need fixing first, then
// the largest.
type SenderQuery struct {
	Filter       // its Class chooses messages
	As     Class // of the sender as a whole; 0 = all
	Offset int
	Limit  int
}

// SenderPage is a page of senders, and how many there are of each class
// whatever the query's As.
type SenderPage struct {
	Senders []SenderTotal
	Trends  []Trend // in the senders' order
	Counts  map[Class]int64
}

// Total is how many senders there are.
func (p SenderPage) Total() (n int64) {
	for _, c := range p.Counts {
		n += c
	}
	return n
}

// Senders returns a page of who sent the chosen messages.
func (s *Service) Senders(ctx context.Context, org org.ID, q SenderQuery) (SenderPage, error) {
	page := SenderPage{Counts: map[Class]int64{}}
	var found []senderRow
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		q.joinByHash(b)
		queueSenders(b, org, q, &found)
	})
	if err != nil {
		return page, err
	}
	for _, r := range found {
		if r.Grouping == "class" {
			page.Counts[r.Class] = r.Size
			continue
		}
		page.Senders = append(page.Senders, r.sender())
		if q.readOnce() {
			page.Trends = append(page.Trends, q.trend(r.Points, r.PerPoint))
		}
	}
	if !q.readOnce() {
		page.Trends, err = s.SenderTrends(ctx, org, q.Filter, page.Senders)
	}
	return page, err
}

// readOnce reports whether the trends of the senders come with them. Where there
// are no sums by sender alone, to read what is chosen once more takes as long again.
func (q SenderQuery) readOnce() bool { return q.messages(false) != "messages_by_sender" }

// senderRow is a sender, or a class of them, as queueSenders reads it.
type senderRow struct {
	total
	Points   []time.Time `db:"points"`
	PerPoint []int64     `db:"per_point"`
}

// senderClassSQL is SenderTotal.Class for sums; with a prefix, for those of them
// that begin with it.
func senderClassSQL(prefix string) string {
	return strings.ReplaceAll(`CASE
	WHEN #recent_fix + #recent_other > 0 AND #recent_fix > 0 AND #recent_fix * 50 >= #recent_fix + #recent_other THEN 3
	WHEN #recent_fix + #recent_other = 0 AND #fix > 0 AND #fix * 50 >= #passing + #forwarded + #fix + #unknown THEN 3
	WHEN #forwarded > 0 AND #forwarded * 50 >= #passing + #forwarded + #fix + #unknown THEN 2
	WHEN #unknown > 0 AND #unknown * 2 >= #passing + #forwarded + #fix + #unknown THEN 4
	ELSE 1 END`, "#", prefix)
}

// queueSenders reads a page of senders, and counts all of them by class.
func queueSenders(b *postgres.Batch, org org.ID, q SenderQuery, into *[]senderRow) {
	x, args := q.judged(org, q.readOnce())
	args["limit"], args["offset"], args["as"] = q.Limit, q.Offset, q.As
	collect(b, into, "senders", x+`,
		sums AS (SELECT x.domain_id, x.sender, `+sumsSQL+` FROM x GROUP BY x.domain_id, x.sender),
		t AS MATERIALIZED (SELECT domain_id, sender, `+sumColumns+`, `+senderClassSQL("")+` AS class FROM sums),
		p AS (SELECT 'sender' AS grouping, class, domain_id, sender, `+sumColumns+`, 0::bigint AS size FROM t WHERE @as = 0 OR class = @as
		      ORDER BY class = 3 DESC, passing + forwarded + fix + unknown DESC, sender, domain_id LIMIT @limit OFFSET @offset),
		c AS (SELECT DISTINCT ON (class) 'class' AS grouping, class, NULL::uuid AS domain_id, NULL AS sender, `+sumColumns+`, count(*) OVER (PARTITION BY class) AS size FROM t),
		d AS (SELECT domain_id, sender, array_agg(day) AS points, array_agg(messages) AS per_point
		      FROM (SELECT x.domain_id, x.sender, x.day, sum(x.messages)::bigint AS messages FROM p JOIN x ON x.domain_id = p.domain_id AND x.sender = p.sender
		            WHERE x.day IS NOT NULL GROUP BY x.domain_id, x.sender, x.day) x GROUP BY domain_id, sender)
		SELECT t.grouping, t.class, t.domain_id, n.name AS domain, t.sender, `+sumColumns+`, t.size, d.points, d.per_point, `+senderColumns("true")+`
		FROM (TABLE p UNION ALL TABLE c) t LEFT JOIN domains n ON n.org_id = @org AND n.domain_id = t.domain_id
		LEFT JOIN d ON d.domain_id = t.domain_id AND d.sender = t.sender
		LEFT JOIN senders s ON s.org_id = @org AND s.domain_id = t.domain_id AND s.sender = t.sender
		ORDER BY t.class = 3 DESC, passing + forwarded + fix + unknown DESC, t.sender, t.domain_id`, args)
}
