package report

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// forPlanSQL is true of receipts r that are held for the plan; see reasonOf.
const forPlanSQL = `r.verdict = 'held' AND r.reason IN ('over_the_plan', 'domain_set_aside')`

// waitingSQL are lines i of receipts that wait for the plan, without copies of
// what is stored by now.
const waitingSQL = `receipt_items i JOIN originals o ON o.org_id = i.org_id AND o.receipt_id = i.receipt_id
	WHERE i.org_id = @org AND i.verdict = 'held' AND i.end_at IS NOT NULL
	AND NOT EXISTS (SELECT FROM reports r WHERE r.org_id = i.org_id AND r.key_digest = i.key_digest)
	AND NOT EXISTS (SELECT FROM tls_reports r WHERE r.org_id = i.org_id AND r.key_digest = i.key_digest)`

func queueUsage(b *postgres.Batch, org org.ID, month time.Time, into *Usage) {
	scan(b, "usage", `
		SELECT coalesce((SELECT reports FROM billing_usage WHERE org_id = @org AND month = @month), 0),
		       (SELECT count(DISTINCT i.key_digest) FROM `+waitingSQL+` AND i.reason = @reason),
		       (SELECT min(day) FROM reports WHERE org_id = @org)`,
		postgres.NamedArgs{"org": org, "month": month, "reason": ReasonPlan}, &into.Counted, &into.Held, &into.Oldest)
}

// queueHeld is queueSuggestions together with what waits for the plan, counted
// by its domain, which is the nearest one.
func queueHeld(b *postgres.Batch, org org.ID, suggestions *[]Suggestion, waiting *[]Waiting) {
	b.Queue(`
		WITH suggested AS (`+suggestionsSQL+` LIMIT @most),
		held AS (SELECT i.domain, i.reason, count(DISTINCT i.key_digest) AS reports FROM `+waitingSQL+` GROUP BY i.domain, i.reason)
		SELECT name, NULL::uuid AS domain_id, NULL AS reason, reports FROM suggested
		UNION ALL
		SELECT NULL, d.domain_id, h.reason, sum(h.reports)::bigint
		FROM held h CROSS JOIN LATERAL (
			SELECT d.domain_id FROM domains d WHERE d.org_id = @org AND (d.name = h.domain OR right(h.domain, length(d.name) + 1) = '.' || d.name)
			ORDER BY length(d.name) DESC LIMIT 1) d
		GROUP BY d.domain_id, h.reason
		ORDER BY reports DESC, name`, suggestionsArgs(org)).Query(func(rows pgx.Rows) error {
		var name *fqdn.Name
		var domain *DomainID
		var reason *Reason
		var reports int64
		_, err := pgx.ForEachRow(rows, []any{&name, &domain, &reason, &reports}, func() error {
			if name != nil {
				*suggestions = append(*suggestions, Suggestion{*name, reports})
			} else {
				*waiting = append(*waiting, Waiting{*domain, *reason, int(reports)})
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("what is held: %w", err)
		}
		return nil
	})
}

// queueConnected asks since when reports of mailboxes, and others, count.
func queueConnected(b *postgres.Batch, org org.ID, mailboxes []mailbox.ID, into *connected) {
	b.Queue(`
		SELECT NULL::uuid, created_at FROM organizations WHERE org_id = @org
		UNION ALL SELECT mailbox_id, connected_at FROM mailboxes WHERE org_id = @org AND mailbox_id = ANY(@mailboxes) AND connected_at IS NOT NULL`,
		postgres.NamedArgs{"org": org, "mailboxes": mailboxes}).Query(func(rows pgx.Rows) error {
		*into = connected{mailboxes: map[mailbox.ID]time.Time{}}
		var box *mailbox.ID
		var at time.Time
		_, err := pgx.ForEachRow(rows, []any{&box, &at}, func() error {
			if box == nil {
				into.org = at
			} else {
				into.mailboxes[*box] = at
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("read since when reports count: %w", err)
		}
		return nil
	})
}

// lockUsage returns which keys are stored already and, if the month's count is
// asked for, that, which stays locked. The keys are looked up behind the lock:
// whoever stored them before it was free has committed.
func lockUsage(ctx context.Context, tx postgres.Tx, org org.ID, month time.Time, count bool, keys []digest) (used int, known map[digest]bool, err error) {
	b := &postgres.Batch{}
	if count {
		scan(b, "lock usage", `
			INSERT INTO billing_usage AS u (org_id, month, reports) VALUES (@org, @month, 0)
			ON CONFLICT (org_id, month) DO UPDATE SET reports = u.reports RETURNING reports`, postgres.NamedArgs{"org": org, "month": month}, &used)
	}
	known = map[digest]bool{}
	b.Queue(`SELECT key_digest FROM reports WHERE org_id = $1 AND key_digest = ANY($2)`, org, digests(keys)).Query(func(rows pgx.Rows) error {
		var key []byte
		_, err := pgx.ForEachRow(rows, []any{&key}, func() error {
			known[digest(key)] = true
			return nil
		})
		return err
	})
	return used, known, send(ctx, tx, b, "count reports")
}

// addUsage counts n more reports; their month's row is locked.
func addUsage(b *postgres.Batch, org org.ID, month time.Time, n int) {
	b.Queue(`UPDATE billing_usage SET reports = reports + @n WHERE org_id = @org AND month = @month`, postgres.NamedArgs{"org": org, "month": month, "n": n})
}

// usageOf is how many reports count in a month.
func usageOf(ctx context.Context, tx postgres.Tx, org org.ID, month time.Time) (n int, err error) {
	err = tx.QueryRow(ctx, `SELECT coalesce((SELECT reports FROM billing_usage WHERE org_id = $1 AND month = $2), 0)`, org, month).Scan(&n)
	if err != nil {
		return 0, fmt.Errorf("read usage: %w", err)
	}
	return n, nil
}

// withPlanHeld lists the organizations that have mails held for the plan which
// were received by then.
func withPlanHeld(ctx context.Context, tx postgres.Tx, then time.Time) ([]org.ID, error) {
	rows, err := tx.Query(ctx, `SELECT DISTINCT r.org_id FROM receipts r WHERE `+forPlanSQL+` AND r.received_at <= $1 ORDER BY r.org_id`, then)
	if err != nil {
		return nil, fmt.Errorf("find what is held for plans: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[org.ID])
	if err != nil {
		return nil, fmt.Errorf("find what is held for plans: %w", err)
	}
	return list, nil
}

// planHeld returns up to n receipts with reports that are held for one of the
// reasons and end no earlier than a time, newest first.
func planHeld(ctx context.Context, tx postgres.Tx, org org.ID, reasons []Reason, since time.Time, n int) ([]ReceiptID, error) {
	rows, err := tx.Query(ctx, `
		SELECT i.receipt_id FROM receipt_items i JOIN originals o ON o.org_id = i.org_id AND o.receipt_id = i.receipt_id
		WHERE i.org_id = @org AND i.verdict = 'held' AND i.end_at >= @since AND i.reason = ANY(@reasons)
		ORDER BY i.end_at DESC, i.receipt_id DESC LIMIT @n`, postgres.NamedArgs{"org": org, "reasons": reasons, "since": since, "n": n})
	if err != nil {
		return nil, fmt.Errorf("find reports held for the plan: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowTo[ReceiptID])
	if err != nil {
		return nil, fmt.Errorf("find reports held for the plan: %w", err)
	}
	return list, nil
}

// removePlanHeld removes the originals of mails that are held for the plan and
// were received before. Their receipts stay.
func removePlanHeld(ctx context.Context, tx postgres.Tx, org org.ID, before time.Time) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM originals o USING receipts r
		WHERE o.org_id = $1 AND r.org_id = o.org_id AND r.receipt_id = o.receipt_id AND `+forPlanSQL+` AND r.received_at < $2`, org, before)
	if err != nil {
		return fmt.Errorf("expire originals held for the plan: %w", err)
	}
	return nil
}
