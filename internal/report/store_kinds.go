package report

import (
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func queueArrival(b *postgres.Batch, org org.ID, receipt ReceiptID, into *Arrival, method, outcome, domain **string) {
	scan(b, "arrival of a report", `
		SELECT EXISTS (SELECT FROM originals o WHERE o.org_id = @org AND o.receipt_id = @receipt AND NOT o.damaged),
		       r.source, r.auth_method, r.auth_result, r.auth_domain
		FROM receipts r WHERE r.org_id = @org AND r.receipt_id = @receipt`,
		postgres.NamedArgs{"org": org, "receipt": receipt},
		&into.Original, &into.Source, method, outcome, domain)
}
