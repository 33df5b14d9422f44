package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// dailyLock is the first half of the advisory locks, one per organization,
// that order whatever writes the sums of days.
const dailyLock = 0x64617973

// recount queues what it takes when a stored report's facts change or it goes:
// the sums of its day begin anew.
func recount(b *postgres.Batch, org org.ID, r existing) {
	args := r.args(org)
	args["lock"] = dailyLock
	b.Queue(`SELECT pg_advisory_xact_lock(@lock::int, hashtext(@org::text))`, args)
	b.Queue(`DELETE FROM daily_due WHERE org_id = @org AND domain_id = @domain AND day = @day AND report_id = @id`, args)
	takeFromMonth(b, args)
	removeSums(b, org, r.domain, []time.Time{r.day})
	// Where it was the day's only report, nothing is due that would do it later.
	sumWeeks(b, org, r.domain, []time.Time{r.day})
	b.Queue(`
		INSERT INTO daily_due (org_id, domain_id, day, report_id)
		SELECT org_id, domain_id, day, report_id FROM reports WHERE org_id = @org AND domain_id = @domain AND day = @day
		ON CONFLICT DO NOTHING`, args)
}

// unsummed returns up to n organizations with days to add up.
func unsummed(ctx context.Context, tx postgres.Tx, n int) ([]org.ID, error) {
	rows, err := tx.Query(ctx, `
		SELECT o.org_id FROM organizations o
		WHERE EXISTS (SELECT FROM daily_due d WHERE d.org_id = o.org_id) OR EXISTS (SELECT FROM daily_stale d WHERE d.org_id = o.org_id)
		      OR EXISTS (SELECT FROM daily_unjudged d WHERE d.org_id = o.org_id)
		ORDER BY random() LIMIT $1`, n)
	if err != nil {
		return nil, fmt.Errorf("organizations with days to add up: %w", err)
	}
	orgs, err := pgx.CollectRows(rows, pgx.RowTo[org.ID])
	if err != nil {
		return nil, fmt.Errorf("organizations with days to add up: %w", err)
	}
	return orgs, nil
}

// tryDaily takes the organization's lock on sums unless somebody has it.
func tryDaily(ctx context.Context, tx postgres.Tx, org org.ID) (free bool, err error) {
	if err = tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1, hashtext($2))`, dailyLock, org.String()).Scan(&free); err != nil {
		return false, fmt.Errorf("lock sums: %w", err)
	}
	return free, nil
}

// lockDaily takes the organization's lock on sums.
func lockDaily(ctx context.Context, tx postgres.Tx, org org.ID) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, hashtext($2))`, dailyLock, org.String()); err != nil {
		return fmt.Errorf("lock sums: %w", err)
	}
	return nil
}

// dueDays returns the first n days of an organization with reports that are
// not in their sums.
func dueDays(ctx context.Context, tx postgres.Tx, org org.ID, n int) (domainDays, error) {
	return collectDays(ctx, tx, `SELECT DISTINCT domain_id, day FROM daily_due WHERE org_id = @org ORDER BY domain_id, day LIMIT @n`,
		postgres.NamedArgs{"org": org, "n": n})
}

func collectDays(ctx context.Context, tx postgres.Tx, sql string, args postgres.NamedArgs) (d domainDays, err error) {
	rows, err := tx.Query(ctx, sql, args)
	if err != nil {
		return d, fmt.Errorf("days to add up: %w", err)
	}
	var id DomainID
	var day time.Time
	_, err = pgx.ForEachRow(rows, []any{&id, &day}, func() error {
		d.domains, d.days = append(d.domains, id), append(d.days, day)
		return nil
	})
	if err != nil {
		return d, fmt.Errorf("days to add up: %w", err)
	}
	return d, nil
}

// staleDays takes up to n days of a domain of which an address is known as
// something else since they were added up. Whoever names another first day
// meanwhile wins: the days are gone through again.
func staleDays(ctx context.Context, tx postgres.Tx, org org.ID, n int) (domainDays, error) {
	var id DomainID
	var from time.Time
	err := tx.QueryRow(ctx, `SELECT domain_id, from_day FROM daily_stale WHERE org_id = $1 ORDER BY domain_id LIMIT 1 FOR UPDATE`, org).Scan(&id, &from)
	if errors.Is(err, pgx.ErrNoRows) {
		return domainDays{}, nil
	}
	if err != nil {
		return domainDays{}, fmt.Errorf("stale days: %w", err)
	}
	args := postgres.NamedArgs{"org": org, "domain": id, "from": from, "n": n}
	d, err := collectDays(ctx, tx, `
		SELECT DISTINCT domain_id, day FROM reports WHERE org_id = @org AND domain_id = @domain AND day >= @from ORDER BY day LIMIT @n`, args)
	if err != nil {
		return d, err
	}
	next := `DELETE FROM daily_stale WHERE org_id = @org AND domain_id = @domain`
	if len(d.days) == n {
		next, args["next"] = `UPDATE daily_stale SET from_day = @next WHERE org_id = @org AND domain_id = @domain`, d.days[n-1].AddDate(0, 0, 1)
	}
	if _, err := tx.Exec(ctx, next, args); err != nil {
		return d, fmt.Errorf("stale days: %w", err)
	}
	return d, nil
}

// summedSQL is common tables of days of domains: "u" are the days, and "m" what
// is to be in their sums.
//
// The way to the rows is written out. Of an organization that statistics do not
// know yet the planner thinks that it has next to none, and joins by going
// through all of them for each day. So does it with nested loops where it has a
// choice: they must be off.
const summedSQL = `
		WITH u AS MATERIALIZED (SELECT d, day FROM unnest(@domains::uuid[], @days::date[]) AS u (d, day)),
		r AS MATERIALIZED (
			SELECT x.report_id, u.d AS domain_id, u.day, x.reporter_domain AS reporter, x.trust FROM u CROSS JOIN LATERAL (
				SELECT report_id, reporter_domain, trust FROM reports WHERE org_id = @org AND domain_id = u.d AND day = u.day OFFSET 0) x
			WHERE x.report_id NOT IN (SELECT y.report_id FROM u CROSS JOIN LATERAL (
				SELECT report_id FROM daily_due WHERE org_id = @org AND domain_id = u.d AND day = u.day OFFSET 0) y)),
		s AS MATERIALIZED (SELECT domain_id, source_ip, sender, country FROM sources WHERE org_id = @org AND domain_id = ANY(@domains)),
		m AS MATERIALIZED (
			SELECT t.domain_id, t.day, t.reporter, s.sender, s.country, t.disposition, t.dkim, t.spf, t.forwarding, t.trust, sum(t.messages)::bigint AS messages
			FROM (SELECT r.domain_id, r.day, r.reporter, r.trust, x.source_ip, x.disposition, x.dkim, x.spf, x.forwarding, x.messages FROM r CROSS JOIN LATERAL (
				SELECT source_ip, disposition, dkim, spf, forwarding, messages
				FROM records WHERE org_id = @org AND day = r.day AND report_id = r.report_id OFFSET 0) x OFFSET 0) t
			JOIN s ON s.domain_id = t.domain_id AND s.source_ip = t.source_ip
			GROUP BY t.domain_id, t.day, t.reporter, s.sender, s.country, t.disposition, t.dkim, t.spf, t.forwarding, t.trust
			ORDER BY t.domain_id, t.day, t.reporter)`

// sumDays adds up days anew from their records, under the lock on sums.
// Reports that are being stored meanwhile have a row in daily_due which this
// does not see when it removes those it adds: they stay out.
func sumDays(ctx context.Context, tx postgres.Tx, org org.ID, d domainDays) error {
	args := postgres.NamedArgs{"org": org, "domains": d.domains, "days": d.days}
	b := &postgres.Batch{}
	for domain, days := range d.byDomain() {
		b.Queue(`DELETE FROM daily_due WHERE org_id = @org AND domain_id = @domain AND day = ANY(@days)`,
			postgres.NamedArgs{"org": org, "domain": domain, "days": days})
		removeSums(b, org, domain, days)
	}
	b.Queue(`SET LOCAL plan_cache_mode = force_custom_plan`)
	b.Queue(`SET LOCAL enable_nestloop = off`)
	b.Queue(summedSQL+`,
		added AS (
			INSERT INTO daily_receivers (org_id, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages)
			SELECT @org, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM m)
		INSERT INTO daily_senders (org_id, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust, messages)
		SELECT @org, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust, sum(messages)::bigint
		FROM m GROUP BY domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust ORDER BY domain_id, day, sender`, args)
	for domain, days := range d.byDomain() {
		sumMonths(b, org, domain, days)
		sumWeeks(b, org, domain, days)
		judgeDays(b, ` AND t.day = ANY(@days)`, postgres.NamedArgs{"org": org, "domain": domain, "days": days})
	}
	return send(ctx, tx, b, "add up days")
}
