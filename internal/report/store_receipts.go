package report

import (
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// of returns the conditions that say where receipts r came from, and their values.
func (q ReceiptQuery) of(org org.ID) (string, postgres.NamedArgs) {
	where, args := `r.org_id = @org`, postgres.NamedArgs{"org": org}
	add := func(condition, name string, value any) {
		where += " AND " + condition
		args[name] = value
	}
	switch q.Source {
	case "":
	case FromMailbox:
		where += ` AND r.source = 'mailbox' AND r.mailbox_id IS NOT NULL` // for its index
	default:
		add(`r.source = @source`, "source", q.Source)
	}
	if !q.Mailbox.IsZero() {
		add(`r.mailbox_id = @mailbox`, "mailbox", q.Mailbox)
	}
	if !q.Upload.IsZero() {
		add(`r.upload_id = @upload`, "upload", q.Upload)
	}
	if q.IDs != nil {
		add(`r.receipt_id = ANY(@ids)`, "ids", q.IDs)
	}
	return where, args
}

func queueReceipts(b *postgres.Batch, org org.ID, q ReceiptQuery, into *[]Receipt) {
	where, args := q.of(org)
	args["limit"] = q.Limit
	if q.Verdicts != nil {
		where += ` AND r.verdict = ANY(@verdicts)`
		args["verdicts"] = q.Verdicts
	}
	if q.Before != 0 {
		where += ` AND r.receipt_id < @before`
		args["before"] = q.Before
	}
	collect(b, into, "receipts", `
		SELECT r.receipt_id, r.source, r.mailbox_id, r.mail_id, r.upload_id, p.email AS uploaded_by, r.label, r.mail_at, r.received_at, r.size, r.verdict, r.reason,
		       r.auth_method, r.auth_result, r.auth_domain, r.first_id,
		       EXISTS (SELECT FROM originals o WHERE o.org_id = r.org_id AND o.receipt_id = r.receipt_id) AS original,
		       EXISTS (SELECT FROM originals o WHERE o.org_id = r.org_id AND o.receipt_id = r.receipt_id AND o.damaged) AS damaged,
		       i.kind, i.domain, i.reporter, coalesce(i.messages, 0)::bigint AS messages, coalesce(i.repairs, 0)::bigint AS repairs, i.reports
		FROM (SELECT r.org_id, r.receipt_id, r.source, r.mailbox_id, r.mail_id, r.upload_id, r.uploaded_by, r.label, r.mail_at, r.received_at, r.size, r.verdict, r.reason,
		             r.auth_method, r.auth_result, r.auth_domain, r.first_id
		      FROM receipts r WHERE `+where+` ORDER BY r.receipt_id DESC LIMIT @limit) r
		LEFT JOIN members m ON m.org_id = r.org_id AND m.person_id = r.uploaded_by
		LEFT JOIN people p ON p.person_id = m.person_id
		LEFT JOIN LATERAL (
			SELECT min(i.kind) AS kind, min(i.domain) AS domain, coalesce(min(p.reporter), min(t.reporter)) AS reporter, sum(p.messages) FILTER (WHERE i.verdict NOT IN ('conflict', 'replaced')) AS messages,
			       sum(jsonb_array_length(coalesce(p.repairs, t.repairs))) FILTER (WHERE i.verdict = 'repaired') AS repairs,
			       array_agg(DISTINCT i.report_id) FILTER (WHERE i.report_id IS NOT NULL AND i.kind = 'aggregate' AND i.verdict NOT IN ('conflict', 'replaced')) AS reports
			FROM receipt_lines i
			LEFT JOIN reports p ON i.kind = 'aggregate' AND p.org_id = i.org_id AND p.report_id = i.report_id
			LEFT JOIN tls_reports t ON i.kind = 'tls' AND t.org_id = i.org_id AND t.tls_report_id = i.report_id
			WHERE i.org_id = r.org_id AND i.receipt_id = r.receipt_id) i ON true
		ORDER BY r.receipt_id DESC`, args)
}

// queueVerdicts counts receipts by verdict, of where the query says.
func queueVerdicts(b *postgres.Batch, org org.ID, q ReceiptQuery, since time.Time, into *map[Verdict]int64) {
	where, args := q.of(org)
	args["since"] = since
	b.Queue(`SELECT r.verdict, count(*) FROM receipts r WHERE `+where+` AND r.received_at >= @since GROUP BY r.verdict`, args).Query(func(rows pgx.Rows) error {
		*into = map[Verdict]int64{}
		var v Verdict
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&v, &n}, func() error {
			(*into)[v] = n
			return nil
		})
		if err != nil {
			return fmt.Errorf("count verdicts: %w", err)
		}
		return nil
	})
}

// queueMailboxVerdicts counts receipts by mailbox and verdict.
func queueMailboxVerdicts(b *postgres.Batch, org org.ID, since time.Time, into *map[mailbox.ID]map[Verdict]int64) {
	*into = map[mailbox.ID]map[Verdict]int64{}
	b.Queue(`
		SELECT mailbox_id, verdict, count(*) FROM receipts
		WHERE org_id = @org AND received_at >= @since AND mailbox_id IS NOT NULL GROUP BY mailbox_id, verdict`,
		postgres.NamedArgs{"org": org, "since": since}).Query(func(rows pgx.Rows) error {
		var id mailbox.ID
		var v Verdict
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&id, &v, &n}, func() error {
			if (*into)[id] == nil {
				(*into)[id] = map[Verdict]int64{}
			}
			(*into)[id][v] = n
			return nil
		})
		if err != nil {
			return fmt.Errorf("count verdicts of mailboxes: %w", err)
		}
		return nil
	})
}
