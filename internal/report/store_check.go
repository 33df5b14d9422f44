package report

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// keptDays are the days of domains with reports or sums.
func keptDays(ctx context.Context, tx postgres.Tx, org org.ID) (domainDays, error) {
	return collectDays(ctx, tx, `
		SELECT domain_id, day FROM reports WHERE org_id = @org UNION SELECT domain_id, day FROM daily_senders WHERE org_id = @org
		UNION SELECT domain_id, day FROM daily_receivers WHERE org_id = @org UNION SELECT domain_id, day FROM daily_totals WHERE org_id = @org
		ORDER BY domain_id, day`, postgres.NamedArgs{"org": org})
}

func checkSenders(ctx context.Context, tx postgres.Tx, org org.ID) ([]Difference, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.what, d.name AS domain, date '0001-01-01' AS day, f.sender AS name, 1 AS lines, coalesce(c.kept, false)::int::bigint AS kept, c.counted::int::bigint AS counted
		FROM sender_facts f JOIN domains d ON d.org_id = $1 AND d.domain_id = f.domain_id
		LEFT JOIN senders s ON s.org_id = $1 AND s.domain_id = f.domain_id AND s.sender = f.sender
		CROSS JOIN LATERAL (VALUES ('sender', s.own, f.own), ('relay', s.relay, f.relay)) c (what, kept, counted)
		WHERE f.org_id = $1 AND c.kept IS DISTINCT FROM c.counted ORDER BY d.name, f.sender, c.what DESC`, org)
	return differences(rows, err)
}

// checkDays compares what is kept of some days, sums only of those that are not
// to be added up anew. Lines of sums that are the same
// on both sides fall away; so no join is needed.
func checkDays(ctx context.Context, tx postgres.Tx, org org.ID, d domainDays) ([]Difference, error) {
	if _, err := tx.Exec(ctx, `SET LOCAL enable_nestloop = off`); err != nil {
		return nil, fmt.Errorf("check days: %w", err)
	}
	const facts = `domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust`
	kept := func(table, columns string) string {
		return ` FROM (SELECT x.` + strings.ReplaceAll(columns, ", ", ", x.") + ` FROM u CROSS JOIN LATERAL (SELECT ` + columns + ` FROM ` + table + ` WHERE org_id = @org AND domain_id = u.d AND day = u.day OFFSET 0) x OFFSET 0) x`
	}
	rows, err := tx.Query(ctx, summedSQL+`,
		sides AS (
			SELECT 'sums by receiver' AS what, reporter AS name, `+facts+`, messages AS counted, 0 AS kept FROM m
			UNION ALL SELECT 'sums by sender', '', `+facts+`, messages, 0 FROM m
			UNION ALL SELECT 'sums by receiver', reporter, `+facts+`, 0, messages`+kept("daily_receivers", "reporter, "+facts+", messages")+`
			UNION ALL SELECT 'sums by sender', '', `+facts+`, 0, messages`+kept("daily_senders", facts+", messages")+`),
		lines AS (
			SELECT what, domain_id, day, sum(kept) AS kept, sum(counted) AS counted FROM sides
			WHERE NOT EXISTS (SELECT FROM daily_stale x WHERE x.org_id = @org AND x.domain_id = sides.domain_id AND x.from_day <= sides.day)
			GROUP BY what, name, `+facts+` HAVING sum(kept) <> sum(counted)),
		reports AS (
			SELECT x.domain_id, x.day, x.report_id, x.messages AS kept, t.messages AS counted`+kept("reports", "domain_id, day, report_id, messages, aligned")+`
			CROSS JOIN LATERAL (SELECT coalesce(sum(messages), 0) AS messages, coalesce(sum(messages) FILTER (WHERE dkim = 1 OR spf = 1), 0) AS aligned
			                    FROM records WHERE org_id = @org AND day = x.day AND report_id = x.report_id) t
			WHERE x.messages <> t.messages OR x.aligned <> t.aligned),
		found AS (
			SELECT what, domain_id, day, '' AS name, count(*)::int AS lines, sum(kept)::bigint AS kept, sum(counted)::bigint AS counted FROM lines GROUP BY what, domain_id, day
			UNION ALL SELECT 'report', domain_id, day, report_id::text, 1, kept, counted FROM reports)
		SELECT f.what, d.name AS domain, f.day, f.name, f.lines, f.kept, f.counted FROM found f JOIN domains d ON d.org_id = @org AND d.domain_id = f.domain_id
		ORDER BY d.name, f.day, f.what, f.name`, postgres.NamedArgs{"org": org, "domains": d.domains, "days": d.days})
	return differences(rows, err)
}

// checkDomain compares the sums of a domain's months, and those by class unless
// they are to be judged anew, with the sums of its days, and those of its weeks
// with its reports.
func checkDomain(ctx context.Context, tx postgres.Tx, org org.ID, id DomainID) ([]Difference, error) {
	const facts = `sender, country, disposition, dkim, spf, forwarding, trust`
	kept := func(by, name string) string {
		return `SELECT '` + by + `' AS by, ` + name + ` AS name, month, ` + facts + `, messages AS kept, last_day AS kept_day, 0 AS counted, NULL::date AS counted_day
				FROM monthly_` + by + ` WHERE org_id = @org AND domain_id = @domain`
	}
	counted := func(by, name string) string {
		return `SELECT '` + by + `', ` + name + `, date_trunc('month', day)::date, ` + facts + `, 0, NULL, messages, day FROM daily_` + by + ` WHERE org_id = @org AND domain_id = @domain`
	}
	rows, err := tx.Query(ctx, `
		WITH sides AS (`+kept("senders", "''")+` UNION ALL `+counted("senders", "''")+` UNION ALL `+kept("receivers", "reporter")+` UNION ALL `+counted("receivers", "reporter")+`),
		lines AS (
			SELECT month, sum(kept) AS kept, sum(counted) AS counted FROM sides GROUP BY by, name, month, `+facts+`
			HAVING sum(kept) <> sum(counted) OR max(kept_day) IS DISTINCT FROM max(counted_day)
			       AND NOT EXISTS (SELECT FROM daily_due u WHERE u.org_id = @org AND u.domain_id = @domain AND u.day >= month AND u.day < month + interval '1 month')),
		judged AS (
			SELECT t.day, `+splitSQL+`, `+sureSQL+` AS sure FROM daily_senders t `+opinions+`
			WHERE t.org_id = @org AND t.domain_id = @domain GROUP BY t.day HAVING sum(t.messages) > 0),
		totals AS (SELECT day, passing, forwarded, fix, unknown, sure FROM daily_totals WHERE org_id = @org AND domain_id = @domain),
		days AS (
			SELECT coalesce(t.day, j.day) AS day, coalesce(t.passing + t.forwarded + t.fix + t.unknown, 0) AS kept, coalesce(j.passing + j.forwarded + j.fix + j.unknown, 0) AS counted
			FROM totals t FULL JOIN judged j USING (day)
			WHERE (t.passing, t.forwarded, t.fix, t.unknown, t.sure) IS DISTINCT FROM (j.passing, j.forwarded, j.fix, j.unknown, j.sure)
			      AND NOT EXISTS (SELECT FROM daily_unjudged WHERE org_id = @org AND domain_id = @domain)),
		weeks AS (
			SELECT week, sum(kept) AS kept, sum(counted) AS counted
			FROM (SELECT week, sure, reporter, policy_domain, policy, reports AS kept, nulls AS kept_nulls, 0 AS counted, 0 AS counted_nulls
			      FROM weekly_reporters WHERE org_id = @org AND domain_id = @domain
			      UNION ALL
			      SELECT date_trunc('week', day)::date, trust <> 2, reporter_domain, policy_domain, policy, 0, 0, 1, (messages = 0)::int
			      FROM reports WHERE org_id = @org AND domain_id = @domain
			            AND date_trunc('week', day)::date IN (SELECT week FROM weekly_reporters WHERE org_id = @org AND domain_id = @domain)) x
			WHERE week NOT IN (SELECT date_trunc('week', u.day)::date FROM daily_due u WHERE u.org_id = @org AND u.domain_id = @domain)
			GROUP BY week, sure, reporter, policy_domain, policy HAVING sum(kept) <> sum(counted) OR sum(kept_nulls) <> sum(counted_nulls)),
		found AS (
			SELECT 'sums by month' AS what, month AS day, count(*)::int AS lines, sum(kept)::bigint AS kept, sum(counted)::bigint AS counted FROM lines GROUP BY month
			UNION ALL SELECT 'sums by class', day, 1, kept::bigint, counted::bigint FROM days
			UNION ALL SELECT 'sums by week', week, count(*)::int, sum(kept)::bigint, sum(counted)::bigint FROM weeks GROUP BY week)
		SELECT f.what, d.name AS domain, f.day, '' AS name, f.lines, f.kept, f.counted FROM found f, domains d WHERE d.org_id = @org AND d.domain_id = @domain
		ORDER BY f.day, f.what`, postgres.NamedArgs{"org": org, "domain": id})
	return differences(rows, err)
}

func differences(rows pgx.Rows, err error) ([]Difference, error) {
	if err != nil {
		return nil, fmt.Errorf("compare sums: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Difference])
	if err != nil {
		return nil, fmt.Errorf("compare sums: %w", err)
	}
	return list, nil
}
