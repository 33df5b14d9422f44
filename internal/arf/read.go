package arf

import (
	"io"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/plaintext"
)

// Limits bounds a block of fields: those of the report, and those of the
// sample. RFC 5965 gives none. A zero field allows nothing; package reading has
// the defaults.
type Limits struct{ Bytes, Fields int }

// Read reads the fields of the feedback part and of the sample's header
// (nil when there is none). The error is a *finding.Refusal, or what a source
// failed with. The report is returned beside a refusal as far as it was read.
func Read(feedback, sample io.Reader, mail Mail, limits Limits) (*Report, error) {
	r := &Report{ReporterDomain: addressDomain(mail.From), ReportID: messageID(mail.MessageID), Incidents: 1}
	fields, done, err := readFields(feedback, limits)
	if err != nil {
		return r, err
	}
	if sample != nil {
		// A sample that is cut or odd takes nothing from the report itself.
		if s, _, err := readFields(sample, limits); err == nil {
			r.Sample = sampleOf(s)
		}
	}
	var repairs finding.Repairs
	if done&plaintext.Invalid != 0 {
		repairs.Add(RepairUTF8, "")
	}
	if done&plaintext.Invisible != 0 {
		repairs.Add(RepairCleaned, "")
	}
	err = r.fill(fields, mail, &repairs)
	r.Repairs = repairs.List()
	return r, err
}

func (r *Report) fill(f fields, mail Mail, repairs *finding.Repairs) error {
	r.FeedbackType = strings.ToLower(f.first("feedback-type"))
	switch r.FeedbackType {
	case "auth-failure":
	case "dkim":
		repairs.Add(RepairLegacyType, r.FeedbackType)
	case "":
		return refuse(RefusedNoType, "")
	default:
		return refuse(RefusedOtherType, redact(r.FeedbackType))
	}
	r.UserAgent = redact(f.first("user-agent"))
	r.AuthFailure = strings.ToLower(redact(f.first("auth-failure")))
	if r.AuthFailure == "" {
		repairs.Add(RepairNoAuthFailure, "")
	}
	if r.IdentityAlignment = redact(f.first("identity-alignment")); r.IdentityAlignment == "" {
		repairs.Add(RepairNoAlignment, "")
	}
	r.MailFromDomain = string(addressDomain(f.first("original-mail-from")))
	for _, to := range f.all("original-rcpt-to") {
		r.RcptToDomains = append(r.RcptToDomains, string(addressDomain(to)))
	}
	for _, v := range f.all("authentication-results") {
		r.AuthenticationResults = append(r.AuthenticationResults, redact(v))
	}
	for _, v := range f.all("spf-dns") {
		r.SPFDNS = append(r.SPFDNS, redact(v))
	}
	r.DKIMDomain, r.DKIMSelector = domainOnly(f.first("dkim-domain")), selectorOnly(f.first("dkim-selector"))
	r.delivery(f, repairs)
	r.source(f, repairs)
	if err := r.arrival(f, mail, repairs); err != nil {
		return err
	}
	if err := r.incidents(f); err != nil {
		return err
	}
	return r.domain(f, repairs)
}

func (r *Report) delivery(f fields, repairs *finding.Repairs) {
	r.DeliveryResult = redact(f.first("delivery-result"))
	switch strings.ToLower(r.DeliveryResult) {
	case "", "delivered", "spam", "policy", "reject", "other":
	default:
		repairs.Add(RepairDelivery, r.DeliveryResult)
	}
}

func (r *Report) source(f fields, repairs *finding.Repairs) {
	sent := f.first("source-ip")
	word, _, comment := strings.Cut(sent, " ")
	if comment {
		repairs.Add(RepairSourceComment, "")
	}
	ip, err := netip.ParseAddr(strings.Trim(word, "[]"))
	if err != nil || ip.Zone() != "" {
		repairs.Add(RepairNoSource, redact(sent))
		return
	}
	r.SourceIP = ip.Unmap()
}

// arrival takes Arrival-Date or its historic name; both together are malformed
// (RFC 5965 section 3.2) and accepted only when they say the same.
func (r *Report) arrival(f fields, mail Mail, repairs *finding.Repairs) error {
	arrival, ok := date(f.first("arrival-date"))
	received, okOld := date(f.first("received-date"))
	switch {
	case ok && okOld && arrival != received:
		return refuse(RefusedTwoDates, "")
	case ok:
		r.ArrivedAt = arrival
	case okOld:
		r.ArrivedAt = received
	default:
		repairs.Add(RepairNoArrival, "")
		r.ArrivedAt, _ = date(mail.Date)
	}
	return nil
}

func (r *Report) incidents(f fields) error {
	sent := f.first("incidents")
	if sent == "" {
		return nil
	}
	n, err := strconv.ParseUint(sent, 10, 32)
	if err != nil {
		return refuse(RefusedIncidents, redact(sent))
	}
	r.Incidents = int64(n)
	return nil
}

func (r *Report) domain(f fields, repairs *finding.Repairs) error {
	for _, sent := range f.all("reported-domain") {
		if d, err := fqdn.Parse(sent); err == nil {
			r.Domain = d
			return nil
		}
	}
	if r.Domain = r.Sample.FromDomain; r.Domain == "" {
		return refuse(RefusedNoDomain, "")
	}
	repairs.Add(RepairDomain, "")
	return nil
}

func sampleOf(f fields) Sample {
	s := Sample{FromDomain: addressDomain(f.first("from")), MessageIDDomain: addressDomain(f.first("message-id")).String()}
	if at, ok := date(f.first("date")); ok {
		s.Date = time.Unix(at, 0).UTC().Format(time.RFC3339)
	}
	for _, sig := range f.all("dkim-signature") {
		for tag := range strings.SplitSeq(sig, ";") {
			d, found := strings.CutPrefix(strings.TrimSpace(tag), "d=")
			if d = domainOnly(d); found && d != "" && len(s.DKIMDomains) < 20 {
				s.DKIMDomains = append(s.DKIMDomains, d)
			}
		}
	}
	return s
}

func messageID(sent string) string {
	return strings.Trim(plaintext.String(sent), "<> ")
}
