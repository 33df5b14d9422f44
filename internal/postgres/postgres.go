// Package postgres is the way to the database: pools, transactions, the
// tenant scope that row-level security reads, error mapping and migrations.
//
// Row-level security is the second lock behind the WHERE of every query: it
// guards against a forgotten condition, not against SQL injection, because
// the program's role may set the scope itself.
package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"sendvery.com/sendvery/internal/uid"
)

// The roles of the database. The owner holds the tables and migrates, the app
// serves tenants under their policies, the system does cross-tenant work.
const (
	RoleOwner  = "sendvery_owner"
	RoleApp    = "sendvery_app"
	RoleSystem = "sendvery_system"
)

// Names that stores use in place of the driver's own.
type (
	// Tx is a transaction with its scope set.
	Tx = pgx.Tx
	// Batch is several statements in one round trip.
	Batch = pgx.Batch
	// Tracer is told of statements.
	Tracer = pgx.QueryTracer
)

// What scopes are made of.
type (
	// Tenant marks identifiers of organizations.
	Tenant struct{}
	// Person marks identifiers of people.
	Person struct{}
	// TenantID identifies the organization that owns a row.
	TenantID = uid.ID[Tenant]
	// PersonID identifies somebody who signs in.
	PersonID = uid.ID[Person]
)

// DB holds two pools: app for one tenant at a time, system for work across
// tenants.
type DB struct {
	app    *pgxpool.Pool
	system *pgxpool.Pool
}

// Config says how to reach the database.
type Config struct {
	URL            string // role sendvery_app, which may SET ROLE sendvery_system
	MaxConnections int    // of the app pool; 0 = 10
	Tracer         Tracer // sees the statements of both pools; nil = nobody does
}

// systemConnections bounds the pool for cross-tenant work: a few short jobs.
const systemConnections = 4

// Open connects both pools. It fails when the database does not answer within
// ten seconds.
func Open(ctx context.Context, cfg Config) (*DB, error) {
	if cfg.MaxConnections == 0 {
		cfg.MaxConnections = 10
	}
	app, err := openPool(ctx, cfg, cfg.MaxConnections, "")
	if err != nil {
		return nil, err
	}
	system, err := openPool(ctx, cfg, systemConnections, RoleSystem)
	if err != nil {
		app.Close()
		return nil, err
	}
	return &DB{app: app, system: system}, nil
}

func openPool(ctx context.Context, how Config, size int, role string) (*pgxpool.Pool, error) {
	cfg, err := pgxpool.ParseConfig(how.URL)
	if err != nil {
		// The driver's own message repeats the address with its password.
		return nil, errUnreadable
	}
	cfg.MaxConns = int32(size)
	cfg.ConnConfig.Tracer = how.Tracer
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.RuntimeParams["application_name"] = "sendvery"
	cfg.ConnConfig.RuntimeParams["jit"] = "off" // compiling a statement takes seconds, and none of ours runs that long
	if role != "" {
		cfg.ConnConfig.RuntimeParams["role"] = role
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("database pool: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("the database does not answer: %w", err)
	}
	return pool, nil
}

// Close ends all connections. It waits for the ones in use.
func (db *DB) Close() {
	db.app.Close()
	db.system.Close()
}

// Ping asks the database for a sign of life.
func (db *DB) Ping(ctx context.Context) error { return db.app.Ping(ctx) }

// AppPool is the pool under the app role, for machinery that brings its own
// statements (the job queue).
func (db *DB) AppPool() *pgxpool.Pool { return db.app }
