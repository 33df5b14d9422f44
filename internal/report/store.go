package report

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

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

// queueIDs takes identifiers for so many receipts and reports.
func queueIDs(b *postgres.Batch, receipts, reports int, into *ids) {
	b.Queue(`SELECT array(SELECT nextval('receipts_receipt_id_seq') FROM generate_series(1, $1)), array(SELECT nextval('reports_report_id_seq') FROM generate_series(1, $2))`,
		receipts, reports).QueryRow(func(row pgx.Row) error { return row.Scan(&into.receipts, &into.reports) })
}

// receipt takes the next receipt's id.
func (i *ids) receipt() ReceiptID {
	id := i.receipts[0]
	i.receipts = i.receipts[1:]
	return id
}

// report takes the next report's id, fetching more when a mail that is read
// while it is written holds many.
func (i *ids) report(ctx context.Context, tx postgres.Tx) (ID, error) {
	if len(i.reports) == 0 {
		b := &postgres.Batch{}
		queueIDs(b, 0, groupItems, i)
		if err := send(ctx, tx, b, "take ids"); err != nil {
			return 0, err
		}
	}
	id := i.reports[0]
	i.reports = i.reports[1:]
	return id, nil
}

// send runs what is queued in one round trip.
func send(ctx context.Context, tx postgres.Tx, b *postgres.Batch, what string) error {
	if b.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func ensureMonth(ctx context.Context, tx postgres.Tx, day time.Time) error {
	_, err := tx.Exec(ctx, `SELECT ensure_month($1)`, day)
	return err
}

// findReports returns the stored reports that have one of the keys, and locks
// them.
func findReports(ctx context.Context, tx postgres.Tx, org org.ID, keys []digest) (stored, error) {
	return findBy(ctx, tx, `key_digest = ANY(@keys)`, postgres.NamedArgs{"org": org, "keys": digests(keys)})
}

// findBesides adds to what is found the reports of receipts that count beside
// one with one of the keys, and locks them too.
func findBesides(ctx context.Context, tx postgres.Tx, org org.ID, keys []digest, receipts []ReceiptID, into stored) error {
	found, err := findBy(ctx, tx, `base_key = ANY(@keys) AND receipt_id = ANY(@receipts)`,
		postgres.NamedArgs{"org": org, "keys": digests(keys), "receipts": receipts})
	maps.Copy(into, found)
	return err
}

func digests(keys []digest) [][]byte {
	list := make([][]byte, len(keys))
	for i := range keys {
		list[i] = keys[i][:]
	}
	return list
}

func findBy(ctx context.Context, tx postgres.Tx, condition string, args postgres.NamedArgs) (stored, error) {
	found := stored{}
	rows, err := tx.Query(ctx, `
		SELECT key_digest, coalesce(base_key, ''), report_id, receipt_id, domain_id, day, content_digest, trust, messages, aligned, records, begin_at, end_at
		FROM reports WHERE org_id = @org AND `+condition+` ORDER BY report_id FOR UPDATE`, args)
	if err != nil {
		return nil, fmt.Errorf("find reports: %w", err)
	}
	var key, base, content []byte
	var e existing
	v := &e.version
	_, err = pgx.ForEachRow(rows, []any{&key, &base, &e.id, &e.receipt, &e.domain, &e.day, &content, &e.trust, &v.Messages, &v.Passing, &v.Records, &v.Begin, &v.End}, func() error {
		e.base = digest{}
		copy(e.base[:], base)
		copy(e.content[:], content)
		found[digest(key)] = e
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find reports: %w", err)
	}
	return found, nil
}

// receiptItem is what became of one report in a mail.
type receiptItem struct {
	kind     Kind // "" = aggregate
	verdict  Verdict
	reason   Reason
	label    string
	domain   string
	reporter string // of what is refused; "" = not known
	report   ID     // of the stored report among those of its kind; 0 = none

	// Of what is held for the plan: the end of its range, and its key.
	end time.Time
	key []byte

	// Of one that is not counted because another one is.
	content []byte
	version *Version
}

// counts reports whether the report that the line names came with it.
func (i *receiptItem) counts() bool { return i.verdict.Stored() }

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
	// One look-up each, and planned anew each time: before its statistics are
	// known, or with a plan that was kept from when there were none, PostgreSQL
	// goes through all of the mailbox's receipts instead.
	rows, err := tx.Query(ctx, `
		SELECT r.receipt_id, i.mail_id FROM unnest(@ids::text[]) AS i (mail_id) CROSS JOIN LATERAL (
			SELECT receipt_id FROM receipts
			WHERE org_id = @org AND mailbox_id = @mailbox AND generation = @generation AND mail_id = i.mail_id LIMIT 1) AS r`,
		pgx.QueryExecModeCacheDescribe,
		postgres.NamedArgs{"org": org, "mailbox": items[0].mailbox, "generation": items[0].generation, "ids": ids})
	if err != nil {
		return fmt.Errorf("find receipts: %w", err)
	}
	var receipt ReceiptID
	var mail mailfetch.MailID
	_, err = pgx.ForEachRow(rows, []any{&receipt, &mail}, func() error {
		it := &items[places[mail]]
		it.receipt, it.again = receipt, true
		return nil
	})
	if err != nil {
		return fmt.Errorf("find receipts: %w", err)
	}
	return nil
}

// addReceipts writes the receipts of new items.
func addReceipts(b *postgres.Batch, org org.ID, items []item, results []result, now time.Time) {
	var ids, sizes []int64
	var sources, verdicts []string
	var mailboxes, uploads, people []*[16]byte
	var generations, mails, labels, reasons, methods, outcomes, authDomains []*string
	var digests [][]byte
	var firsts, alone []*int64
	var aloneAs []*string
	var mailAt []*time.Time
	for i, it := range items {
		if it.again {
			continue
		}
		var box *[16]byte
		var generation, mail *string
		if it.source == FromMailbox {
			box, generation, mail = new([16]byte(it.mailbox)), &it.generation, new(string(it.mail))
		}
		ids, sizes, sources = append(ids, int64(it.receipt)), append(sizes, it.size), append(sources, string(it.source))
		mailboxes, generations, mails = append(mailboxes, box), append(generations, generation), append(mails, mail)
		labels, mailAt = append(labels, null(it.label)), append(mailAt, nullTime(it.received))
		verdicts, reasons = append(verdicts, string(results[i].verdict)), append(reasons, null(string(reasonOf(results[i]))))
		method, outcome, domain := authenticated(it, results[i])
		methods, outcomes, authDomains = append(methods, method), append(outcomes, outcome), append(authDomains, domain)
		var visit, person *[16]byte
		if it.source == FromUpload {
			visit, person = new([16]byte(it.upload)), new([16]byte(it.person))
		}
		uploads, people = append(uploads, visit), append(people, person)
		var first *int64
		if results[i].first != 0 {
			first = new(int64(results[i].first))
		}
		digests, firsts = append(digests, it.digest), append(firsts, first)
		report, as := results[i].alone()
		alone, aloneAs = append(alone, report), append(aloneAs, as)
	}
	if len(ids) == 0 {
		return
	}
	b.Queue(`
		INSERT INTO receipts (org_id, receipt_id, source, mailbox_id, generation, mail_id, label, mail_at, received_at, size, verdict, reason,
		       auth_method, auth_result, auth_domain, upload_id, uploaded_by, digest, first_id, report_id, report_label)
		SELECT @org, id, s, box, g, m, l, at, @now, size, v, why, method, result, domain, upload, person, digest, first, alone, alone_as
		FROM unnest(@ids::bigint[], @sources::text[], @mailboxes::uuid[], @generations::text[], @mails::text[], @labels::text[], @mail_at::timestamptz[],
		       @sizes::bigint[], @verdicts::text[], @reasons::text[], @methods::text[], @results::text[], @domains::text[],
		       @uploads::uuid[], @people::uuid[], @digests::bytea[], @firsts::bigint[], @alone::bigint[], @alone_as::text[])
		     AS r (id, s, box, g, m, l, at, size, v, why, method, result, domain, upload, person, digest, first, alone, alone_as)`,
		postgres.NamedArgs{"org": org, "now": now, "ids": ids, "sources": sources, "mailboxes": sparse(mailboxes), "generations": sparse(generations),
			"mails": sparse(mails), "labels": sparse(labels), "mail_at": sparse(mailAt), "sizes": sizes, "verdicts": verdicts, "reasons": sparse(reasons),
			"methods": sparse(methods), "results": sparse(outcomes), "domains": sparse(authDomains), "uploads": sparse(uploads), "people": sparse(people),
			"digests": sparseBytes(digests), "firsts": sparse(firsts), "alone": sparse(alone), "alone_as": sparse(aloneAs)})
}

// sparse is a column of values to unnest beside others. When all are null none
// are sent, which comes to the same: most columns of most mails are.
func sparse[T any](values []*T) pgtype.FlatArray[*T] {
	if slices.ContainsFunc(values, func(v *T) bool { return v != nil }) {
		return values
	}
	return nil
}

// sparseBytes is sparse for values that are bytes.
func sparseBytes[T ~[]byte](values []T) pgtype.FlatArray[T] {
	if slices.ContainsFunc(values, func(v T) bool { return v != nil }) {
		return values
	}
	return nil
}

// authenticated is what a receipt says about its mail: nothing for one without
// a report, which is none of our business.
func authenticated(it item, r result) (method, outcome, domain *string) {
	if it.auth == nil || r.verdict == NoReport {
		return nil, nil, nil
	}
	return new(string(it.auth.Method)), new(string(it.auth.Result)), null(it.auth.Domain.String())
}

// reasonOf is the reason of the part that decided the verdict. Of a mail that
// is held for several it is the one for which it is kept longest.
func reasonOf(r result) Reason {
	if len(r.items) == 0 {
		return r.notice
	}
	decided := func(i receiptItem) bool { return i.verdict == r.verdict }
	n := slices.IndexFunc(r.items, func(i receiptItem) bool { return decided(i) && i.verdict == Held && i.reason.ForPlan() })
	if n < 0 {
		n = slices.IndexFunc(r.items, decided)
	}
	if n < 0 {
		return ""
	}
	return r.items[n].reason
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

// removeItems makes room for what another reading of the receipt found. The
// receipt comes first: who else reads it again waits there.
func removeItems(b *postgres.Batch, org org.ID, it item, r result) {
	method, outcome, domain := authenticated(it, r)
	alone, aloneAs := r.alone()
	b.Queue(`
		UPDATE receipts SET verdict = @verdict, reason = @reason, auth_method = @method, auth_result = @result, auth_domain = @domain,
		       report_id = @alone, report_label = @alone_as, digest = CASE WHEN @keep THEN coalesce(@digest, digest) END
		WHERE org_id = @org AND receipt_id = @receipt`,
		postgres.NamedArgs{"org": org, "receipt": r.receipt, "verdict": r.verdict, "reason": null(string(reasonOf(r))),
			"method": method, "result": outcome, "domain": domain, "digest": it.digest, "keep": r.keepsOriginal(), "alone": alone, "alone_as": aloneAs})
	b.Queue(`DELETE FROM receipt_items WHERE org_id = $1 AND receipt_id = $2`, org, r.receipt)
}

// alone returns the report of a mail that holds just this one, accepted as it
// came, and what it is called. The receipt says so itself, without a line.
func (r result) alone() (report *int64, label *string) {
	if len(r.items) != 1 {
		return nil, nil
	}
	i := r.items[0]
	if i.kind.aggregate() && i.verdict == Accepted && i.reason == "" {
		return new(int64(i.report)), &i.label
	}
	return nil, nil
}

// queueLine gives a report that its receipt names alone a line of its own, which
// can say more.
func queueLine(b *postgres.Batch, args postgres.NamedArgs) {
	const alone = ` WHERE org_id = @org AND receipt_id = @receipt AND report_id = @id`
	b.Queue(`
		INSERT INTO receipt_items (org_id, receipt_id, seq, kind, verdict, label, domain, report_id)
		SELECT org_id, receipt_id, seq, kind, verdict, label, domain, report_id FROM lone_reports`+alone+`
		ON CONFLICT DO NOTHING`, args) // an older program, that ran beside this one, may have written it
	b.Queue(`UPDATE receipts SET report_id = NULL, report_label = NULL`+alone, args)
}

// addItems writes what became of each report.
func addItems(b *postgres.Batch, org org.ID, results []result) {
	var receipts []int64
	var seqs []int16
	var kinds, verdicts, labels []string
	var reasons, domains, reporters []*string
	var reports []*int64
	var contents, keys [][]byte
	var versions []*Version
	var ends []*time.Time
	for _, r := range results {
		if alone, _ := r.alone(); alone != nil {
			continue
		}
		for n, ri := range r.items {
			receipts, seqs = append(receipts, int64(r.receipt)), append(seqs, int16(n+1))
			kinds = append(kinds, string(cmp.Or(ri.kind, AggregateReport)))
			verdicts, labels = append(verdicts, string(ri.verdict)), append(labels, ri.label)
			reasons, domains, reporters = append(reasons, null(string(ri.reason))), append(domains, null(ri.domain)), append(reporters, null(ri.reporter))
			var report *int64
			if ri.report != 0 {
				report = new(int64(ri.report))
			}
			reports, contents, versions = append(reports, report), append(contents, ri.content), append(versions, ri.version)
			ends, keys = append(ends, nullTime(ri.end)), append(keys, ri.key)
		}
	}
	if len(receipts) == 0 {
		return
	}
	b.Queue(`
		INSERT INTO receipt_items (org_id, receipt_id, seq, kind, verdict, reason, label, domain, reporter, report_id, content_digest, version, end_at, key_digest)
		SELECT @org, r, s, k, v, why, l, d, by, rep, content, version, end_at, key
		FROM unnest(@receipts::bigint[], @seqs::smallint[], @kinds::text[], @verdicts::text[], @reasons::text[], @labels::text[], @domains::text[], @reporters::text[], @reports::bigint[],
		     @contents::bytea[], @versions::jsonb[], @ends::timestamptz[], @keys::bytea[]) AS i (r, s, k, v, why, l, d, by, rep, content, version, end_at, key)`,
		postgres.NamedArgs{"org": org, "receipts": receipts, "seqs": seqs, "kinds": kinds, "verdicts": verdicts, "reasons": sparse(reasons),
			"labels": labels, "domains": sparse(domains), "reporters": sparse(reporters), "reports": sparse(reports), "contents": sparseBytes(contents),
			"versions": sparse(versions), "ends": sparse(ends), "keys": sparseBytes(keys)})
}
