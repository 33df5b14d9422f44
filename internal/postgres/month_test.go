package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// insertRecord writes one row of records under the organization's scope.
const insertRecord = `
	INSERT INTO records (org_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding, source_ip)
	VALUES ($1, $2, 1, $3, 1, 1, 0, 0, 0, 0, '192.0.2.1')`

func ensureMonth(day string) func(context.Context, postgres.Tx) error {
	return func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `SELECT ensure_month($1::text::date)`, day)
		return err
	}
}

func TestNewMonthWaitsForNobodyAndIsLikeTheOthers(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	org := uid.New[postgres.Tenant]()
	if err := db.InTx(t.Context(), ensureMonth("2026-03-31")); err != nil {
		t.Fatal(err)
	}
	// Somebody reads and writes records in a transaction that does not end.
	err := db.InOrg(t.Context(), org, func(ctx context.Context, tx postgres.Tx) error {
		var n int
		if err := tx.QueryRow(ctx, `SELECT count(*) FROM records`).Scan(&n); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, insertRecord, org, "2026-03-31", 1); err != nil {
			return err
		}
		limited, cancel := context.WithTimeout(t.Context(), 4*time.Second)
		defer cancel()
		if err := db.InTx(limited, ensureMonth("2026-04-01")); err != nil {
			t.Error("a new month waits for a transaction under way: ", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.InOrg(t.Context(), org, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, insertRecord, org, "2026-04-30", 1)
		return err
	})
	if err != nil {
		t.Error("the month's last day: ", err)
	}
	err = db.InOrg(t.Context(), org, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `SELECT count(*) FROM records_202604`)
		return err
	})
	if err == nil {
		t.Error("the app reads the partition past its parent's policies")
	}
	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	var attached, indexed int
	if err := conn.QueryRow(t.Context(), `
		SELECT (SELECT count(*) FROM pg_inherits WHERE inhparent = 'records'::regclass),
		       (SELECT count(*) FROM pg_inherits WHERE inhparent = 'records_report'::regclass)`).Scan(&attached, &indexed); err != nil {
		t.Fatal(err)
	}
	if attached != 2 || indexed != 2 {
		t.Errorf("%d partitions with %d indexes of the parent's, want 2 each", attached, indexed)
	}
}

func TestMonthsAreMadeOnceHoweverManyAsk(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	const callers = 8
	done := make(chan error, callers)
	for range callers {
		go func() {
			done <- db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
				for _, day := range []string{"2026-01-15", "2026-02-01", "2026-01-31"} {
					if err := ensureMonth(day)(ctx, tx); err != nil {
						return err
					}
				}
				return nil
			})
		}()
	}
	for range callers {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	for _, day := range []string{"1999-12-31", "2999-01-01"} {
		if err := db.InTx(t.Context(), ensureMonth(day)); err == nil {
			t.Errorf("%s has a partition", day)
		}
	}
}
