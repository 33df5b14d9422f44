package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func run(ctx context.Context, tx postgres.Tx, org org.ID, id ID, kind RunKind) (r Run, ok bool, err error) {
	rows, err := tx.Query(ctx, `
		SELECT kind, state, coalesce(steps, '[]') AS steps, done, total, started_at, updated_at, finished_at
		FROM mailbox_runs WHERE org_id = $1 AND mailbox_id = $2 AND kind = $3`, org, id, kind)
	if err != nil {
		return r, false, fmt.Errorf("mailbox run: %w", err)
	}
	r, err = pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Run])
	if errors.Is(err, pgx.ErrNoRows) {
		return r, false, nil
	}
	if err != nil {
		return r, false, fmt.Errorf("mailbox run: %w", err)
	}
	return r, true, nil
}

func startRun(ctx context.Context, tx postgres.Tx, org org.ID, id ID, kind RunKind, now time.Time) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO mailbox_runs (org_id, mailbox_id, kind, state, started_at, updated_at) VALUES (@org, @id, @kind, 'running', @now, @now)
		ON CONFLICT (org_id, mailbox_id, kind) DO UPDATE
		SET state = 'running', steps = NULL, done = 0, total = 0, started_at = @now, updated_at = @now, finished_at = NULL`,
		postgres.NamedArgs{"org": org, "id": id, "kind": kind, "now": now})
	if err != nil {
		return fmt.Errorf("start %s: %w", kind, err)
	}
	return nil
}

func saveSteps(ctx context.Context, tx postgres.Tx, j Slice, steps []mailfetch.Step, state RunState, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailbox_runs SET steps = @steps, state = @state::text, updated_at = @now::timestamptz,
		       finished_at = CASE WHEN @state::text = 'running' THEN NULL ELSE @now::timestamptz END
		WHERE org_id = @org AND mailbox_id = @id AND kind = 'test'`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "steps": steps, "state": string(state), "now": now})
	if err != nil {
		return fmt.Errorf("save test: %w", err)
	}
	return nil
}

func endTest(ctx context.Context, tx postgres.Tx, j Slice, step mailfetch.Step, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailbox_runs SET steps = coalesce(steps, '[]') || @step::jsonb, state = 'failed', updated_at = @now, finished_at = @now
		WHERE org_id = @org AND mailbox_id = @id AND kind = 'test'`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "step": step, "now": now})
	if err != nil {
		return fmt.Errorf("end test: %w", err)
	}
	return nil
}

func progress(ctx context.Context, tx postgres.Tx, j Slice, kind RunKind, state RunState, done, total int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailbox_runs SET state = @state::text, done = @done, total = @total, updated_at = @now::timestamptz,
		       finished_at = CASE WHEN @state::text = 'running' THEN NULL ELSE @now::timestamptz END
		WHERE org_id = @org AND mailbox_id = @id AND kind = @kind`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "kind": kind, "state": string(state), "done": done, "total": total, "now": now})
	if err != nil {
		return fmt.Errorf("save progress: %w", err)
	}
	return nil
}

// setTotal sets how many mails an import has in all: those that are done and
// those that are left.
func setTotal(ctx context.Context, tx postgres.Tx, j Slice, left int64, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailbox_runs SET total = done + $3, updated_at = $4
		WHERE org_id = $1 AND mailbox_id = $2 AND kind = 'import'`, j.Org, j.Mailbox, left, now)
	if err != nil {
		return fmt.Errorf("set total: %w", err)
	}
	return nil
}

func found(ctx context.Context, tx postgres.Tx, org org.ID, id ID) ([]Found, error) {
	rows, err := tx.Query(ctx, `
		SELECT name, reports, messages FROM found_domains WHERE org_id = $1 AND mailbox_id = $2 ORDER BY reports DESC, name`, org, id)
	if err != nil {
		return nil, fmt.Errorf("found domains: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Found])
	if err != nil {
		return nil, fmt.Errorf("found domains: %w", err)
	}
	return all, nil
}

func saveFound(ctx context.Context, tx postgres.Tx, j Slice, sums map[fqdn.Name]Found) error {
	var names []string
	var reports, messages []int64
	for name, f := range sums {
		names, reports, messages = append(names, name.String()), append(reports, f.Reports), append(messages, f.Messages)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO found_domains (org_id, mailbox_id, name, reports, messages)
		SELECT @org, @id, n, r, m FROM unnest(@names::text[], @reports::bigint[], @messages::bigint[]) AS f (n, r, m)
		ON CONFLICT (org_id, mailbox_id, name) DO UPDATE SET reports = excluded.reports, messages = excluded.messages`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "names": names, "reports": reports, "messages": messages})
	if err != nil {
		return fmt.Errorf("save found domains: %w", err)
	}
	return nil
}
