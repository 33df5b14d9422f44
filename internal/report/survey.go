package report

import (
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/reading"
)

// survey notes which domains a mail reports on and keeps nothing else.
type survey struct {
	open  *dmarcrpt.Report
	found []mailbox.Found
}

// Begin implements reading.Visitor.
func (v *survey) Begin(r *reading.Report) error {
	v.open = r.Aggregate
	return nil
}

// Record implements reading.Visitor.
func (v *survey) Record(*dmarcrpt.Record) error { return nil }

// End implements reading.Visitor.
func (v *survey) End(s *reading.Summary) error {
	if v.open != nil {
		v.found = append(v.found, mailbox.Found{Name: v.open.Policy.Domain, Reports: 1, Messages: s.Messages})
	}
	return nil
}

// Refused implements reading.Visitor.
func (v *survey) Refused(*reading.Report, *finding.Refusal) error { return nil }
