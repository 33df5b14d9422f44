package report

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// removeSums removes the sums of a domain's days and of their weeks.
func removeSums(b *postgres.Batch, org org.ID, domain DomainID, days []time.Time) {
	for _, table := range [...]string{"daily_senders", "daily_receivers", "daily_totals"} {
		b.Queue(`DELETE FROM `+table+` WHERE org_id = @org AND domain_id = @domain AND day = ANY(@days)`,
			postgres.NamedArgs{"org": org, "domain": domain, "days": days})
	}
	removeWeeks(b, org, domain, days)
}

// sumMonths adds up the months of some days of a domain from the sums of days.
func sumMonths(b *postgres.Batch, org org.ID, domain DomainID, days []time.Time) {
	var months []time.Time
	for _, day := range days {
		if month := day.AddDate(0, 0, 1-day.Day()); !slices.Contains(months, month) {
			months = append(months, month)
		}
	}
	const facts = `sender, country, disposition, dkim, spf, forwarding, trust`
	for _, month := range months {
		args := postgres.NamedArgs{"org": org, "domain": domain, "month": month, "next": month.AddDate(0, 1, 0)}
		for by, facts := range map[string]string{"senders": facts, "receivers": "reporter, " + facts} {
			b.Queue(`DELETE FROM monthly_`+by+` WHERE org_id = @org AND domain_id = @domain AND month = @month`, args)
			b.Queue(`
				INSERT INTO monthly_`+by+` (org_id, domain_id, month, `+facts+`, last_day, messages)
				SELECT @org, @domain, @month, `+facts+`, max(day), sum(messages)::bigint
				FROM daily_`+by+` WHERE org_id = @org AND domain_id = @domain AND day >= @month AND day < @next GROUP BY `+facts, args)
		}
	}
}

// takeFromMonth takes the sums of a day out of those of its month, until the day
// is added up again and the month with it. Args are those of existing.args.
func takeFromMonth(b *postgres.Batch, args postgres.NamedArgs) {
	const facts = `sender, country, disposition, dkim, spf, forwarding, trust`
	for by, facts := range map[string]string{"senders": facts, "receivers": "reporter, " + facts} {
		b.Queue(`
			INSERT INTO monthly_`+by+` (org_id, domain_id, month, `+facts+`, last_day, messages)
			SELECT org_id, domain_id, date_trunc('month', day)::date, `+facts+`, day, -messages FROM daily_`+by+` WHERE org_id = @org AND domain_id = @domain AND day = @day`, args)
	}
}

// judgeDays adds up a domain's days by class, all of them or those that a
// condition on rows t chooses.
func judgeDays(b *postgres.Batch, condition string, args postgres.NamedArgs) {
	b.Queue(`
		INSERT INTO daily_totals (org_id, domain_id, day, passing, forwarded, fix, unknown, sure)
		SELECT t.org_id, t.domain_id, t.day, `+splitSQL+`, `+sureSQL+`
		FROM daily_senders t `+opinions+` WHERE t.org_id = @org AND t.domain_id = @domain`+condition+`
		GROUP BY t.org_id, t.domain_id, t.day HAVING sum(t.messages) > 0`, args)
}

// judgeNext judges the days of the next domain anew of which a sender became or
// ceased to be known as the owner's, under the lock on sums. The mark goes
// first: whoever sets it from then on waits, and sets it again.
func judgeNext(ctx context.Context, tx postgres.Tx, org org.ID) (did bool, err error) {
	var id DomainID
	err = tx.QueryRow(ctx, `
		DELETE FROM daily_unjudged WHERE org_id = $1 AND domain_id = (SELECT min(domain_id::text)::uuid FROM daily_unjudged WHERE org_id = $1)
		RETURNING domain_id`, org).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("domain to judge anew: %w", err)
	}
	args := postgres.NamedArgs{"org": org, "domain": id}
	b := &postgres.Batch{}
	b.Queue(`DELETE FROM daily_totals WHERE org_id = @org AND domain_id = @domain`, args)
	judgeDays(b, "", args)
	return true, send(ctx, tx, b, "judge days")
}
