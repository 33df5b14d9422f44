package export

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// table is what is taken of a table.
type table struct {
	Name    string   `db:"name"`
	Columns []string `db:"columns"`
}

// tables names what organizations have rows in, as the schema says, but for what
// is left out: a table that is made later is not forgotten.
func tables(ctx context.Context, tx postgres.Tx) ([]table, error) {
	rows, err := tx.Query(ctx, `
		SELECT c.relname::text AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
		GROUP BY 1 HAVING 'org_id' = ANY(array_agg(a.attname)) ORDER BY 1`)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[table])
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	kept := all[:0]
	for _, t := range all {
		without, listed := leftOut[t.Name]
		if listed && len(without) == 0 {
			continue
		}
		t.Columns = slices.DeleteFunc(t.Columns, func(c string) bool { return slices.Contains(without, c) })
		kept = append(kept, t)
	}
	return kept, nil
}

// rows writes a line for each row that the organization has in a table. The
// names are the schema's.
func (t table) rows(ctx context.Context, tx postgres.Tx, o org.ID, w io.Writer) error {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = pgx.Identifier{c}.Sanitize()
	}
	from := pgx.Identifier{t.Name}.Sanitize()
	return lines(ctx, tx, w, `SELECT to_jsonb(t)::text FROM (SELECT `+strings.Join(names, ", ")+` FROM `+from+` WHERE org_id = $1) t`, o)
}

// people writes who the organization's members are.
func people(ctx context.Context, tx postgres.Tx, o org.ID, w io.Writer) error {
	return lines(ctx, tx, w, `
		SELECT jsonb_build_object('person_id', p.person_id, 'email', p.email)::text
		FROM members m JOIN people p ON p.person_id = m.person_id WHERE m.org_id = $1 ORDER BY m.joined_at`, o)
}

// lines writes the only column of each row as a line, one row in memory at a time.
func lines(ctx context.Context, tx postgres.Tx, w io.Writer, sql string, args ...any) error {
	rows, err := tx.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	var line string
	_, err = pgx.ForEachRow(rows, []any{&line}, func() error {
		_, err := io.WriteString(w, line+"\n")
		return err
	})
	return err
}
