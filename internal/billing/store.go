package billing

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// row is an account as it is stored.
type row struct {
	Org          postgres.TenantID `db:"org_id"`
	Version      int64             `db:"version"`
	Customer     *string           `db:"customer_id"`
	Plan         PlanID            `db:"plan"`
	Kept         []PlanID          `db:"kept_plans"`
	KeptUntil    []time.Time       `db:"kept_untils"`
	Reminded     int               `db:"reminded"`
	Subscription *string           `db:"subscription_id"`
	Item         *string           `db:"item_id"`
	PricePlan    *PlanID           `db:"price_plan"`
	Interval     *Interval         `db:"price_interval"`
	Status       *Status           `db:"status"`
	PeriodStart  *time.Time        `db:"period_start"`
	PeriodEnd    *time.Time        `db:"period_end"`
	EndsThen     bool              `db:"ends_then"`
	PastDueSince *time.Time        `db:"past_due_since"`
	Twice        bool              `db:"twice"`
	ChangedAt    *time.Time        `db:"changed_at"`

	CheckoutID       *string    `db:"checkout_id"`
	CheckoutURL      *string    `db:"checkout_url"`
	CheckoutPlan     *PlanID    `db:"checkout_plan"`
	CheckoutInterval *Interval  `db:"checkout_interval"`
	CheckoutUntil    *time.Time `db:"checkout_until"`
}

const columns = `org_id, version, customer_id, plan, kept_plans, kept_untils, reminded, subscription_id, item_id, price_plan, price_interval, status,
	period_start, period_end, ends_then, past_due_since, twice, changed_at, checkout_id, checkout_url, checkout_plan, checkout_interval, checkout_until`

// load returns the organization's account; one that pays nothing without a row.
func load(ctx context.Context, tx postgres.Tx, org postgres.TenantID) (row, error) {
	return loadBy(ctx, tx, `SELECT `+columns+` FROM billing_accounts WHERE org_id = $1`, org)
}

// lock is load that keeps everybody else from changing the account until the
// transaction ends. It makes the row when there is none.
func lock(ctx context.Context, tx postgres.Tx, org postgres.TenantID) (row, error) {
	if _, err := tx.Exec(ctx, `INSERT INTO billing_accounts (org_id) VALUES ($1) ON CONFLICT (org_id) DO NOTHING`, org); err != nil {
		return row{}, fmt.Errorf("make a billing account: %w", err)
	}
	return loadBy(ctx, tx, `SELECT `+columns+` FROM billing_accounts WHERE org_id = $1 FOR UPDATE`, org)
}

func loadBy(ctx context.Context, tx postgres.Tx, sql string, org postgres.TenantID) (row, error) {
	rows, err := tx.Query(ctx, sql, org)
	if err != nil {
		return row{}, fmt.Errorf("billing account: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[row])
	if errors.Is(err, pgx.ErrNoRows) {
		return row{Org: org, Plan: Free}, nil
	}
	if err != nil {
		return row{}, fmt.Errorf("billing account: %w", err)
	}
	return r, nil
}

// save writes a row that lock returned.
func save(ctx context.Context, tx postgres.Tx, r row) error {
	_, err := tx.Exec(ctx, `
		UPDATE billing_accounts SET version = version + 1, customer_id = @customer, plan = @plan, kept_plans = @kept, kept_untils = @keptuntil, reminded = @reminded,
			subscription_id = @subscription, item_id = @item, price_plan = @priceplan, price_interval = @interval, status = @status, period_start = @periodstart, period_end = @periodend,
			ends_then = @endsthen, past_due_since = @pastdue, twice = @twice, changed_at = @changed, checkout_id = @checkout, checkout_url = @url, checkout_plan = @checkoutplan,
			checkout_interval = @checkoutinterval, checkout_until = @checkoutuntil
		WHERE org_id = @org`, postgres.NamedArgs{
		"org": r.Org, "customer": r.Customer, "plan": r.Plan, "kept": append([]PlanID{}, r.Kept...), "keptuntil": append([]time.Time{}, r.KeptUntil...), // never NULL
		"reminded":     r.Reminded,
		"subscription": r.Subscription, "item": r.Item, "priceplan": r.PricePlan, "interval": r.Interval, "status": r.Status, "periodstart": r.PeriodStart, "periodend": r.PeriodEnd,
		"endsthen": r.EndsThen, "pastdue": r.PastDueSince, "twice": r.Twice, "changed": r.ChangedAt, "checkout": r.CheckoutID, "url": r.CheckoutURL, "checkoutplan": r.CheckoutPlan,
		"checkoutinterval": r.CheckoutInterval, "checkoutuntil": r.CheckoutUntil,
	})
	if err != nil {
		return fmt.Errorf("write billing account: %w", err)
	}
	return nil
}

// synced notes when the provider was asked last.
func synced(ctx context.Context, tx postgres.Tx, org postgres.TenantID, at time.Time) error {
	if _, err := tx.Exec(ctx, `UPDATE billing_accounts SET synced_at = $2 WHERE org_id = $1`, org, at); err != nil {
		return fmt.Errorf("note that an account was compared: %w", err)
	}
	return nil
}

// take gives the right to change something at the provider to one claim, until
// then; Conflict while another one has it.
func take(ctx context.Context, tx postgres.Tx, org postgres.TenantID, claim string, now, until time.Time) error {
	if _, err := lock(ctx, tx, org); err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		UPDATE billing_accounts SET claim = @claim, claimed_until = @until
		WHERE org_id = @org AND (claimed_until IS NULL OR claimed_until <= @now)`, postgres.NamedArgs{"org": org, "claim": claim, "now": now, "until": until})
	if err != nil {
		return fmt.Errorf("claim a billing account: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return fault.New(fault.Conflict, "Somebody is changing the plan of this organization at this moment. Please look again in a minute.")
	}
	return nil
}

func giveBack(ctx context.Context, tx postgres.Tx, org postgres.TenantID, claim string) error {
	_, err := tx.Exec(ctx, `UPDATE billing_accounts SET claim = NULL, claimed_until = NULL WHERE org_id = $1 AND claim = $2`, org, claim)
	if err != nil {
		return fmt.Errorf("give back the claim on a billing account: %w", err)
	}
	return nil
}

// orgOf returns whose customer it is; zero for nobody's. It works across
// tenants.
func orgOf(ctx context.Context, tx postgres.Tx, customer string) (org postgres.TenantID, err error) {
	err = tx.QueryRow(ctx, `SELECT org_id FROM billing_accounts WHERE customer_id = $1`, customer).Scan(&org)
	if errors.Is(err, pgx.ErrNoRows) {
		return postgres.TenantID{}, nil
	}
	if err != nil {
		return org, fmt.Errorf("organization of a customer: %w", err)
	}
	return org, nil
}

// due lists organizations whose grace or a reminder of it is due, or whose
// missing payment has been waited for, in the order of their ids from one on. It
// works across tenants.
func due(ctx context.Context, tx postgres.Tx, now time.Time, after postgres.TenantID, n int) ([]postgres.TenantID, error) {
	return ids(tx.Query(ctx, `
		SELECT org_id FROM billing_accounts
		WHERE org_id > @after AND (kept_untils[1] <= @now OR (kept_untils[1] <= @week AND reminded > 7) OR (kept_untils[1] <= @day AND reminded > 1)
		   OR (past_due_since <= @waited AND plan <> 'free'))
		ORDER BY org_id LIMIT @n`, postgres.NamedArgs{
		"after": after, "now": now, "week": now.AddDate(0, 0, 7), "day": now.AddDate(0, 0, 1), "waited": now.Add(-PaymentGrace), "n": n,
	}))
}

// unread lists organizations that the provider was not asked about since then,
// in the order of their ids from one on. It works across tenants.
func unread(ctx context.Context, tx postgres.Tx, since time.Time, after postgres.TenantID, n int) ([]postgres.TenantID, error) {
	return ids(tx.Query(ctx, `
		SELECT org_id FROM billing_accounts WHERE org_id > @after AND customer_id IS NOT NULL AND (synced_at IS NULL OR synced_at < @since)
		ORDER BY org_id LIMIT @n`, postgres.NamedArgs{"after": after, "since": since, "n": n}))
}

// newcomers lists organizations whose account was never written, in the order of
// their ids from one on. It works across tenants.
func newcomers(ctx context.Context, tx postgres.Tx, after postgres.TenantID, n int) ([]postgres.TenantID, error) {
	return ids(tx.Query(ctx, `
		SELECT o.org_id FROM organizations o LEFT JOIN billing_accounts a ON a.org_id = o.org_id
		WHERE o.org_id > $1 AND coalesce(a.version, 0) = 0 ORDER BY o.org_id LIMIT $2`, after, n))
}

func ids(rows pgx.Rows, err error) ([]postgres.TenantID, error) {
	if err != nil {
		return nil, fmt.Errorf("list billing accounts: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[postgres.TenantID])
	if err != nil {
		return nil, fmt.Errorf("list billing accounts: %w", err)
	}
	return list, nil
}
