package report

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// DomainSummary is Summarise for the page of one domain, with how its messages
// spread.
func (s *Service) DomainSummary(ctx context.Context, org org.ID, f Filter) (Summary, Spread, error) {
	var sum Summary
	var spread Spread
	var totals []total
	var days []dayTotal
	var parts []Part
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		end := f.joinByHash(b)
		queueTotals(b, org, f, summarySenders, &totals)
		queueDays(b, org, f, &days)
		queueParts(b, org, f, &parts)
		queueReceiverDays(b, org, f, &spread.Receivers)
		queueDomains(b, org, f, &sum.Domains)
		end()
		queueHeld(b, org, &sum.Suggestions, &sum.Waiting)
	})
	sum.settle(totals, days)
	for _, p := range parts {
		if p.Country != nil {
			spread.Countries = append(spread.Countries, p)
		} else {
			spread.Fates = append(spread.Fates, p)
		}
	}
	return sum, spread, err
}

// Spread is how messages divide over what receivers did, countries and
// receivers.
type Spread struct {
	Fates     []Part        // by disposition
	Countries []Part        // by country
	Receivers []ReceiverDay // by receiver, the largest first and at most spreadReceivers, and day
}

// Part is the messages of one class with a disposition, or from a country.
type Part struct {
	Class       Class                `db:"class"`
	Disposition dmarcrpt.Disposition `db:"disposition"` // of Fates
	Country     *string              `db:"country"`     // of Countries; "" = not known
	Messages    int64                `db:"messages"`
}

// SpreadStep is how many days of the filter Spread takes together: from more
// than a month on, weeks from its first day.
func (f Filter) SpreadStep() int {
	if f.Days() > 31 {
		return 7
	}
	return 1
}

// ReceiverDay is what a receiver reported about a day, or about SpreadStep days.
type ReceiverDay struct {
	Reporter string    `db:"reporter"`
	Day      time.Time `db:"day"`      // the first
	LastDay  time.Time `db:"last_day"` // the last with messages
	Reports  int64     `db:"reports"`  // 0 where single messages are asked for
	Messages int64     `db:"messages"`
	Aligned  int64     `db:"aligned"`
}

// queueParts sums the chosen messages by class and disposition, and by class
// and country.
func queueParts(b *postgres.Batch, org org.ID, f Filter, into *[]Part) {
	facts, args := f.conditions(org)
	collect(b, into, "parts", `
		SELECT t.class, coalesce(t.disposition, 0)::smallint AS disposition, t.country, sum(t.messages)::bigint AS messages
		FROM (SELECT `+classOfFact+` AS class, t.disposition, t.country, t.messages
		      FROM (SELECT t.org_id, t.domain_id, t.sender, `+factSQL+` AS fact, t.disposition, t.country, sum(t.messages) AS messages
		            FROM `+f.span(false)+` t WHERE `+facts+` GROUP BY t.org_id, t.domain_id, t.sender, 4, t.disposition, t.country) t `+opinions+f.ofClass(args)+`) t
		GROUP BY GROUPING SETS ((t.class, t.disposition), (t.class, t.country)) ORDER BY sum(t.messages) DESC`, args)
}

// spreadReceivers is how many receivers are told apart by day.
const spreadReceivers = 50

// queueReceiverDays sums the chosen messages by receiver and day, for those of
// the most. As long as nothing is asked about single messages, the reports
// themselves have the sums.
func queueReceiverDays(b *postgres.Batch, org org.ID, f Filter, into *[]ReceiverDay) {
	const step = `.day - (t.day - @from::date) % @step::int AS day, max(t.day) AS last_day`
	days, args := `
		SELECT t.reporter_domain AS reporter, t`+step+`, count(*) AS reports, sum(t.messages)::bigint AS messages, sum(t.aligned)::bigint AS aligned
		FROM (SELECT r.reporter_domain, r.day, r.messages, r.aligned FROM reports r WHERE `+reportWhere(f)+`) t GROUP BY 1, 2`, reportArgs(org, f)
	if f.ofMessages() {
		days, args = f.judgedWhere(org)
		days = `
			SELECT t.reporter, t` + step + `, 0::bigint AS reports, sum(t.messages)::bigint AS messages,
			       coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1 OR t.spf = 1), 0)::bigint AS aligned
			FROM ` + f.messages(true) + ` t ` + opinions + ` WHERE ` + days + ` GROUP BY 1, 2`
	}
	args["receivers"], args["step"] = spreadReceivers, f.SpreadStep()
	collect(b, into, "receivers by day", `
		WITH days AS MATERIALIZED (`+days+`),
		most AS (SELECT reporter, sum(messages) AS whole FROM days GROUP BY reporter ORDER BY sum(messages) DESC, reporter LIMIT @receivers)
		SELECT d.reporter, d.day, d.last_day, d.reports, d.messages, d.aligned FROM days d JOIN most m USING (reporter) ORDER BY m.whole DESC, d.reporter, d.day`, args)
}

// SenderDetail is one sender of a domain, in detail.
type SenderDetail struct {
	Total     SenderTotal
	Trend     Trend
	Results   []ResultTotal
	Receivers []ReporterTotal
	Samples   []Sample // failing messages of the last day with any, the largest rows first
}

// ResultTotal is the messages with the same results.
type ResultTotal struct {
	DKIM        Result               `db:"dkim"`
	SPF         Result               `db:"spf"`
	Forwarding  Forwarding           `db:"forwarding"`
	Disposition dmarcrpt.Disposition `db:"disposition"`
	Messages    int64                `db:"messages"`
}

// Sample is a row of a report.
type Sample struct {
	Report ID              `db:"report_id"`
	Day    time.Time       `db:"day"`
	Policy dmarcrpt.Policy `db:"published"`
	Record
}

// Sender returns a sender of the filter's domain in detail; one without
// messages in these days has a zero Total.
func (s *Service) Sender(ctx context.Context, org org.ID, f Filter) (SenderDetail, error) {
	var d SenderDetail
	var totals []total
	var days []senderDays
	asked := []SenderTotal{{Sender: f.Sender, DomainID: f.Domain}}
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		end := f.joinByHash(b)
		queueTotals(b, org, f, summarySenders, &totals)
		queueSenderDays(b, org, f, asked, &days)
		queueResults(b, org, f, &d.Results)
		queueReceivers(b, org, f, &d.Receivers)
		end()
		queueSamples(b, org, f, &d.Samples)
	})
	for _, t := range totals {
		if t.Grouping == "sender" {
			d.Total = t.sender()
		}
	}
	d.Trend = f.trendsOf(asked, days)[0]
	return d, err
}

// queueResults sums the chosen messages by their results.
func queueResults(b *postgres.Batch, org org.ID, f Filter, into *[]ResultTotal) {
	where, args := f.conditions(org)
	collect(b, into, "results", `
		SELECT t.dkim, t.spf, t.forwarding, t.disposition, sum(t.messages)::bigint AS messages FROM `+f.span(false)+` t WHERE `+where+`
		GROUP BY t.dkim, t.spf, t.forwarding, t.disposition ORDER BY sum(t.messages) DESC LIMIT 12`, args)
}

// queueSamples reads a few rows of the last chosen day on which messages failed.
func queueSamples(b *postgres.Batch, org org.ID, f Filter, into *[]Sample) {
	where, args := f.conditions(org)
	collect(b, into, "samples", `
		SELECT t.report_id, t.day, h.head->'Policy' AS published, t.seq, t.source_ip, n.name, t.messages, `+classSQL+` AS class, t.sender, t.disposition, t.dkim, t.spf, t.forwarding,
		       a.header_from, a.envelope_from, a.envelope_to, a.evaluated, a.results
		FROM messages t `+opinions+`
		JOIN reports r ON r.org_id = t.org_id AND r.report_id = t.report_id
		JOIN report_heads h ON h.org_id = r.org_id AND h.head_id = r.head_id
		JOIN auth_results a ON a.org_id = t.org_id AND a.auth_id = t.auth_id
		LEFT JOIN ip_facts n ON n.ip = t.source_ip
		WHERE `+where+` AND t.dkim <> 1 AND t.spf <> 1
		      AND t.day = (SELECT max(t.day) FROM `+f.messages(false)+` t WHERE `+where+` AND t.dkim <> 1 AND t.spf <> 1)
		ORDER BY t.messages DESC, t.report_id, t.seq LIMIT 3`, args)
}
