package keyring

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// count counts the values of a column by the id in front of them (seal.KeyID).
func count(ctx context.Context, tx postgres.Tx, c Column) ([]Use, error) {
	rows, err := tx.Query(ctx, `
		SELECT CASE WHEN length(v) > 2 AND get_byte(v, 0) = 1 AND length(v) > 2 + get_byte(v, 1) THEN substring(v FROM 3 FOR get_byte(v, 1)) END, count(*)
		FROM (SELECT `+c.Name+` AS v FROM `+c.Table+` WHERE length(`+c.Name+`) > 0) t GROUP BY 1 ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("count the values of %s: %w", c, err)
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (Use, error) {
		var id []byte
		u := Use{Column: c.String(), Key: Unreadable}
		err := row.Scan(&id, &u.Values)
		if id != nil {
			u.Key = string(id)
		}
		return u, err
	})
	if err != nil {
		return nil, fmt.Errorf("count the values of %s: %w", c, err)
	}
	return list, nil
}

// others returns values of a column that do not begin like those of the first
// key, from behind a position on.
func others(ctx context.Context, tx postgres.Tx, c Column, prefix []byte, at position, limit int) ([]value, error) {
	org, key, from := `NULL::uuid`, c.Row, `@row`
	if c.Tenant {
		org, key, from = `org_id`, `org_id, `+c.Row, `@org, @row`
	}
	where := `length(` + c.Name + `) > 0 AND substring(` + c.Name + ` FOR @length) <> @prefix`
	if at != (position{}) {
		where += ` AND (` + key + `) > (` + from + `)`
	}
	rows, err := tx.Query(ctx, `SELECT `+org+`, `+c.Row+`::text, `+c.Name+` FROM `+c.Table+` WHERE `+where+` ORDER BY `+key+` LIMIT @limit`,
		postgres.NamedArgs{"length": len(prefix), "prefix": prefix, "org": at.Org, "row": at.Row, "limit": limit})
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", c, err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[value])
	if err != nil {
		return nil, fmt.Errorf("values of %s: %w", c, err)
	}
	return list, nil
}

// replace reports whether the value was still there.
func replace(ctx context.Context, tx postgres.Tx, c Column, was value, again []byte) (bool, error) {
	where := c.Row + ` = @row AND ` + c.Name + ` = @was`
	if c.Tenant {
		where = `org_id = @org AND ` + where
	}
	tag, err := tx.Exec(ctx, `UPDATE `+c.Table+` SET `+c.Name+` = @again WHERE `+where,
		postgres.NamedArgs{"org": was.Org, "row": was.Row, "was": was.Sealed, "again": again})
	if err != nil {
		return false, fmt.Errorf("seal a value of %s again: %w", c, err)
	}
	return tag.RowsAffected() > 0, nil
}

// start begins a run, or anew one that has ended; it reports whether it did.
func start(ctx context.Context, tx postgres.Tx, key string, total int64, now time.Time) (began bool, err error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO key_rotations AS r (key_id, started_at, advanced_at, total) VALUES (@key, @now, @now, @total)
		ON CONFLICT (key_id) DO UPDATE SET started_at = @now, advanced_at = @now, finished_at = NULL, total = @total, done = 0, failed = 0, failure = '',
		       at_column = '', at_org = '', at_row = ''
		WHERE r.finished_at IS NOT NULL`, postgres.NamedArgs{"key": key, "now": now, "total": total})
	if err != nil {
		return false, fmt.Errorf("begin a rotation: %w", err)
	}
	return tag.RowsAffected() > 0, nil
}

const runColumns = `SELECT key_id, started_at, advanced_at, finished_at, total, done, failed, failure, at_column, at_org, at_row FROM key_rotations `

func scanRun(row pgx.CollectableRow) (r Run, err error) {
	err = row.Scan(&r.Key, &r.StartedAt, &r.AdvancedAt, &r.FinishedAt, &r.Total, &r.Done, &r.Failed, &r.Failure, &r.At.Column, &r.At.Org, &r.At.Row)
	return r, err
}

func runOf(ctx context.Context, tx postgres.Tx, key string) (Run, error) {
	rows, err := tx.Query(ctx, runColumns+`WHERE key_id = $1`, key)
	if err != nil {
		return Run{}, fmt.Errorf("rotation: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRun)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, fault.New(fault.NotFound, "No rotation to this key was begun.")
	}
	if err != nil {
		return r, fmt.Errorf("rotation: %w", err)
	}
	return r, nil
}

func runs(ctx context.Context, tx postgres.Tx) ([]Run, error) {
	rows, err := tx.Query(ctx, runColumns+`ORDER BY started_at DESC, key_id`)
	if err != nil {
		return nil, fmt.Errorf("rotations: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanRun)
	if err != nil {
		return nil, fmt.Errorf("rotations: %w", err)
	}
	return list, nil
}

// advance notes what a step did. Where it ended counts only if no other process
// has moved the run on from where it began: what that one passed, it passed too.
func advance(ctx context.Context, tx postgres.Tx, key string, s step) error {
	b := &postgres.Batch{}
	b.Queue(`UPDATE key_rotations SET done = done + @done, advanced_at = @at, total = CASE WHEN finished_at IS NULL THEN total ELSE done + @done + failed END
		WHERE key_id = @key`, postgres.NamedArgs{"key": key, "done": s.done, "at": s.at})
	b.Queue(`
		UPDATE key_rotations SET failed = failed + @failed, failure = coalesce(nullif(failure, ''), @failure),
		       at_column = @column, at_org = @org, at_row = @row
		WHERE key_id = @key AND finished_at IS NULL AND (at_column, at_org, at_row) = (@wascolumn, @wasorg, @wasrow)`,
		postgres.NamedArgs{"key": key, "failed": s.failed, "failure": s.failure, "column": s.to.Column, "org": s.to.Org, "row": s.to.Row,
			"wascolumn": s.from.Column, "wasorg": s.from.Org, "wasrow": s.from.Row})
	if s.last {
		b.Queue(`UPDATE key_rotations SET finished_at = @at, total = done + failed WHERE key_id = @key AND finished_at IS NULL`, postgres.NamedArgs{"key": key, "at": s.at})
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("advance the rotation: %w", err)
	}
	return nil
}
