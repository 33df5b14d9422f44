package postgres

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// scopeKey marks a context whose transaction is under way.
type scopeKey struct{}

// errNested refuses a scope inside a scope: the inner organization would stay
// in force in the outer transaction.
var errNested = errors.New("a transaction is under way already: pass its Tx on instead of opening another scope")

// InOrg runs fn in a transaction that sees the rows of one organization. It
// commits when fn returns nil, else rolls back. The context given to fn marks
// the scope; opening another one with it is refused.
func (db *DB) InOrg(ctx context.Context, org TenantID, fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, begin(setting("sendvery.org_id", org.String())), fn)
}

// InOrgAs is InOrg that sees the person's other memberships too.
func (db *DB) InOrgAs(ctx context.Context, org TenantID, person PersonID, fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, begin(setting("sendvery.org_id", org.String()), setting("sendvery.person_id", person.String())), fn)
}

// InPerson runs fn in a transaction that sees where one person belongs:
// their memberships and the organizations of these, nothing else.
func (db *DB) InPerson(ctx context.Context, person PersonID, fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, begin(setting("sendvery.person_id", person.String())), fn)
}

// InTx runs fn in a transaction without a tenant: only the tables that belong
// to no organization show rows.
func (db *DB) InTx(ctx context.Context, fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, "", fn)
}

// InSystem runs fn across all tenants, with the few rights the system role
// has. Its callers are listed in the architecture test.
func (db *DB) InSystem(ctx context.Context, fn func(context.Context, Tx) error) error {
	return run(ctx, db.system, "", fn)
}

// setting is one call that sets a scope. The value is the text of an
// identifier, never a caller's string.
func setting(name, id string) string { return "set_config('" + name + "', '" + id + "', true)" }

// begin opens the transaction and sets its scope in one round trip.
func begin(settings ...string) string { return "begin; select " + strings.Join(settings, ", ") }

func run(ctx context.Context, pool *pgxpool.Pool, beginQuery string, fn func(context.Context, Tx) error) (err error) {
	if ctx.Value(scopeKey{}) != nil {
		return errNested
	}
	tx, err := pool.BeginTx(ctx, pgx.TxOptions{BeginQuery: beginQuery})
	if err != nil {
		return mapError(fmt.Errorf("begin: %w", err))
	}
	// A rollback after a commit does nothing; after a panic it frees the connection.
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if err := fn(context.WithValue(ctx, scopeKey{}, true), tx); err != nil {
		return mapError(err)
	}
	return mapError(tx.Commit(ctx))
}

// ReadOrg sends the queries that queue collects in one round trip, scoped to
// one organization, and runs their result callbacks.
func (db *DB) ReadOrg(ctx context.Context, org TenantID, queue func(*Batch)) error {
	b := &Batch{}
	b.Queue("select set_config('sendvery.org_id', $1, true)", org.String())
	queue(b)
	return mapError(db.app.SendBatch(ctx, b).Close())
}
