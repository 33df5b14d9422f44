package report

import (
	"context"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mimepart"
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

// privacy notes whether a mail holds reports, and other people's mail.
type privacy struct{ reports, private bool }

// mayKeep reports whether the bytes of a mail may be kept: not those of an
// ordinary mail or of one with a failure report, whatever happened to it.
func (s *Service) mayKeep(ctx context.Context, it item) bool {
	if it.content == nil {
		return false
	}
	var p privacy
	_, err := reading.NewReader(limits(), s.Now).Read(ctx, mimepart.Source{ReaderAt: it.content, Size: it.size, Name: it.label}, &p)
	return err == nil && p.reports && !p.private
}

func (p *privacy) note(r *reading.Report) {
	p.reports, p.private = true, p.private || r.Kind == reading.Failure
}

// Begin implements reading.Visitor.
func (p *privacy) Begin(r *reading.Report) error { p.note(r); return nil }

// Record implements reading.Visitor.
func (p *privacy) Record(*dmarcrpt.Record) error { return nil }

// End implements reading.Visitor.
func (p *privacy) End(*reading.Summary) error { return nil }

// Refused implements reading.Visitor.
func (p *privacy) Refused(r *reading.Report, _ *finding.Refusal) error { p.note(r); return nil }
