package report

import (
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
