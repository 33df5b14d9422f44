package postgres

import (
	"context"
	"errors"
	"fmt"

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
	return run(ctx, db.app, scope{"sendvery.org_id": org.String()}, nil, fn)
}

// InOrgAfter is InOrg whose first statements share the round trip in which it
// begins: those that queue collects. fn runs once their results are there.
func (db *DB) InOrgAfter(ctx context.Context, org TenantID, queue func(*Batch), fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, scope{"sendvery.org_id": org.String()}, queue, fn)
}

// InOrgAs is InOrg that sees the person's other memberships too.
func (db *DB) InOrgAs(ctx context.Context, org TenantID, person PersonID, fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, scope{"sendvery.org_id": org.String(), "sendvery.person_id": person.String()}, nil, fn)
}

// InPerson runs fn in a transaction that sees where one person belongs:
// their memberships and the organizations of these, nothing else.
func (db *DB) InPerson(ctx context.Context, person PersonID, fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, scope{"sendvery.person_id": person.String()}, nil, fn)
}

// InTx runs fn in a transaction without a tenant: only the tables that belong
// to no organization show rows.
func (db *DB) InTx(ctx context.Context, fn func(context.Context, Tx) error) error {
	return run(ctx, db.app, nil, nil, fn)
}

// InSystem runs fn across all tenants, with the few rights the system role
// has. Its callers are listed in the architecture test.
func (db *DB) InSystem(ctx context.Context, fn func(context.Context, Tx) error) error {
	return run(ctx, db.system, nil, nil, fn)
}

// Alone runs fn while no other process runs one under the same name. No
// transaction is open meanwhile, so that fn may ask the network; a connection
// is taken.
func (db *DB) Alone(ctx context.Context, name string, fn func(context.Context) error) error {
	conn, err := db.app.Acquire(ctx)
	if err != nil {
		return mapError(fmt.Errorf("wait for %s: %w", name, err))
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, name); err != nil {
		return mapError(fmt.Errorf("wait for %s: %w", name, err))
	}
	defer func() {
		after := context.WithoutCancel(ctx)
		if _, err := conn.Exec(after, `SELECT pg_advisory_unlock(hashtextextended($1, 0))`, name); err != nil {
			_ = conn.Conn().Close(after) // which frees it too
		}
	}()
	return fn(ctx)
}

// scope is what row-level security reads, by the names of settings.
type scope map[string]string

func (s scope) queue(b *Batch) {
	for name, id := range s {
		b.Queue("select set_config($1, $2, true)", name, id)
	}
}

func run(ctx context.Context, pool *pgxpool.Pool, s scope, queue func(*Batch), fn func(context.Context, Tx) error) error {
	if ctx.Value(scopeKey{}) != nil {
		return errNested
	}
	b := &Batch{}
	b.BeginTx(pgx.TxOptions{})
	s.queue(b)
	if queue != nil {
		queue(b)
	}
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return mapError(fmt.Errorf("begin: %w", err))
	}
	defer conn.Release()
	over := func() bool { return conn.Conn().PgConn().TxStatus() == 'I' } // it did not begin, or see QueueCommit
	begun := conn.SendBatch(ctx, b)
	tx := begun.Tx()
	defer func() {
		if !over() {
			_ = tx.Rollback(context.WithoutCancel(ctx)) // after an error, and after a panic
		}
	}()
	if err := begun.Close(); err != nil {
		return mapError(fmt.Errorf("begin: %w", err))
	}
	if err := fn(context.WithValue(ctx, scopeKey{}, true), tx); err != nil || over() {
		return mapError(err)
	}
	return mapError(tx.Commit(ctx))
}

// QueueCommit makes the commit part of the transaction's last round trip.
// Nothing can follow in the transaction, and fn is to return the batch's error.
func QueueCommit(b *Batch) { b.Queue("commit") }

// ReadOrg sends the queries that queue collects in one round trip, scoped to
// one organization, and runs their result callbacks. All of them see the same
// state, so that their answers fit together whatever is stored meanwhile. They
// are planned for the organization and days that they are about: a plan that is
// right for most takes ten times as long for the largest.
func (db *DB) ReadOrg(ctx context.Context, org TenantID, queue func(*Batch)) error {
	b := &Batch{}
	b.BeginTx(pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	scope{"sendvery.org_id": org.String(), "plan_cache_mode": "force_custom_plan"}.queue(b)
	queue(b)
	QueueCommit(b)
	conn, err := db.app.Acquire(ctx)
	if err != nil {
		return mapError(fmt.Errorf("begin: %w", err))
	}
	defer conn.Release() // after an error the pool closes it
	return mapError(conn.SendBatch(ctx, b).Close())
}
