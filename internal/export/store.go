package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

const columns = `export_id, person_id, state, asked_at, expires_at, size, kind, name, request, done, total`

func insert(ctx context.Context, tx postgres.Tx, o org.ID, e Export) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO exports (org_id, export_id, person_id, state, asked_at, expires_at, kind, name, request, total)
		VALUES (@org, @id, @person, @state, @asked, @expires, @kind, @name, @request, @total)`,
		postgres.NamedArgs{"org": o, "id": e.ID, "person": e.Person, "state": e.State, "asked": e.AskedAt, "expires": e.ExpiresAt,
			"kind": e.Kind, "name": e.Name, "request": e.Request, "total": e.Total})
	if postgres.Violates(err, "exports_running") {
		return fault.New(fault.Conflict, "An export like this is being made already. It takes a few minutes.")
	}
	if err != nil {
		return fmt.Errorf("insert export: %w", err)
	}
	return nil
}

func list(ctx context.Context, tx postgres.Tx, o org.ID, kinds []Kind, now time.Time) ([]Export, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM exports WHERE org_id = @org AND kind = ANY(@kinds) AND expires_at > @now ORDER BY asked_at DESC, export_id`,
		postgres.NamedArgs{"org": o, "kinds": kinds, "now": now})
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Export])
	if err != nil {
		return nil, fmt.Errorf("exports: %w", err)
	}
	return all, nil
}

func ready(ctx context.Context, tx postgres.Tx, o org.ID, id ID, now time.Time) (Export, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM exports WHERE org_id = $1 AND export_id = $2 AND state = 'ready' AND expires_at > $3`, o, id, now)
	if err != nil {
		return Export{}, fmt.Errorf("export: %w", err)
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Export])
	if errors.Is(err, pgx.ErrNoRows) {
		return e, errGone
	}
	if err != nil {
		return e, fmt.Errorf("export: %w", err)
	}
	return e, nil
}

func part(ctx context.Context, tx postgres.Tx, o org.ID, id ID, seq int) (content []byte, err error) {
	err = tx.QueryRow(ctx, `SELECT content FROM export_parts WHERE org_id = $1 AND export_id = $2 AND seq = $3`, o, id, seq).Scan(&content)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errGone
	}
	if err != nil {
		return nil, fmt.Errorf("part of export: %w", err)
	}
	return content, nil
}

// putPart replaces what an earlier try has left; NotFound when the export is gone.
func putPart(ctx context.Context, tx postgres.Tx, job Make, seq int, content []byte) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO export_parts (org_id, export_id, seq, content) VALUES (@org, @id, @seq, @content)
		ON CONFLICT (org_id, export_id, seq) DO UPDATE SET content = EXCLUDED.content`,
		postgres.NamedArgs{"org": job.Org, "id": job.Export, "seq": seq, "content": content})
	if postgres.Violates(err, "export_parts_export_fkey") {
		return errGone
	}
	if err != nil {
		return fmt.Errorf("keep part of export: %w", err)
	}
	return nil
}

// ordered is what a job is to make; NotFound when nobody wants it any more.
func ordered(ctx context.Context, tx postgres.Tx, job Make) (Order, error) {
	rows, err := tx.Query(ctx, `SELECT kind, name, request, total FROM exports WHERE org_id = $1 AND export_id = $2`, job.Org, job.Export)
	if err != nil {
		return Order{}, fmt.Errorf("ordered export: %w", err)
	}
	order, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Order])
	if errors.Is(err, pgx.ErrNoRows) {
		return order, errGone
	}
	if err != nil {
		return order, fmt.Errorf("ordered export: %w", err)
	}
	return order, nil
}

// advance notes how much is done.
func advance(ctx context.Context, tx postgres.Tx, job Make, done int64) error {
	if _, err := tx.Exec(ctx, `UPDATE exports SET done = $3 WHERE org_id = $1 AND export_id = $2`, job.Org, job.Export, done); err != nil {
		return fmt.Errorf("note progress of export: %w", err)
	}
	return nil
}

// giveUp says of what runs since before a time that it has failed.
func giveUp(ctx context.Context, tx postgres.Tx, o org.ID, before time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE exports SET state = 'failed' WHERE org_id = $1 AND state = 'running' AND asked_at < $2`, o, before)
	if err != nil {
		return fmt.Errorf("give up exports: %w", err)
	}
	return nil
}

// finish says that an export is ready, and forgets the oldest of several.
func finish(ctx context.Context, tx postgres.Tx, job Make, size int64) error {
	_, err := tx.Exec(ctx, `UPDATE exports SET state = 'ready', size = $3 WHERE org_id = $1 AND export_id = $2`, job.Org, job.Export, size)
	if err != nil {
		return fmt.Errorf("finish export: %w", err)
	}
	_, err = tx.Exec(ctx, `
		DELETE FROM exports WHERE org_id = $1 AND export_id IN
		(SELECT export_id FROM exports WHERE org_id = $1 AND state <> 'running'
		 AND kind = (SELECT kind FROM exports WHERE org_id = $1 AND export_id = $2) ORDER BY asked_at DESC, export_id OFFSET $3)`, job.Org, job.Export, kept)
	if err != nil {
		return fmt.Errorf("forget older exports: %w", err)
	}
	return nil
}

func fail(ctx context.Context, tx postgres.Tx, job Make) error {
	_, err := tx.Exec(ctx, `UPDATE exports SET state = 'failed' WHERE org_id = $1 AND export_id = $2`, job.Org, job.Export)
	if err != nil {
		return fmt.Errorf("note failed export: %w", err)
	}
	return nil
}

func deleteExpired(ctx context.Context, tx postgres.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM exports WHERE expires_at <= $1`, now); err != nil {
		return fmt.Errorf("forget exports: %w", err)
	}
	return nil
}
