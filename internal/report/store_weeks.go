package report

import (
	"slices"
	"time"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// weeksOf are the Mondays of the weeks of some days.
func weeksOf(days []time.Time) []time.Time {
	var weeks []time.Time
	for _, day := range days {
		if monday := day.AddDate(0, 0, -(int(day.Weekday())+6)%7); !slices.Contains(weeks, monday) {
			weeks = append(weeks, monday)
		}
	}
	return weeks
}

// removeWeeks removes what is known of who reported in the weeks of some days
// of a domain, until sumWeeks.
func removeWeeks(b *postgres.Batch, org org.ID, domain DomainID, days []time.Time) {
	b.Queue(`DELETE FROM weekly_reporters WHERE org_id = @org AND domain_id = @domain AND week = ANY(@weeks)`,
		postgres.NamedArgs{"org": org, "domain": domain, "weeks": weeksOf(days)})
}

// sumWeeks adds up who reported in the weeks of some days of a domain, after
// removeWeeks, under the lock on sums.
func sumWeeks(b *postgres.Batch, org org.ID, domain DomainID, days []time.Time) {
	b.Queue(`
		INSERT INTO weekly_reporters (org_id, domain_id, week, sure, reports, nulls, reporter, policy_domain, policy)
		SELECT @org, @domain, w.week, r.sure, count(*), count(*) FILTER (WHERE r.messages = 0), r.reporter_domain, r.policy_domain, r.policy
		FROM unnest(@weeks::date[]) AS w (week) CROSS JOIN LATERAL (
			SELECT trust <> 2 AS sure, messages, reporter_domain, policy_domain, policy FROM reports
			WHERE org_id = @org AND domain_id = @domain AND day >= w.week AND day < w.week + 7 OFFSET 0) r
		GROUP BY w.week, r.sure, r.reporter_domain, r.policy_domain, r.policy ORDER BY w.week`,
		postgres.NamedArgs{"org": org, "domain": domain, "weeks": weeksOf(days)})
}

// wholeWeeks are the weeks that are chosen whole: from is the Monday of the
// first, to the one after the last.
func (f Filter) wholeWeeks() (from, to time.Time) {
	end := f.To.AddDate(0, 0, 1)
	return f.From.AddDate(0, 0, (8-int(f.From.Weekday()))%7), end.AddDate(0, 0, -(int(end.Weekday())+6)%7)
}

// reported is common tables that end with "reported": who reported about which
// domain, in how many reports, and how many of them have no messages (nulls).
// Weeks that are chosen whole and added up come from their sums, all other days
// from reports.
func (f Filter) reported(org org.ID) (string, postgres.NamedArgs) {
	args := reportArgs(org, f)
	reports := `
		SELECT r.domain_id, r.reporter_domain AS reporter, r.policy_domain, r.policy, r.trust <> 2 AS sure, 1 AS reports, (r.messages = 0)::int AS nulls
		FROM reports r WHERE ` + reportWhere(f)
	from, to := f.wholeWeeks()
	if !from.Before(to) || f.Repair != "" {
		return `reported AS (` + reports + `)`, args
	}
	args["week"], args["weeks_end"] = from, to
	var whole string
	if f.Reporter != "" {
		whole += ` AND w.reporter = @reporter`
	}
	if f.Doubted {
		whole += ` AND NOT w.sure`
	}
	return `
		about AS MATERIALIZED (
			SELECT d.domain_id, (SELECT min(r.day) FROM reports r WHERE r.org_id = @org AND r.domain_id = d.domain_id) AS first_day,
			       (SELECT max(r.day) FROM reports r WHERE r.org_id = @org AND r.domain_id = d.domain_id) AS last_day
			FROM domains d WHERE d.org_id = @org` + f.ofDomains() + `),
		summed AS MATERIALIZED (
			SELECT w.domain_id, w.week, w.sure, w.reports, w.nulls, w.reporter, w.policy_domain, w.policy FROM weekly_reporters w
			WHERE w.org_id = @org AND w.domain_id = ANY(ARRAY(SELECT domain_id FROM about)) AND w.week >= @week AND w.week < @weeks_end
			      AND (w.domain_id, w.week) NOT IN (SELECT u.domain_id, date_trunc('week', u.day)::date FROM daily_due u
			                                        WHERE u.org_id = @org AND u.domain_id = ANY(ARRAY(SELECT domain_id FROM about)) AND u.day >= @week AND u.day < @weeks_end)),
		unsummed AS (
			SELECT a.domain_id, s.week::date AS week
			FROM about a, generate_series(greatest(@week::date, date_trunc('week', a.first_day)::date), least(@weeks_end::date - 7, a.last_day), interval '7 days') AS s (week)
			WHERE a.first_day IS NOT NULL
			EXCEPT SELECT domain_id, week FROM summed),
		reported AS (
			SELECT w.domain_id, w.reporter, w.policy_domain, w.policy, w.sure, w.reports, w.nulls FROM summed w WHERE true` + whole + `
			UNION ALL ` + reports + ` AND r.day < @week
			UNION ALL ` + reports + ` AND r.day >= @weeks_end
			UNION ALL
			SELECT r.domain_id, r.reporter_domain, r.policy_domain, r.policy, r.trust <> 2, 1, (r.messages = 0)::int
			FROM unsummed u CROSS JOIN LATERAL (
				SELECT org_id, domain_id, day, reporter_domain, policy_domain, policy, trust, messages FROM reports
				WHERE org_id = @org AND domain_id = u.domain_id AND day >= u.week AND day < u.week + 7 OFFSET 0) r
			WHERE ` + reportWhere(f) + `)`, args
}
