package dmarcrpt

import (
	"encoding/binary"
	"slices"
	"strings"

	"sendvery.com/sendvery/internal/fqdn"
)

// earlyRecord is a record that came before metadata or policy.
type earlyRecord struct {
	rec  Record
	hash string
}

// ready hands over the metadata as soon as both parts are complete, and then
// the records that were held back.
func (doc *document) ready() error {
	if !doc.meta.closedMetadata || !doc.meta.closedPolicy || doc.begun || doc.givenUp() {
		return nil
	}
	doc.refuse(doc.judge())
	if doc.givenUp() {
		return nil
	}
	doc.begun = true
	doc.hashReport()
	if err := handled(doc.h.Begin(doc.report)); err != nil {
		return err
	}
	for i := range doc.early {
		doc.d.hash.Write([]byte(doc.early[i].hash))
		if err := doc.deliver(&doc.early[i].rec); err != nil {
			return err
		}
	}
	doc.early = nil
	return nil
}

// hashReport begins the digest with the values of metadata and policy.
func (doc *document) hashReport() {
	r, p := doc.report, &doc.report.Policy
	b := make([]byte, 0, 512)
	for _, v := range [...]string{
		r.OrgName, r.Email, r.ExtraContactInfo, r.ReportID, r.Generator, p.Domain.String(),
		p.P, p.SP, p.NP, p.ADKIM, p.ASPF, p.Pct, p.FO, p.Testing, p.DiscoveryMethod,
	} {
		b = append(append(b, v...), 0)
	}
	for _, e := range r.Errors {
		b = append(append(b, e.Text...), 0)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(r.Begin))
	b = binary.BigEndian.AppendUint64(b, uint64(r.End))
	doc.d.hash.Write(b)
}

// recordEnd hands over the record that just ended, or skips it.
func (doc *document) recordEnd() error {
	if doc.givenUp() {
		return nil
	}
	doc.sum.Records++
	if doc.sum.Records > doc.d.limits.Records {
		return refuse(RefusedManyRecords, "")
	}
	rec, null := doc.rec.finish(doc.d.limits.Count)
	if doc.begun {
		doc.d.hash.Write(doc.rec.buf)
	}
	switch {
	case null:
		doc.sum.NullRecords++
		doc.repairs.Add(RepairNullRecord, "")
		return nil
	case rec == nil:
		doc.badRecord()
		return nil
	}
	rec.Seq = doc.sum.Records
	if doc.begun {
		return doc.deliver(rec)
	}
	doc.repairs.Add(RepairReorderedReport, "")
	doc.earlyN += len(doc.rec.buf)
	if len(doc.early) >= doc.d.limits.EarlyRecords || doc.earlyN > doc.d.limits.EarlyBytes {
		return refuse(RefusedEarlyRecords, "")
	}
	held := *rec
	held.DKIM, held.SPF, held.Reasons = slices.Clone(rec.DKIM), slices.Clone(rec.SPF), slices.Clone(rec.Reasons)
	doc.early = append(doc.early, earlyRecord{held, string(doc.rec.buf)})
	return nil
}

func (doc *document) badRecord() {
	doc.sum.BadRecords++
	doc.repairs.Add(RepairSkipped, string(doc.rec.bad))
	if len(doc.sum.Bad) < doc.d.limits.BadRecords {
		doc.sum.Bad = append(doc.sum.Bad, BadRecord{doc.sum.Records, doc.rec.bad, doc.rec.badDetail, doc.rec.lost()})
	}
}

// deliver adds a readable record to the sums and hands it over.
func (doc *document) deliver(rec *Record) error {
	aligned := rec.Aligned()
	if rec.Count > doc.d.limits.Messages-doc.sum.Messages {
		return refuse(RefusedSum, "")
	}
	doc.sum.Messages += rec.Count
	if aligned {
		doc.sum.Aligned += rec.Count
	}
	doc.unusual(rec, aligned)
	return handled(doc.h.Record(rec))
}

// unusual notes what is odd about a readable record.
func (doc *document) unusual(rec *Record, aligned bool) {
	if rec.Disposition == DispositionUnknown {
		doc.repairs.Add(RepairDisposition, rec.DispositionSent)
	}
	if rec.EvaluatedDKIM == "" || rec.EvaluatedSPF == "" {
		doc.repairs.Add(RepairNoResult, "")
	} else if !aligned || !passOrFail(rec.EvaluatedDKIM) || !passOrFail(rec.EvaluatedSPF) {
		for _, v := range [...]string{rec.EvaluatedDKIM, rec.EvaluatedSPF} {
			if !passOrFail(v) {
				doc.repairs.Add(RepairOddResult, v)
			}
		}
	}
	switch {
	case rec.HeaderFrom == "":
		rec.OutsideDomain = true
		doc.repairs.Add(RepairNoHeaderFrom, "")
	case !within(rec.HeaderFrom, doc.report.Policy.Domain):
		rec.OutsideDomain = true
		doc.repairs.Add(RepairOutsideDomain, rec.HeaderFrom)
	}
}

func passOrFail(v string) bool { return IsPass(v) || strings.EqualFold(v, "fail") }

// within compares as little as needed: nearly every header_from is the policy
// domain itself, letter for letter.
func within(headerFrom string, domain fqdn.Name) bool {
	if headerFrom == string(domain) {
		return true
	}
	name, err := fqdn.Parse(headerFrom)
	return err == nil && name.Within(domain)
}

// complete judges the document at its end tag.
func (doc *document) complete() {
	switch {
	case doc.begun:
	case !doc.meta.closedMetadata:
		doc.refuse(refuse(RefusedNoMetadata, ""))
	case !doc.meta.closedPolicy:
		doc.refuse(refuse(RefusedNoPolicy, ""))
	}
	if doc.sum.Records == 0 {
		doc.repairs.Add(RepairNoRecords, "")
	}
	if doc.sum.BadRecords > 0 && doc.sum.BadRecords == doc.sum.Records {
		doc.refuse(refuse(RefusedNoUsable, string(doc.sum.Bad[0].Code)))
	}
}

// end hands over the verdict on the document.
func (doc *document) end() error {
	if doc.refusal != nil {
		return handled(doc.h.Refused(doc.report, doc.refusal))
	}
	doc.sum.Extensions, doc.sum.MoreExtensions = doc.ext.list, doc.ext.more
	doc.sum.Repairs = slices.Clone(doc.repairs.List())
	doc.d.hash.Sum(doc.sum.Digest[:0])
	sum := doc.sum
	return handled(doc.h.End(&sum))
}
