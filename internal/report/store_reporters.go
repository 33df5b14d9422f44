package report

import (
	"maps"
	"slices"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// queueQualities counts aggregate and TLS reports, repairs and conflicts by
// reporter. A receipt with a conflict is in conflict or refused: so the index
// by verdict finds them, and each looks up what it is in conflict with. Next to
// no report was repaired: which were is read apart.
func queueQualities(b *postgres.Batch, org org.ID, f Filter, into *[]Quality) {
	tls := `t.org_id = @org AND t.day BETWEEN @from AND @to`
	if some := f.someDomains(); some != "" {
		tls += ` AND EXISTS (SELECT FROM tls_policies p WHERE p.org_id = @org AND p.tls_report_id = t.tls_report_id AND p.domain_id = ANY(` + some + `))`
	}
	const counts = `max(day) AS last_day, count(repairs) AS repaired`
	collect(b, into, "quality of reporters", `
		WITH names AS (
			SELECT reporter, name, sum(reports) AS reports, sum(tls) AS tls, sum(messages) AS messages, max(last_day) AS last_day, sum(repaired) AS repaired, sum(skipped) AS skipped
			FROM (SELECT r.reporter_domain AS reporter, r.reporter AS name, count(*) AS reports, 0 AS tls, sum(r.messages) AS messages, sum(r.bad_records) AS skipped, `+counts+`
			      FROM reports r WHERE `+reportWhere(f)+` GROUP BY 1, 2
			      UNION ALL
			      SELECT t.reporter_domain, left(t.reporter, 255), count(*), count(*), 0, 0, `+counts+`
			      FROM tls_reports t WHERE `+tls+` GROUP BY 1, 2) n
			GROUP BY reporter, name),
		stored AS (
			SELECT reporter, (array_agg(name ORDER BY reports DESC, name))[1] AS name, sum(reports)::bigint AS reports, sum(tls)::bigint AS tls, sum(messages)::bigint AS messages,
			       max(last_day) AS last_day, sum(repaired)::bigint AS repaired, sum(skipped)::bigint AS skipped
			FROM names GROUP BY reporter),
		repaired AS (
			SELECT r.reporter_domain AS reporter, 'aggregate' AS kind, r.repairs FROM reports r WHERE `+reportWhere(f)+` AND r.repairs IS NOT NULL
			UNION ALL
			SELECT t.reporter_domain, 'tls', t.repairs FROM tls_reports t WHERE `+tls+` AND t.repairs IS NOT NULL),
		kinds AS (
			SELECT c.reporter, c.kind, x->>'Code' AS code, count(*) AS reports, sum((x->>'Count')::bigint) AS times
			FROM repaired c, jsonb_array_elements(c.repairs) x GROUP BY 1, 2, 3),
		repairs AS (
			SELECT reporter, jsonb_agg(jsonb_build_object('Kind', kind, 'Code', code, 'Reports', reports, 'Count', times) ORDER BY reports DESC, code, kind) AS repairs
			FROM kinds GROUP BY reporter),
		items AS MATERIALIZED (
			SELECT i.kind, i.report_id
			FROM receipts c CROSS JOIN LATERAL (SELECT kind, report_id, verdict FROM receipt_items WHERE org_id = c.org_id AND receipt_id = c.receipt_id OFFSET 0) i
			WHERE c.org_id = @org AND c.verdict IN ('refused', 'conflict') AND i.verdict = 'conflict'),
		conflicts AS (
			SELECT p.reporter, count(*) AS conflicts
			FROM items i CROSS JOIN LATERAL (
				SELECT r.reporter_domain AS reporter FROM reports r WHERE i.kind = 'aggregate' AND r.report_id = i.report_id AND `+reportWhere(f)+`
				UNION ALL
				SELECT t.reporter_domain FROM tls_reports t WHERE i.kind = 'tls' AND t.tls_report_id = i.report_id AND `+tls+` OFFSET 0) p
			GROUP BY p.reporter)
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
