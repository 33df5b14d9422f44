package report

import (
	"context"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func queueArrival(b *postgres.Batch, org org.ID, kind Kind, id ID, receipt ReceiptID, into *Arrival, method, outcome, domain **string) {
	scan(b, "arrival of a report", `
		SELECT (SELECT count(*) FROM receipt_items i WHERE i.org_id = @org AND i.kind = @kind AND i.report_id = @id AND i.verdict = 'conflict'),
		       EXISTS (SELECT FROM originals o WHERE o.org_id = @org AND o.receipt_id = @receipt),
		       r.source, r.auth_method, r.auth_result, r.auth_domain
		FROM receipts r WHERE r.org_id = @org AND r.receipt_id = @receipt`,
		postgres.NamedArgs{"org": org, "kind": kind, "id": id, "receipt": receipt},
		&into.Conflicts, &into.Original, &into.Source, method, outcome, domain)
}

// markOvertaken notes on the receipts of a TLS report that another one counts
// instead; see removeReport.
func markOvertaken(ctx context.Context, tx postgres.Tx, org org.ID, old, instead ID) error {
	args := postgres.NamedArgs{"org": org, "id": old, "instead": instead, "reason": ReasonOvertaken}
	b := &postgres.Batch{}
	b.Queue(`
		UPDATE receipts SET verdict = 'conflict', reason = @reason
		WHERE org_id = @org AND verdict IN ('accepted', 'repaired', 'known')
		      AND receipt_id IN (SELECT receipt_id FROM receipt_items WHERE org_id = @org AND kind = 'tls' AND report_id = @id)`, args)
	b.Queue(`
		UPDATE receipt_items SET verdict = 'conflict', reason = @reason, report_id = @instead
		WHERE org_id = @org AND kind = 'tls' AND report_id = @id`, args)
	return send(ctx, tx, b, "overtake TLS report")
}
