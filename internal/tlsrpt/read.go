package tlsrpt

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/plaintext"
)

// Read reads one report from src. The error is a *finding.Refusal, or what src
// failed with. The report is returned beside a refusal as far as it was read.
func Read(src io.Reader, limits Limits) (*Report, error) {
	data, err := io.ReadAll(io.LimitReader(src, int64(limits.Bytes)+1))
	if err != nil {
		return &Report{}, err
	}
	if len(data) > limits.Bytes {
		return &Report{Size: len(data)}, refuse(RefusedTooLarge, "")
	}
	b := builder{limits: limits, report: &Report{Size: len(data)}}
	err = b.read(data)
	b.report.Repairs = b.repairs.List()
	return b.report, err
}

type builder struct {
	limits  Limits
	report  *Report
	repairs finding.Repairs
}

func (b *builder) read(data []byte) error {
	if rest, found := bytes.CutPrefix(data, []byte("\xef\xbb\xbf")); found {
		b.repairs.Add(RepairBOM, "")
		data = rest
	}
	data = bytes.TrimRight(data, "\x00 \t\r\n")
	if !utf8.Valid(data) {
		b.repairs.Add(RepairUTF8, "")
	}
	if err := check(data, b.limits); err != nil {
		return err
	}
	var w wireReport
	if err := json.Unmarshal(data, &w); err != nil {
		return refuse(RefusedMalformed, misfit(err))
	}
	if err := b.head(&w); err != nil {
		return err
	}
	if err := b.policies(&w.Policies); err != nil {
		return err
	}
	b.report.Digest = b.report.digest()
	return nil
}

// digest runs over the values, each ended by a NUL, which no value contains.
func (r *Report) digest() (sum [32]byte) {
	h := sha256.New()
	write := func(values ...string) {
		for _, v := range values {
			h.Write(append([]byte(v), 0))
		}
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	write(r.OrgName, r.ContactInfo, r.ReportID, number(r.Begin), number(r.End))
	for _, p := range r.Policies {
		write("policy", p.Type, p.DomainSent, number(p.Successful), number(p.Failed), "strings")
		write(p.Strings...)
		write("mx")
		write(p.MXHosts...)
		for _, f := range p.Failures {
			write("failure", f.ResultType, f.SendingMTAIP, f.ReceivingIP, f.ReceivingMXHostname, f.ReceivingMXHelo,
				number(f.Sessions), f.AdditionalInformation, f.ReasonCode)
		}
	}
	h.Sum(sum[:0])
	return sum
}

func (b *builder) head(w *wireReport) error {
	r := b.report
	r.OrgName, r.ContactInfo, r.ReportID = b.text(w.OrgName), b.text(w.ContactInfo), b.text(w.ReportID)
	if r.OrgName == "" {
		_, domain, found := strings.Cut(r.ContactInfo, "@")
		if !found {
			return refuse(RefusedNoReporter, "")
		}
		r.OrgName = strings.ToLower(domain)
		b.repairs.Add(RepairNoReporter, domain)
	}
	if r.ReportID == "" {
		return refuse(RefusedNoID, "")
	}
	begin, ok1 := b.date(b.text(w.DateRange.Start))
	end, ok2 := b.date(b.text(w.DateRange.End))
	if !ok1 || !ok2 {
		return refuse(RefusedPeriod, string(w.DateRange.Start)+" / "+string(w.DateRange.End))
	}
	if end < begin {
		return refuse(RefusedReverse, "")
	}
	if begin < time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).Unix() {
		b.repairs.Add(RepairBeforeStart, "")
	}
	r.Begin, r.End = begin, end
	return nil
}

// date reads RFC 3339, also without a zone (Microsoft, 2021) or with a space.
func (b *builder) date(s string) (int64, bool) {
	s = strings.Replace(s, " ", "T", 1)
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if !strings.Contains(layout, "Z") {
			b.repairs.Add(RepairNoZone, s)
		}
		return t.Unix(), t.Unix() >= 0
	}
	return 0, false
}

func (b *builder) policies(w *policies) error {
	if w.wrong != "" {
		return refuse(RefusedPolicies, w.wrong)
	}
	if len(w.list) == 0 {
		b.repairs.Add(RepairNoPolicies, "")
	}
	for i := range w.list {
		if err := b.policy(&w.list[i]); err != nil {
			return err
		}
	}
	return nil
}

func (b *builder) policy(w *wirePolicy) error {
	p := Policy{Type: b.text(w.Policy.Type), DomainSent: b.text(w.Policy.Domain),
		Strings: b.texts(w.Policy.Strings), MXHosts: b.texts(w.Policy.MXHost)}
	if len(p.MXHosts) == 0 && len(w.Policy.MXHostPattern) > 0 {
		p.MXHosts = b.texts(w.Policy.MXHostPattern)
		b.repairs.Add(RepairOtherKey, "mx-host-pattern")
	}
	switch p.Type {
	case "tlsa", "sts", "no-policy-found":
	default:
		b.repairs.Add(RepairPolicyType, p.Type)
	}
	if p.DomainSent == "" {
		b.repairs.Add(RepairNoDomain, "")
	} else if d, err := fqdn.Parse(p.DomainSent); err == nil {
		p.Domain = d
	} else {
		b.repairs.Add(RepairBadDomain, p.DomainSent)
	}
	var err error
	if p.Successful, err = b.count(w.Summary.Successful, RepairNoSummary); err != nil {
		return err
	}
	if p.Failed, err = b.count(w.Summary.Failed, RepairNoFailed); err != nil {
		return err
	}
	p.Failures = slices.Grow(p.Failures, len(w.Failures))
	for i := range w.Failures {
		f, err := b.failure(&w.Failures[i])
		if err != nil {
			return err
		}
		p.Failures = append(p.Failures, f)
	}
	b.report.Policies = append(b.report.Policies, p)
	return nil
}

func (b *builder) failure(w *wireFailure) (Failure, error) {
	n, err := b.count(w.Sessions, RepairNoFailed)
	if err != nil {
		return Failure{}, err
	}
	f := Failure{ResultType: b.text(w.ResultType), SendingMTAIP: b.text(w.SendingMTAIP), ReceivingIP: b.text(w.ReceivingIP),
		ReceivingMXHostname: b.text(w.ReceivingMXHostname), ReceivingMXHelo: b.text(w.ReceivingMXHelo), Sessions: n,
		AdditionalInformation: b.text(w.AdditionalInformation), ReasonCode: b.text(w.ReasonCode)}
	for _, other := range [...]text{w.AdditionalInfoURI, w.AdditionalInfo} {
		if f.AdditionalInformation == "" && other != "" {
			f.AdditionalInformation = b.text(other)
			b.repairs.Add(RepairOtherKey, "additional-info")
		}
	}
	return f, nil
}

// count reads a number of sessions: ASCII digits only, also as text.
func (b *builder) count(c count, missing finding.Code) (int64, error) {
	if c.digits == "" {
		b.repairs.Add(missing, "")
		return 0, nil
	}
	for i := range len(c.digits) {
		if c.digits[i] < '0' || c.digits[i] > '9' {
			return 0, refuse(RefusedCount, c.digits)
		}
	}
	n, err := strconv.ParseInt(c.digits, 10, 64)
	if err != nil || n > b.limits.Count {
		return 0, refuse(RefusedCount, c.digits)
	}
	if c.quoted {
		b.repairs.Add(RepairTextCount, c.digits)
	}
	return n, nil
}

func (b *builder) text(s text) string {
	clean := plaintext.String(string(s))
	if clean != string(s) { // hardly ever; a copy of every value would cost as much again
		if _, done := plaintext.Append(nil, []byte(s)); done&plaintext.Invisible != 0 {
			b.repairs.Add(RepairCleaned, clean)
		}
	}
	return clean
}

func (b *builder) texts(list texts) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, b.text(text(s)))
	}
	return out
}
