package report

import (
	"maps"
	"slices"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// queueQualities counts aggregate and TLS reports, repairs and conflicts by
// reporter. A receipt with a conflict is in conflict or refused: so the index
// by verdict finds them.
func queueQualities(b *postgres.Batch, org org.ID, f Filter, into *[]Quality) {
	tls := ""
	if some := f.someDomains(); some != "" {
		tls = ` AND EXISTS (SELECT FROM tls_policies p WHERE p.org_id = @org AND p.tls_report_id = t.tls_report_id AND p.domain_id = ANY(` + some + `))`
	}
	collect(b, into, "quality of reporters", `
		WITH chosen AS (
			SELECT 'aggregate' AS kind, r.report_id AS id, r.reporter_domain AS reporter, r.reporter AS name, r.day, r.messages, r.bad_records, r.repairs
			FROM reports r WHERE `+reportWhere(f)+`
			UNION ALL
			SELECT 'tls', t.tls_report_id, t.reporter_domain, left(t.reporter, 255), t.day, 0, 0, t.repairs
			FROM tls_reports t WHERE t.org_id = @org AND t.day BETWEEN @from AND @to`+tls+`),
		stored AS (
			SELECT reporter, mode() WITHIN GROUP (ORDER BY name) AS name, count(*) AS reports, count(*) FILTER (WHERE kind = 'tls') AS tls,
			       sum(messages)::bigint AS messages, max(day) AS last_day, count(repairs) AS repaired, sum(bad_records)::bigint AS skipped
			FROM chosen GROUP BY reporter),
		kinds AS (
			SELECT c.reporter, c.kind, x->>'Code' AS code, count(*) AS reports, sum((x->>'Count')::bigint) AS times
			FROM chosen c, jsonb_array_elements(c.repairs) x GROUP BY 1, 2, 3),
		repairs AS (
			SELECT reporter, jsonb_agg(jsonb_build_object('Kind', kind, 'Code', code, 'Reports', reports, 'Count', times) ORDER BY reports DESC, code, kind) AS repairs
			FROM kinds GROUP BY reporter),
		conflicts AS (
			SELECT p.reporter, count(*) AS conflicts
			FROM receipts c JOIN receipt_items i ON i.org_id = c.org_id AND i.receipt_id = c.receipt_id
			JOIN chosen p ON p.kind = i.kind AND p.id = i.report_id
			WHERE c.org_id = @org AND c.verdict IN ('refused', 'conflict') AND i.verdict = 'conflict' GROUP BY p.reporter)
		SELECT reporter, s.name, s.reports, s.tls, s.messages, s.last_day, s.repaired, s.skipped, coalesce(x.conflicts, 0) AS conflicts, k.repairs
		FROM stored s LEFT JOIN conflicts x USING (reporter) LEFT JOIN repairs k USING (reporter)
		ORDER BY s.repaired + s.skipped + coalesce(x.conflicts, 0) > 0 DESC, s.reports DESC, reporter LIMIT @limit`, qualityArgs(org, f))
}

// queueRefusedBy counts what could not be read by who sent it; what was refused
// for a reason of ours says nothing about them. A receipt with anything
// refused is refused: so the index by verdict finds them.
func queueRefusedBy(b *postgres.Batch, org org.ID, f Filter, into *[]refusedBy) {
	args := qualityArgs(org, f)
	args["until"], args["ours"] = f.To.AddDate(0, 0, 1), slices.Collect(maps.Keys(sentences))
	about := ""
	if some := f.someDomains(); some != "" {
		about = ` AND EXISTS (SELECT FROM domains d WHERE d.org_id = @org AND d.domain_id = ANY(` + some + `)
			AND (d.name = i.domain OR right(i.domain, length(d.name) + 1) = '.' || d.name))`
	}
	collect(b, into, "refused reports", `
		SELECT i.reporter, CASE WHEN i.reporter IS NULL AND c.auth_result = 'pass' THEN c.auth_domain END AS authenticated, count(*) AS reports
		FROM receipts c JOIN receipt_items i ON i.org_id = c.org_id AND i.receipt_id = c.receipt_id
		WHERE c.org_id = @org AND c.verdict = 'refused' AND coalesce(c.mail_at, c.received_at) >= @from AND coalesce(c.mail_at, c.received_at) < @until
		      AND i.verdict = 'refused' AND NOT i.reason = ANY(@ours)`+about+`
		GROUP BY 1, 2 ORDER BY count(*) DESC, 1, 2 LIMIT @limit`, args)
}

// qualityArgs are those of reports, and more reporters than are shown: those
// refused join those stored.
func qualityArgs(org org.ID, f Filter) postgres.NamedArgs {
	args := reportArgs(org, f)
	args["limit"] = 5 * maxQualities
	return args
}
