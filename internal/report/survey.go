package report

import (
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/tlsrpt"
)

// survey notes which domains a mail reports on and keeps nothing else.
type survey struct {
	open  *dmarcrpt.Report
	tls   *tlsrpt.Report
	found []mailbox.Found
}

// Begin implements reading.Visitor.
func (v *survey) Begin(r *reading.Report) error {
	v.open, v.tls = r.Aggregate, r.TLS
	return nil
}

// Record implements reading.Visitor.
func (v *survey) Record(*dmarcrpt.Record) error { return nil }

// End implements reading.Visitor.
func (v *survey) End(s *reading.Summary) error {
	if v.open != nil {
		v.found = append(v.found, mailbox.Found{Name: v.open.Policy.Domain, Reports: 1, Messages: s.Messages})
	}
	if v.tls != nil && v.tls.Domain() != "" {
		v.found = append(v.found, mailbox.Found{Name: v.tls.Domain(), Reports: 1}) // of sessions, which are no messages
	}
	return nil
}

// Refused implements reading.Visitor.
func (v *survey) Refused(*reading.Report, *finding.Refusal) error { return nil }
