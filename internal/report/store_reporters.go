package report

import (
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func queueLong(b *postgres.Batch, org org.ID, f Filter, into *[]LongReports) {
	args := reportArgs(org, f)
	args["long"] = LongPeriod
	collect(b, into, "long reports", `
		SELECT r.day, count(*) AS reports FROM reports r
		WHERE `+reportWhere(f)+` AND r.end_at - r.begin_at > @long::interval GROUP BY r.day ORDER BY r.day`, args)
}

// queueQualities counts reports, repairs, refusals and conflicts by reporter.
// A receipt with anything refused is refused, one with a conflict is that or
// refused: so the index by verdict finds them.
func queueQualities(b *postgres.Batch, org org.ID, f Filter, into *[]Quality) {
	args := reportArgs(org, f)
	args["until"] = f.To.AddDate(0, 0, 1)
	about := ""
	if !f.Domain.IsZero() {
		about = ` AND EXISTS (SELECT FROM domains d WHERE d.org_id = @org AND d.domain_id = @domain
			AND (d.name = i.domain OR right(i.domain, length(d.name) + 1) = '.' || d.name))`
	}
	collect(b, into, "quality of reporters", `
		WITH chosen AS (
			SELECT r.report_id, r.reporter_domain AS reporter, r.day, r.messages, r.bad_records, r.repairs FROM reports r WHERE `+reportWhere(f)+`),
		stored AS (
			SELECT reporter, count(*) AS reports, sum(messages)::bigint AS messages, max(day) AS last_day, count(repairs) AS repaired, sum(bad_records)::bigint AS skipped
			FROM chosen GROUP BY reporter),
		kinds AS (
			SELECT c.reporter, x->>'Code' AS code, count(*) AS reports, sum((x->>'Count')::bigint) AS times
			FROM chosen c, jsonb_array_elements(c.repairs) x GROUP BY 1, 2),
		repairs AS (
			SELECT reporter, jsonb_agg(jsonb_build_object('Code', code, 'Reports', reports, 'Count', times) ORDER BY reports DESC, code) AS repairs
			FROM kinds GROUP BY reporter),
		refused AS (
			SELECT i.reporter, count(*) AS refused
			FROM receipts c JOIN receipt_items i ON i.org_id = c.org_id AND i.receipt_id = c.receipt_id
			WHERE c.org_id = @org AND c.verdict = 'refused' AND c.received_at >= @from AND c.received_at < @until
			AND i.verdict = 'refused' AND i.reporter IS NOT NULL`+about+` GROUP BY i.reporter),
		conflicts AS (
			SELECT p.reporter, count(*) AS conflicts
			FROM receipts c JOIN receipt_items i ON i.org_id = c.org_id AND i.receipt_id = c.receipt_id
			JOIN chosen p ON p.report_id = i.report_id
			WHERE c.org_id = @org AND c.verdict IN ('refused', 'conflict') AND i.verdict = 'conflict' GROUP BY p.reporter)
		SELECT reporter, coalesce(s.reports, 0) AS reports, coalesce(s.messages, 0) AS messages, s.last_day, coalesce(s.repaired, 0) AS repaired,
		       coalesce(s.skipped, 0) AS skipped, coalesce(f.refused, 0) AS refused, coalesce(x.conflicts, 0) AS conflicts, k.repairs
		FROM stored s FULL JOIN refused f USING (reporter) LEFT JOIN conflicts x USING (reporter) LEFT JOIN repairs k USING (reporter)
		ORDER BY coalesce(s.reports, 0) DESC, reporter LIMIT 200`, args)
}
