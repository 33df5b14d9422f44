package report

import (
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func queueArrival(b *postgres.Batch, org org.ID, kind Kind, id ID, receipt ReceiptID, into *Arrival) {
	scan(b, "arrival of a report", `
		SELECT (SELECT count(*) FROM receipt_items i WHERE i.org_id = @org AND i.kind = @kind AND i.report_id = @id AND i.verdict = 'conflict'),
		       EXISTS (SELECT FROM originals o WHERE o.org_id = @org AND o.receipt_id = @receipt)`,
		postgres.NamedArgs{"org": org, "kind": kind, "id": id, "receipt": receipt}, &into.Conflicts, &into.Original)
}
