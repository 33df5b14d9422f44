package report

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// ids are identifiers taken in advance, so that rows can name one another
// before they are written. Those not used are lost, which does no harm.
type ids struct {
	receipts []ReceiptID
	reports  []ID
}

func takeIDs(ctx context.Context, tx postgres.Tx, n int) (ids, error) {
	var got ids
	rows, err := tx.Query(ctx, `
		SELECT nextval('receipts_receipt_id_seq'), nextval('reports_report_id_seq') FROM generate_series(1, $1)`, n)
	if err != nil {
		return got, fmt.Errorf("take ids: %w", err)
	}
	var receipt ReceiptID
	var report ID
	_, err = pgx.ForEachRow(rows, []any{&receipt, &report}, func() error {
		got.receipts, got.reports = append(got.receipts, receipt), append(got.reports, report)
		return nil
	})
	if err != nil {
		return got, fmt.Errorf("take ids: %w", err)
	}
	return got, nil
}

func ensureMonth(ctx context.Context, tx postgres.Tx, day time.Time) error {
	_, err := tx.Exec(ctx, `SELECT ensure_month($1)`, day)
	return err
}

// findReports returns the stored reports that have one of the keys.
func findReports(ctx context.Context, tx postgres.Tx, org org.ID, keys [][]byte) (map[[32]byte]existing, error) {
	found := map[[32]byte]existing{}
	if len(keys) == 0 {
		return found, nil
	}
	rows, err := tx.Query(ctx, `
		SELECT key_digest, report_id, receipt_id, content_digest FROM reports WHERE org_id = $1 AND key_digest = ANY($2)`, org, keys)
	if err != nil {
		return nil, fmt.Errorf("find reports: %w", err)
	}
	var key, content []byte
	var e existing
	_, err = pgx.ForEachRow(rows, []any{&key, &e.id, &e.receipt, &content}, func() error {
		copy(e.content[:], content)
		found[[32]byte(key)] = e
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find reports: %w", err)
	}
	return found, nil
}

// receiptItem is what became of one report in a mail.
type receiptItem struct {
	verdict  Verdict
	reason   Reason
	label    string
	domain   string
	reporter string // of what is refused; "" = not known
	report   ID     // of the stored report; 0 = none
}

// accept notes that the report is stored.
func (i *receiptItem) accept(id ID, repairs []finding.Repair) {
	i.verdict, i.report = Accepted, id
	if len(repairs) > 0 {
		i.verdict, i.reason = Repaired, Reason(repairs[0].Code)
	}
}

// readBefore finds the receipts of mails that were read before: a server that
// was restored from a backup lists them once more under the same numbers.
func readBefore(ctx context.Context, tx postgres.Tx, org org.ID, items []item) error {
	if len(items) == 0 {
		return nil
	}
	places := make(map[mailfetch.MailID]int, len(items))
	ids := make([]string, len(items))
	for i, it := range items {
		places[it.mail], ids[i] = i, string(it.mail)
	}
	rows, err := tx.Query(ctx, `
		SELECT receipt_id, mail_id FROM receipts
		WHERE org_id = @org AND mailbox_id = @mailbox AND generation = @generation AND mail_id = ANY(@ids)`,
		postgres.NamedArgs{"org": org, "mailbox": items[0].mailbox, "generation": items[0].generation, "ids": ids})
	if err != nil {
		return fmt.Errorf("find receipts: %w", err)
	}
	var receipt ReceiptID
	var mail mailfetch.MailID
	_, err = pgx.ForEachRow(rows, []any{&receipt, &mail}, func() error {
		items[places[mail]].receipt = receipt
		return nil
	})
	if err != nil {
		return fmt.Errorf("find receipts: %w", err)
	}
	return nil
}

func insertReceipts(ctx context.Context, tx postgres.Tx, org org.ID, items []item, results []result, now time.Time) error {
	if len(items) == 0 {
		return nil
	}
	b := &postgres.Batch{}
	for i, it := range items {
		args := postgres.NamedArgs{
			"org": org, "id": it.receipt, "source": it.source, "mailbox": nil, "generation": nil, "mail": nil,
			"label": null(it.label), "mail_at": nullTime(it.received), "now": now, "size": it.size,
			"verdict": results[i].verdict, "reason": null(string(reasonOf(results[i]))), "upload": nil, "person": nil,
		}
		if it.source == FromUpload {
			args["upload"], args["person"] = it.upload, it.person
		}
		if it.source == FromMailbox {
			args["mailbox"], args["generation"], args["mail"] = it.mailbox, it.generation, it.mail
		}
		b.Queue(`
			INSERT INTO receipts (org_id, receipt_id, source, mailbox_id, generation, mail_id, label, mail_at, received_at, size, verdict, reason,
			       upload_id, uploaded_by)
			VALUES (@org, @id, @source, @mailbox, @generation, @mail, @label, @mail_at, @now, @size, @verdict, @reason, @upload, @person)`, args)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("insert receipts: %w", err)
	}
	return nil
}

// reasonOf is the reason of the part that decided the verdict.
func reasonOf(r result) Reason {
	if len(r.items) == 0 {
		return r.notice
	}
	for _, i := range r.items {
		if i.verdict == r.verdict {
			return i.reason
		}
	}
	return ""
}

func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func nullTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// maxOriginal is the largest mail whose bytes are kept; larger files come by
// the import command, whose user has them.
const maxOriginal = 50 << 20

func keepOriginal(ctx context.Context, tx postgres.Tx, org org.ID, it item, compress func([]byte) ([]byte, error)) error {
	if it.content == nil || it.size > maxOriginal {
		return nil
	}
	raw := make([]byte, it.size)
	if _, err := io.ReadFull(io.NewSectionReader(it.content, 0, it.size), raw); err != nil {
		return fmt.Errorf("read original: %w", err)
	}
	content, err := compress(raw)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `INSERT INTO originals (org_id, receipt_id, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
		org, it.receipt, content)
	if err != nil {
		return fmt.Errorf("keep original: %w", err)
	}
	return nil
}

// replaceItems makes room for what another reading of the receipt found.
func replaceItems(ctx context.Context, tx postgres.Tx, org org.ID, id ReceiptID, r result) error {
	// The receipt first: who else reads it again waits here.
	_, err := tx.Exec(ctx, `UPDATE receipts SET verdict = $3, reason = $4 WHERE org_id = $1 AND receipt_id = $2`,
		org, id, r.verdict, null(string(reasonOf(r))))
	if err != nil {
		return fmt.Errorf("update receipt: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM receipt_items WHERE org_id = $1 AND receipt_id = $2`, org, id); err != nil {
		return fmt.Errorf("replace receipt items: %w", err)
	}
	return nil
}

func insertItems(ctx context.Context, tx postgres.Tx, org org.ID, results []result) error {
	var receipts []int64
	var seqs []int16
	var verdicts, labels []string
	var reasons, domains, reporters []*string
	var reports []*int64
	for _, r := range results {
		for n, ri := range r.items {
			receipts, seqs = append(receipts, int64(r.receipt)), append(seqs, int16(n+1))
			verdicts, labels = append(verdicts, string(ri.verdict)), append(labels, ri.label)
			reasons, domains, reporters = append(reasons, null(string(ri.reason))), append(domains, null(ri.domain)), append(reporters, null(ri.reporter))
			var report *int64
			if ri.report != 0 {
				report = new(int64(ri.report))
			}
			reports = append(reports, report)
		}
	}
	if len(receipts) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO receipt_items (org_id, receipt_id, seq, verdict, reason, label, domain, reporter, report_id)
		SELECT @org, r, s, v, why, l, d, by, rep
		FROM unnest(@receipts::bigint[], @seqs::smallint[], @verdicts::text[], @reasons::text[], @labels::text[], @domains::text[], @reporters::text[], @reports::bigint[])
		     AS i (r, s, v, why, l, d, by, rep)`,
		postgres.NamedArgs{"org": org, "receipts": receipts, "seqs": seqs, "verdicts": verdicts, "reasons": reasons,
			"labels": labels, "domains": domains, "reporters": reporters, "reports": reports})
	if err != nil {
		return fmt.Errorf("insert receipt items: %w", err)
	}
	return nil
}

// document is what is kept of a report's head, as sent.
type document struct {
	*dmarcrpt.Report
	Bad        []dmarcrpt.BadRecord `json:",omitempty"`
	Extensions []string             `json:",omitempty"`
}

func (p *pending) document() ([]byte, error) {
	d := document{Report: p.head}
	if p.summary != nil && p.summary.Aggregate != nil {
		d.Bad, d.Extensions = p.summary.Aggregate.Bad, p.summary.Aggregate.Extensions
	}
	return json.Marshal(d)
}

// sums are the parts of a report that are known at its end.
func (p *pending) sums(args postgres.NamedArgs) error {
	args["records"], args["bad"], args["messages"], args["aligned"], args["content"] = 0, 0, int64(0), int64(0), []byte{}
	args["repairs"] = nil
	var err error
	if args["document"], err = p.document(); err != nil {
		return err
	}
	sum := p.summary
	if sum == nil {
		return nil
	}
	args["records"], args["bad"], args["messages"], args["aligned"] = sum.Records, sum.BadRecords, sum.Messages, sum.Aligned
	args["content"] = sum.Digest[:]
	if len(sum.Repairs) > 0 {
		args["repairs"], err = json.Marshal(sum.Repairs)
	}
	return err
}

func insertReports(ctx context.Context, tx postgres.Tx, org org.ID, reports []*pending, now time.Time) error {
	if len(reports) == 0 {
		return nil
	}
	b := &postgres.Batch{}
	for _, p := range reports {
		args := postgres.NamedArgs{
			"org": org, "id": p.id, "domain": p.domain, "receipt": p.receipt, "day": p.day,
			"begin": time.Unix(p.head.Begin, 0).UTC(), "end": time.Unix(p.head.End, 0).UTC(),
			"reporter": p.head.Reporter(), "reporter_domain": p.reporterDomain, "email": p.head.Email,
			"reporter_id": p.head.ReportID, "policy_domain": p.head.Policy.Domain, "policy": p.head.Policy.Effective().P, "key": p.key[:], "now": now,
		}
		if err := p.sums(args); err != nil {
			return err
		}
		b.Queue(`
			INSERT INTO reports (org_id, report_id, domain_id, receipt_id, day, begin_at, end_at, reporter, reporter_domain, email,
			       reporter_id, policy_domain, policy, document, repairs, records, bad_records, messages, aligned, key_digest, content_digest, stored_at)
			VALUES (@org, @id, @domain, @receipt, @day, @begin, @end, @reporter, @reporter_domain, @email,
			       @reporter_id, @policy_domain, @policy, @document, @repairs, @records, @bad, @messages, @aligned, @key, @content, @now)`, args)
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("insert reports: %w", err)
	}
	return nil
}

// updateReport sets what was not known when the report's row was written.
func updateReport(ctx context.Context, tx postgres.Tx, org org.ID, p *pending) error {
	args := postgres.NamedArgs{"org": org, "id": p.id}
	if err := p.sums(args); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE reports SET document = @document, repairs = @repairs, records = @records, bad_records = @bad,
		       messages = @messages, aligned = @aligned, content_digest = @content
		WHERE org_id = @org AND report_id = @id`, args)
	if err != nil {
		return fmt.Errorf("update report: %w", err)
	}
	return nil
}
