package report

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// decidedBefore returns why a copy of a report that is not counted was
// replaced; "" when there is none that was.
func decidedBefore(ctx context.Context, tx postgres.Tx, org org.ID, ri *receiptItem) (reason Reason, err error) {
	err = tx.QueryRow(ctx, `
		SELECT reason FROM receipt_items
		WHERE org_id = @org AND kind = @kind AND report_id = @report AND verdict = 'replaced' AND content_digest = @content LIMIT 1`,
		postgres.NamedArgs{"org": org, "kind": cmp.Or(ri.kind, AggregateReport), "report": ri.report, "content": ri.content}).Scan(&reason)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return "", fmt.Errorf("find decision: %w", err)
	}
	return reason, nil
}

// vouchFormer notes that somebody vouches for the replaced report that a line
// is a copy of.
func vouchFormer(ctx context.Context, tx postgres.Tx, org org.ID, ri *receiptItem) error {
	_, err := tx.Exec(ctx, `
		UPDATE replaced_reports x SET trust = @trust FROM receipt_items i
		WHERE x.org_id = @org AND x.kind = @kind AND x.instead_id = @report AND i.org_id = @org AND i.receipt_id = x.receipt_id AND i.seq = x.seq
		      AND i.content_digest = @content`,
		postgres.NamedArgs{"org": org, "kind": cmp.Or(ri.kind, AggregateReport), "report": ri.report, "content": ri.content, "trust": Vouched})
	if err != nil {
		return fmt.Errorf("vouch for replaced report: %w", err)
	}
	return nil
}

// besideSQL chooses lines i of reports that are stored out of another mail, or
// not counted: only these are found by their report. The others are lines of the
// receipt that the report names.
const besideSQL = `i.verdict NOT IN ('accepted', 'repaired')`

// replaceItems notes that one report counts instead of another: on the lines
// that name the other one, on their receipts, and for whoever comes to its
// address. A choice can be taken back as long as the other one can be read.
func replaceItems(ctx context.Context, tx postgres.Tx, org org.ID, kind Kind, old, now existing, d decision) error {
	args := postgres.NamedArgs{"org": org, "kind": kind, "old": old.id, "now": now.id, "verdict": d.verdict, "reason": null(string(d.reason)),
		"content": old.content[:], "version": old.version, "receipt": old.receipt, "trust": old.trust,
		"chosen": d.over != 0 && d.undoes == 0, "undoes": d.undoes}
	b := &postgres.Batch{}
	b.Queue(`UPDATE replaced_reports SET receipt_id = NULL WHERE org_id = @org AND turn = @undoes`, args)
	b.Queue(`UPDATE replaced_reports SET instead_id = @now WHERE org_id = @org AND kind = @kind AND instead_id = @old`, args)
	b.Queue(`
		INSERT INTO replaced_reports (org_id, kind, report_id, instead_id, trust, receipt_id, seq)
		SELECT @org, @kind, @old, @now, @trust, CASE WHEN @chosen THEN @receipt::bigint END, (
			SELECT min(seq) FROM receipt_items WHERE org_id = @org AND receipt_id = @receipt AND kind = @kind AND report_id = @old
			AND verdict IN ('accepted', 'repaired'))`, args)
	queueAdoption(b, org, kind, old.id, now)
	b.Queue(`
		UPDATE receipt_items i SET report_id = @now,
		       verdict = CASE WHEN verdict IN ('conflict', 'replaced') THEN verdict ELSE @verdict END,
		       reason = CASE WHEN verdict IN ('conflict', 'replaced') THEN reason ELSE @reason END,
		       content_digest = CASE WHEN verdict IN ('conflict', 'replaced') THEN content_digest WHEN @verdict <> 'known' THEN @content::bytea END,
		       version = CASE WHEN verdict IN ('conflict', 'replaced') THEN version WHEN @verdict <> 'known' THEN @version::jsonb END
		WHERE i.org_id = @org AND i.kind = @kind AND i.report_id = @old AND (`+besideSQL+` OR i.receipt_id = @receipt)`, args)
	queueVerdictsOf(b, org, kind, now.id)
	return send(ctx, tx, b, "replace report")
}

// adoptItems notes that a report counts beside another one.
func adoptItems(ctx context.Context, tx postgres.Tx, org org.ID, kind Kind, old ID, now existing) error {
	b := &postgres.Batch{}
	queueAdoption(b, org, kind, old, now)
	queueVerdictsOf(b, org, kind, now.id)
	return send(ctx, tx, b, "count report")
}

// queueAdoption makes copies of a report that counts now known.
func queueAdoption(b *postgres.Batch, org org.ID, kind Kind, old ID, now existing) {
	b.Queue(`
		UPDATE receipt_items SET verdict = 'known', reason = NULL, report_id = @now, content_digest = NULL, version = NULL
		WHERE org_id = @org AND kind = @kind AND report_id = @old AND verdict IN ('conflict', 'replaced') AND content_digest = @content`,
		postgres.NamedArgs{"org": org, "kind": kind, "old": old, "now": now.id, "content": now.content[:]})
}

// queueVerdictsOf gives receipts with a line about a report of another mail the
// verdict of their lines, as verdictOf and reasonOf do.
func queueVerdictsOf(b *postgres.Batch, org org.ID, kind Kind, id ID) {
	b.Queue(`
		UPDATE receipts r SET verdict = l.verdict, reason = l.reason FROM (
			SELECT DISTINCT ON (i.receipt_id) i.receipt_id, i.verdict, i.reason FROM receipt_items i
			WHERE i.org_id = @org AND i.receipt_id IN (SELECT i.receipt_id FROM receipt_items i WHERE i.org_id = @org AND i.kind = @kind AND i.report_id = @id AND `+besideSQL+`)
			ORDER BY i.receipt_id, array_position(@verdicts::text[], i.verdict), i.seq) AS l
		WHERE r.org_id = @org AND r.receipt_id = l.receipt_id`,
		postgres.NamedArgs{"org": org, "kind": kind, "id": id, "verdicts": Verdicts[:]})
}

// findBeside returns a report that counts beside another one, and locks it,
// with the id of that one; zero when it counts alone.
func findBeside(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (e existing, counted ID, err error) {
	var content []byte
	v := &e.version
	err = tx.QueryRow(ctx, `
		SELECT r.report_id, r.receipt_id, r.domain_id, r.day, r.content_digest, r.trust, r.messages, r.aligned, r.records, r.begin_at, r.end_at, o.report_id
		FROM reports r JOIN reports o ON o.org_id = r.org_id AND o.key_digest = r.base_key
		WHERE r.org_id = $1 AND r.report_id = $2 FOR UPDATE`, org, id).
		Scan(&e.id, &e.receipt, &e.domain, &e.day, &content, &e.trust, &v.Messages, &v.Passing, &v.Records, &v.Begin, &v.End, &counted)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return e, 0, fmt.Errorf("find report: %w", err)
	}
	copy(e.content[:], content)
	return e, counted, nil
}

// countedSQL is the report that a line i names.
const countedSQL = `
	SELECT p.receipt_id, p.base_key, p.messages, p.aligned, p.records, p.begin_at, p.end_at
	FROM reports p WHERE i.kind = 'aggregate' AND p.org_id = i.org_id AND p.report_id = i.report_id
	UNION ALL
	SELECT t.receipt_id, t.base_key, s.sessions, s.successful, s.policies, t.begin_at, t.end_at
	FROM tls_reports t CROSS JOIN LATERAL (
		SELECT least(sum(successful + failed), 4000000000000000000)::bigint AS sessions, least(sum(successful), 4000000000000000000)::bigint AS successful,
		       count(*) AS policies FROM tls_policies l WHERE l.org_id = t.org_id AND l.tls_report_id = t.tls_report_id) s
	WHERE i.kind = 'tls' AND t.org_id = i.org_id AND t.tls_report_id = i.report_id`

func queueItems(b *postgres.Batch, org org.ID, id ReceiptID, into *[]Item) {
	collect(b, into, "receipt items", `
		SELECT i.kind, i.verdict, i.reason, i.label, i.domain, i.report_id, coalesce(p.repairs, t.repairs) AS repairs, i.version, c.receipt_id AS counted_receipt,
		       CASE WHEN c.receipt_id IS NOT NULL THEN jsonb_build_object('Messages', c.messages, 'Passing', c.aligned, 'Records', c.records, 'Begin', c.begin_at, 'End', c.end_at) END AS counted,
		       c.base_key IS NOT NULL AND i.verdict IN ('accepted', 'repaired') AS beside,
		       x.receipt_id AS former_receipt, x.seq AS former_seq, x.trust AS former_trust, x.turn AS former_turn
		FROM receipt_lines i
		LEFT JOIN reports p ON i.kind = 'aggregate' AND i.verdict = 'repaired' AND p.org_id = i.org_id AND p.report_id = i.report_id
		LEFT JOIN tls_reports t ON i.kind = 'tls' AND i.verdict = 'repaired' AND t.org_id = i.org_id AND t.tls_report_id = i.report_id
		LEFT JOIN LATERAL (`+countedSQL+`) c ON true
		LEFT JOIN LATERAL (`+chosenSQL+`) x ON i.verdict IN ('accepted', 'repaired')
		WHERE i.org_id = @org AND i.receipt_id = @id ORDER BY i.seq`, postgres.NamedArgs{"org": org, "id": id})
}

// chosenSQL is what the report of a line i took the place of by choice, and
// can give it back to.
const chosenSQL = `
	SELECT x.receipt_id, x.seq, x.trust, x.turn FROM replaced_reports x
	WHERE x.org_id = i.org_id AND x.kind = i.kind AND x.instead_id = i.report_id AND x.seq IS NOT NULL
	AND EXISTS (SELECT FROM originals o WHERE o.org_id = x.org_id AND o.receipt_id = x.receipt_id AND NOT o.damaged)
	ORDER BY x.turn DESC LIMIT 1`

func queueSuccessor(b *postgres.Batch, org org.ID, kind Kind, gone ID, into *ID) {
	scan(b, "successor", `SELECT instead_id FROM replaced_reports WHERE org_id = @org AND kind = @kind AND report_id = @id`,
		postgres.NamedArgs{"org": org, "kind": kind, "id": gone}, into)
}

func queueContest(b *postgres.Batch, org org.ID, kind Kind, id ID, into *Contest) {
	args := postgres.NamedArgs{"org": org, "kind": kind, "id": id}
	scan(b, "other versions of a report", `
		SELECT coalesce(max(receipt_id) FILTER (WHERE verdict = 'conflict'), 0), coalesce(max(receipt_id) FILTER (WHERE verdict = 'replaced'), 0)
		FROM receipt_items WHERE org_id = @org AND kind = @kind AND report_id = @id AND verdict IN ('conflict', 'replaced')`, args, &into.Open, &into.Closed)
	scan(b, "choice about a report", `
		SELECT i.receipt_id, i.seq - 1, coalesce((SELECT o.receipt_id FROM (
			SELECT receipt_id, key_digest FROM reports WHERE org_id = @org AND @kind = 'aggregate' UNION ALL
			SELECT receipt_id, key_digest FROM tls_reports WHERE org_id = @org AND @kind = 'tls') o WHERE o.key_digest = c.base_key), 0)
		FROM receipt_lines i CROSS JOIN LATERAL (`+countedSQL+`) c
		WHERE i.org_id = @org AND i.kind = @kind AND i.report_id = @id AND i.receipt_id = (
			SELECT receipt_id FROM reports WHERE org_id = @org AND @kind = 'aggregate' AND report_id = @id UNION ALL
			SELECT receipt_id FROM tls_reports WHERE org_id = @org AND @kind = 'tls' AND tls_report_id = @id) AND i.verdict IN ('accepted', 'repaired')
		AND (c.base_key IS NOT NULL OR EXISTS (`+chosenSQL+`))`, args, &into.Receipt, &into.Part, &into.Beside)
}
