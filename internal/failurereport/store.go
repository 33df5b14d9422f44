package failurereport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// find returns the report that is stored under the key.
func find(ctx context.Context, tx postgres.Tx, org org.ID, key [32]byte) (s Stored, err error) {
	err = tx.QueryRow(ctx, `SELECT failure_id, receipt_id FROM failure_reports WHERE org_id = $1 AND key_digest = $2`,
		org, key[:]).Scan(&s.ID, &s.Receipt)
	if err != nil {
		return s, fmt.Errorf("find failure report: %w", err)
	}
	return s, nil
}

// insert stores the report; 0 when one is stored under the key already.
func insert(ctx context.Context, tx postgres.Tx, org org.ID, now time.Time, receipt int64, domain domain.ID, r *arf.Report, key [32]byte) (id ID, err error) {
	document, err := json.Marshal(r)
	if err != nil {
		return 0, err
	}
	var arrived *time.Time
	if r.ArrivedAt != 0 {
		arrived = new(time.Unix(r.ArrivedAt, 0).UTC())
	}
	var source *netip.Addr
	if r.SourceIP.IsValid() {
		source = &r.SourceIP
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO failure_reports (org_id, domain_id, receipt_id, reporter_domain, reported_domain, source_ip, auth_failure,
		       delivery_result, arrived_at, document, key_digest, stored_at)
		VALUES (@org, @domain, @receipt, @reporter, @reported, @source, @failure, @result, @arrived, @document, @key, @now)
		ON CONFLICT (org_id, key_digest) DO NOTHING RETURNING failure_id`,
		postgres.NamedArgs{
			"org": org, "domain": domain, "receipt": receipt, "reporter": r.ReporterDomain, "reported": r.Domain, "source": source,
			"failure": r.AuthFailure, "result": r.DeliveryResult, "arrived": arrived, "document": document, "key": key[:], "now": now,
		}).Scan(&id)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return 0, fmt.Errorf("insert failure report: %w", err)
	}
	return id, nil
}

func removeBefore(ctx context.Context, tx postgres.Tx, before time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM failure_reports WHERE stored_at <= $1`, before); err != nil {
		return fmt.Errorf("expire failure reports: %w", err)
	}
	return nil
}

// stored is a report as its row has it.
type stored struct {
	Line
	Receipt  int64           `db:"receipt_id"`
	Document json.RawMessage `db:"document"`
}

// columns are those of a Line.
const columns = `f.failure_id, d.name AS domain, f.reported_domain, f.reporter_domain, f.source_ip, f.auth_failure, f.delivery_result, f.arrived_at, f.stored_at`

// kept chooses reports whose time is not over, whether or not the job that
// removes the others has run.
const kept = ` FROM failure_reports f JOIN domains d ON d.org_id = f.org_id AND d.domain_id = f.domain_id
	WHERE f.org_id = @org AND f.stored_at > @since`

func collect[T any](b *postgres.Batch, into *[]T, sql string, args postgres.NamedArgs) {
	b.Queue(sql, args).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
		if err != nil {
			return fmt.Errorf("failure reports: %w", err)
		}
		*into = list
		return nil
	})
}

func queueLines(b *postgres.Batch, org org.ID, since time.Time, q Query, into *[]Line) {
	where := q.where()
	if q.Before != 0 {
		where += ` AND f.failure_id < @before`
	}
	collect(b, into, `SELECT `+columns+kept+where+` ORDER BY f.failure_id DESC LIMIT @limit`,
		postgres.NamedArgs{"org": org, "since": since, "domain": q.Domain, "before": q.Before, "limit": q.Limit})
}

func (q Query) where() string {
	if q.Domain.IsZero() {
		return ""
	}
	return ` AND f.domain_id = @domain`
}

func queueCount(b *postgres.Batch, org org.ID, since time.Time, q Query, total *int64) {
	b.Queue(`SELECT count(*)`+kept+q.where(), postgres.NamedArgs{"org": org, "since": since, "domain": q.Domain}).
		QueryRow(func(row pgx.Row) error { return row.Scan(total) })
}

func queueReport(b *postgres.Batch, org org.ID, since time.Time, id ID, into *[]stored) {
	collect(b, into, `SELECT `+columns+`, f.receipt_id, f.document`+kept+` AND f.failure_id = @id`,
		postgres.NamedArgs{"org": org, "since": since, "id": id})
}
