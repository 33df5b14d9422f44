package report

import (
	"context"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// judgedWhere is what chooses records t beside what is known of their senders.
func (f Filter) judgedWhere(org org.ID) (string, postgres.NamedArgs) {
	where, args := f.conditions(org)
	if f.Class != 0 {
		where, args["class"] = where+` AND `+classSQL+` = @class`, f.Class
	}
	return where, args
}

func queueHolding(b *postgres.Batch, org org.ID, f Filter, into *Holding) {
	x, args := f.judgedDays(org)
	scan(b, "count sums", x+` SELECT count(*), coalesce(sum(messages), 0)::bigint FROM x`, args, &into.Sums, &into.Messages)
	if f.ofMessages() {
		where, args := f.judgedWhere(org)
		args["most"] = MaxCounted + 1
		scan(b, "count records", `SELECT count(*) FROM (SELECT FROM messages t `+opinions+` WHERE `+where+` LIMIT @most) AS t`, args, &into.Rows)
	} else {
		scan(b, "count records", `SELECT coalesce(sum(r.records), 0)::bigint FROM reports r WHERE `+reportWhere(f), reportArgs(org, f), &into.Rows)
	}
	from, args := f.originals(org)
	scan(b, "count originals", `SELECT count(*), coalesce(sum(m.size), 0)::bigint `+from, args, &into.Originals, &into.Size)
}

// originals chooses receipts m whose originals are kept. All records are gone
// through once: unlike a page of reports, this asks for all.
func (f Filter) originals(org org.ID) (string, postgres.NamedArgs) {
	where, args := reportWhere(f), reportArgs(org, f)
	if f.ofMessages() {
		chosen, more := f.judgedWhere(org)
		maps.Copy(args, more)
		where += ` AND r.report_id = ANY(ARRAY(SELECT DISTINCT t.report_id FROM messages t ` + opinions + ` WHERE ` + chosen + `))`
	}
	return `FROM receipts m JOIN originals o ON o.org_id = m.org_id AND o.receipt_id = m.receipt_id AND NOT o.damaged
		WHERE m.org_id = @org AND m.receipt_id = ANY(ARRAY(SELECT DISTINCT r.receipt_id FROM reports r WHERE ` + where + `))`, args
}

func queueOriginals(b *postgres.Batch, org org.ID, f Filter, into *[]ReceiptID) {
	from, args := f.originals(org)
	b.Queue(`SELECT m.receipt_id `+from+` ORDER BY m.receipt_id`, args).Query(func(rows pgx.Rows) (err error) {
		if *into, err = pgx.CollectRows(rows, pgx.RowTo[ReceiptID]); err != nil {
			return fmt.Errorf("originals: %w", err)
		}
		return nil
	})
}

func eachSum(ctx context.Context, tx postgres.Tx, org org.ID, f Filter, each func(DaySum) error) error {
	x, args := f.judgedDays(org)
	rows, err := tx.Query(ctx, x+`
		SELECT x.day, d.name AS domain, x.sender, x.class, x.messages, x.sure, x.dkim, x.spf
		FROM x JOIN domains d ON d.org_id = @org AND d.domain_id = x.domain_id ORDER BY x.day, d.name, x.sender, x.class`, args)
	if err != nil {
		return fmt.Errorf("sums: %w", err)
	}
	return forEach(rows, "sums", each)
}

func eachRow(ctx context.Context, tx postgres.Tx, org org.ID, f Filter, each func(Row) error) error {
	where, args := f.judgedWhere(org)
	rows, err := tx.Query(ctx, `
		SELECT t.day, d.name AS domain, r.reporter, t.reporter AS reporter_domain, r.reporter_id, t.source_ip, n.name, t.country, t.sender, `+classSQL+` AS class,
		       t.dkim, t.spf, t.disposition, a.header_from, a.envelope_from, a.envelope_to, t.messages, t.trust
		FROM messages t `+opinions+`
		JOIN reports r ON r.org_id = t.org_id AND r.report_id = t.report_id
		JOIN auth_results a ON a.org_id = t.org_id AND a.auth_id = t.auth_id
		JOIN domains d ON d.org_id = t.org_id AND d.domain_id = t.domain_id
		LEFT JOIN ip_facts n ON n.ip = t.source_ip
		WHERE `+where+` ORDER BY t.day, d.name, t.report_id, t.seq`, args)
	if err != nil {
		return fmt.Errorf("records: %w", err)
	}
	return forEach(rows, "records", each)
}

// forEach hands over rows one by one.
func forEach[T any](rows pgx.Rows, what string, each func(T) error) error {
	defer rows.Close()
	for rows.Next() {
		row, err := pgx.RowToStructByName[T](rows)
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		if err := each(row); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
