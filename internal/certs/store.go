package certs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/acme/autocert"

	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
)

// Store keeps what the ACME client wants kept, each entry sealed for its name.
type Store struct {
	DB   *postgres.DB
	Ring *seal.Ring
	Log  *slog.Logger
	Now  func() time.Time
}

var _ autocert.Cache = (*Store)(nil)

// errStore stands for failures of ours: the library shows them to strangers,
// and drops some. The log has them.
var errStore = errors.New("the store of certificates does not answer")

func place(name string) seal.Place {
	return seal.Place{Table: "certificates", Column: "sealed", Row: name}
}

// Get implements autocert.Cache.
func (s *Store) Get(ctx context.Context, name string) ([]byte, error) {
	var sealed []byte
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		return tx.QueryRow(ctx, `SELECT sealed FROM certificates WHERE name = $1`, name).Scan(&sealed)
	})
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, autocert.ErrCacheMiss
	}
	if err != nil {
		return nil, s.failed(ctx, fmt.Errorf("read %s: %w", name, err))
	}
	plain, err := s.Ring.Open(place(name), sealed)
	if err != nil {
		return nil, s.failed(ctx, fmt.Errorf("open %s: %w", name, err))
	}
	return plain, nil
}

// Put implements autocert.Cache.
func (s *Store) Put(ctx context.Context, name string, plain []byte) error {
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO certificates (name, sealed, stored_at) VALUES (@name, @sealed, @now)
			ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, stored_at = excluded.stored_at`,
			postgres.NamedArgs{"name": name, "sealed": s.Ring.Seal(place(name), plain), "now": s.Now()})
		return err
	})
	if err != nil {
		return s.failed(ctx, fmt.Errorf("store %s: %w", name, err))
	}
	return nil
}

// Delete implements autocert.Cache.
func (s *Store) Delete(ctx context.Context, name string) error {
	err := s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM certificates WHERE name = $1`, name)
		return err
	})
	if err != nil {
		return s.failed(ctx, fmt.Errorf("delete %s: %w", name, err))
	}
	return nil
}

func (s *Store) failed(ctx context.Context, err error) error {
	s.Log.ErrorContext(ctx, "certificates", "error", err)
	return errStore
}
