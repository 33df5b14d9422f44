package reading

import (
	"context"
	"errors"
	"io"
	"time"

	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/tlsrpt"
)

// Reader reads mails and files. It keeps its buffers from one to the next; it
// is not safe for concurrent use.
type Reader struct {
	limits Limits
	walker *mimepart.Walker
	dmarc  *dmarcrpt.Reader
	now    func() time.Time
}

// NewReader makes a Reader. now tells reports from the future; it may be nil.
func NewReader(limits Limits, now func() time.Time) *Reader {
	limits = limits.withDefaults()
	return &Reader{
		limits: limits,
		walker: mimepart.NewWalker(limits.Mail()),
		dmarc:  dmarcrpt.NewReader(limits.Aggregate()),
		now:    now,
	}
}

// Read reads one mail or file and hands what it finds to v. Everything that is
// wrong with the content is told to v; an error is one of v, of ctx or of the
// source, and after it no report that had not ended is complete.
//
// An mbox file is several mails: split it with mimepart.Messages first.
func (r *Reader) Read(ctx context.Context, src mimepart.Source, v Visitor) (Outcome, error) {
	bounded := ctx
	if r.limits.Time > 0 {
		var cancel context.CancelFunc
		bounded, cancel = context.WithTimeout(ctx, r.limits.Time)
		defer cancel()
	}
	p := &pass{r: r, v: v, left: r.limits.TLS()}
	out, err := r.walker.Walk(bounded, src, p)
	p.out.Mail, p.out.Refused, p.out.Private = out.Mail, p.out.Refused+out.Refusals, out.Failure
	if errors.Is(err, context.DeadlineExceeded) && ctx.Err() == nil {
		return p.late(out)
	}
	if p.out.Noticed == nil {
		p.out.Noticed = out.Noticed
	}
	if p.out.Noticed == nil && p.out.NotReport() {
		p.out.Noticed = mimepart.NotReport()
	}
	return p.out, err
}

// pass is the reading of one source.
type pass struct {
	r      *Reader
	v      Visitor
	out    Outcome
	report Report        // the open one
	left   tlsrpt.Limits // for further TLS reports: those of a mail share their limits, also the refused ones
}

// Payload implements mimepart.Visitor.
func (p *pass) Payload(pay *mimepart.Payload) error {
	p.report = Report{Label: pay.Label, Mail: pay.Mail}
	switch pay.Kind {
	case mimepart.XML:
		p.report.Kind = Aggregate
		return p.aggregate(pay)
	case mimepart.JSON:
		p.report.Kind = TLS
		return p.tls(pay)
	case mimepart.Feedback:
		p.report.Kind = Failure
		return p.failure(pay)
	}
	return nil
}

// late ends a reading that ran out of time. An ordinary mail that did is still
// one.
func (p *pass) late(out mimepart.Outcome) (Outcome, error) {
	refusal := &finding.Refusal{Code: RefusedTime, Sentence: RefusalSentence(RefusedTime)}
	if !out.Evident && out.NotReport() {
		p.out.Noticed = refusal
		return p.out, nil
	}
	if out.Failure {
		p.report.Kind = Failure
	}
	return p.out, p.refuse(refusal)
}

// Refused implements mimepart.Visitor. The walk counts its own refusals.
func (p *pass) Refused(at mimepart.Spot, refusal *finding.Refusal) error {
	p.report = Report{Label: at.Label}
	if at.Failure {
		p.report.Kind = Failure
	}
	return p.v.Refused(&p.report, refusal)
}

func (p *pass) refuse(refusal *finding.Refusal) error {
	p.out.Refused++
	return p.v.Refused(&p.report, refusal)
}

func (p *pass) end(s *Summary) error {
	s.Kind = p.report.Kind
	if err := p.v.End(s); err != nil {
		return err
	}
	p.out.Accepted++
	return nil
}

func (p *pass) aggregate(pay *mimepart.Payload) error {
	opts := dmarcrpt.Options{Verify: func() error {
		again, err := pay.Reopen()
		if err == nil {
			_, err = io.Copy(io.Discard, again)
		}
		return err
	}}
	if p.r.now != nil {
		opts.Now = p.r.now().Unix()
	}
	return p.r.dmarc.Read(pay.Body, (*aggregates)(p), opts)
}

// aggregates is a pass as the handler of aggregate reports.
type aggregates pass

// Begin implements dmarcrpt.Handler.
func (a *aggregates) Begin(r *dmarcrpt.Report) error {
	a.report.Aggregate = r
	head := a.report
	return a.v.Begin(&head)
}

// Record implements dmarcrpt.Handler.
func (a *aggregates) Record(rec *dmarcrpt.Record) error { return a.v.Record(rec) }

// End implements dmarcrpt.Handler.
func (a *aggregates) End(s *dmarcrpt.Summary) error {
	return (*pass)(a).end(&Summary{
		Records: s.Records, BadRecords: s.BadRecords, Messages: s.Messages, Aligned: s.Aligned,
		Repairs: s.Repairs, Digest: s.Digest, Aggregate: s,
	})
}

// Refused implements dmarcrpt.Handler.
func (a *aggregates) Refused(r *dmarcrpt.Report, refusal *finding.Refusal) error {
	a.report.Aggregate = r
	return (*pass)(a).refuse(refusal)
}

func (p *pass) tls(pay *mimepart.Payload) error {
	report, err := tlsrpt.Read(pay.Body, p.left)
	p.report.TLS = report
	p.left = p.left.Without(report)
	if err != nil {
		return p.failed(err)
	}
	head := p.report
	if err := p.v.Begin(&head); err != nil {
		return err
	}
	all, successful := report.Sessions()
	return p.end(&Summary{Records: len(report.Policies), Messages: all, Aligned: successful,
		Repairs: report.Repairs, Digest: report.Digest})
}

func (p *pass) failure(pay *mimepart.Payload) error {
	var mail arf.Mail
	if pay.Mail != nil {
		mail = arf.Mail{From: pay.Mail.From, MessageID: pay.Mail.MessageID, Date: pay.Mail.Date}
	}
	report, err := arf.Read(pay.Body, pay.Sample, mail, p.r.limits.Failure())
	p.report.Failure = report
	if refusal, ok := errors.AsType[*finding.Refusal](err); ok && refusal.Code == arf.RefusedOtherType {
		// A complaint about spam and the like is ordinary mail to us.
		p.out.Noticed = refusal
		return nil
	}
	if err != nil {
		return p.failed(err)
	}
	head := p.report
	if err := p.v.Begin(&head); err != nil {
		return err
	}
	return p.end(&Summary{Records: 1, Messages: report.Incidents, Repairs: report.Repairs})
}

func (p *pass) failed(err error) error {
	if refusal, ok := errors.AsType[*finding.Refusal](err); ok {
		return p.refuse(refusal)
	}
	return err
}
