package postgres

import (
	"context"
	"sync"

	"github.com/jackc/pgx/v5"
)

// NamedArgs are a statement's parameters by name: @name in its text.
type NamedArgs map[string]any

// numbered is a statement whose parameters are numbers, with their names in
// order.
type numbered struct {
	sql   string
	names []string
}

// numberings remembers the statements of the program, because finding the
// parameters takes longer than sending most of them. Their text is the
// program's own, so that they are not many.
var numberings sync.Map

// RewriteQuery implements pgx.QueryRewriter. A parameter without a value is
// null.
func (a NamedArgs) RewriteQuery(ctx context.Context, conn *pgx.Conn, sql string, args []any) (string, []any, error) {
	known, ok := numberings.Load(sql)
	if !ok {
		n, all, err := a.number(ctx, conn, sql)
		if err != nil || !all {
			return pgx.NamedArgs(a).RewriteQuery(ctx, conn, sql, args)
		}
		known, _ = numberings.LoadOrStore(sql, n)
	}
	n, _ := known.(*numbered) // nothing else is stored
	values := make([]any, len(n.names))
	for i, name := range n.names {
		values[i] = a[name]
	}
	return n.sql, values, nil
}

// number finds the parameters of a statement, and reports whether a names all.
func (a NamedArgs) number(ctx context.Context, conn *pgx.Conn, sql string) (n *numbered, all bool, err error) {
	names := make(pgx.NamedArgs, len(a))
	for name := range a {
		names[name] = name
	}
	text, order, err := names.RewriteQuery(ctx, conn, sql, nil)
	if err != nil {
		return nil, false, err
	}
	n = &numbered{sql: text, names: make([]string, len(order))}
	for i, name := range order {
		var ok bool
		if n.names[i], ok = name.(string); !ok {
			return nil, false, nil
		}
	}
	return n, true, nil
}
