package postgres

import (
	"context"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

// migrationLock is the advisory lock that makes starting replicas wait for
// one another; the number has no meaning beyond being ours.
const migrationLock = 7_236_515

// Migrate brings the schema to the newest version as the owner role: ours
// first, then what more adds (the job queue's own schema). Safe to call from
// several processes at once: the others wait.
func Migrate(ctx context.Context, ownerURL string, files fs.FS, more func(ctx context.Context, ownerURL string) error) error {
	lock, err := pgx.Connect(ctx, ownerURL)
	if err != nil {
		return fmt.Errorf("connect as owner: %w", err)
	}
	defer func() { _ = lock.Close(context.WithoutCancel(ctx)) }() // frees the lock
	if _, err := lock.Exec(ctx, `SELECT pg_advisory_lock($1)`, migrationLock); err != nil {
		return fmt.Errorf("wait for other migrations: %w", err)
	}
	if err := migrateOwn(ctx, ownerURL, files); err != nil {
		return err
	}
	return more(ctx, ownerURL)
}

func migrateOwn(ctx context.Context, ownerURL string, files fs.FS) error {
	provider, done, err := gooseProvider(ownerURL, files)
	if err != nil {
		return err
	}
	defer done()
	if _, err := provider.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// gooseProvider opens a connection for goose; done closes it.
func gooseProvider(url string, files fs.FS) (*goose.Provider, func(), error) {
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, nil, fmt.Errorf("the owner's database address cannot be read")
	}
	db := stdlib.OpenDB(*cfg)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		_ = db.Close()
		return nil, nil, fmt.Errorf("read migrations: %w", err)
	}
	return provider, func() { _ = db.Close() }, nil
}

// Pending returns how many of the program's migrations the database lacks.
func (db *DB) Pending(ctx context.Context, files fs.FS) (int, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return 0, err
	}
	var applied int
	err = db.app.QueryRow(ctx, `SELECT count(*) FROM goose_db_version WHERE version_id > 0 AND is_applied`).Scan(&applied)
	if err != nil {
		return 0, mapError(fmt.Errorf("read schema version: %w", err))
	}
	return max(0, len(names)-applied), nil
}
