package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// The days of what TLS reports tell.
const (
	tlsFirstDay    = 60 // the record that asks for them is published
	stsEnforceDay  = 75 // example.org goes from mode: testing to enforce
	certExpiredDay = 81
	certRenewedDay = 84
)

// tlsReporter is a mail service that sends TLS reports.
type tlsReporter struct {
	org, contact, submitter string
	domains                 []string
	sessions                int // a day, about
	zoneless                bool
	sender                  string
}

var tlsReporters = [...]tlsReporter{
	{org: "Google Inc.", contact: "smtp-tls-reporting@google.com", submitter: "google.com", domains: []string{busy, medium}, sessions: 320, sender: "192.0.2.201"},
	{org: "Microsoft Corporation", contact: "tlsrpt-noreply@microsoft.com", submitter: "microsoft.com", domains: []string{busy}, sessions: 110, zoneless: true},
}

// The document (RFC 8460 section 4.4).
type (
	tlsDocument struct {
		Org      string     `json:"organization-name"`
		Range    tlsRange   `json:"date-range"`
		Contact  string     `json:"contact-info"`
		ID       string     `json:"report-id"`
		Policies []tlsEntry `json:"policies"`
	}
	tlsRange struct {
		Start string `json:"start-datetime"`
		End   string `json:"end-datetime"`
	}
	tlsEntry struct {
		Policy   tlsPolicy    `json:"policy"`
		Summary  tlsSummary   `json:"summary"`
		Failures []tlsFailure `json:"failure-details,omitempty"`
	}
	tlsPolicy struct {
		Type   string   `json:"policy-type"`
		Lines  []string `json:"policy-string,omitempty"`
		Domain string   `json:"policy-domain"`
		Hosts  []string `json:"mx-host,omitempty"`
	}
	tlsSummary struct {
		Successful int `json:"total-successful-session-count"`
		Failed     int `json:"total-failure-session-count"`
	}
	tlsFailure struct {
		Result   string `json:"result-type"`
		Sender   string `json:"sending-mta-ip,omitempty"`
		Host     string `json:"receiving-mx-hostname,omitempty"`
		Receiver string `json:"receiving-ip,omitempty"`
		Sessions int    `json:"failed-session-count"`
	}
)

// tellTLS adds the TLS reports about one day.
func (t *teller) tellTLS(d day) {
	if d.index < tlsFirstDay {
		return
	}
	for i, r := range tlsReporters {
		for j, domain := range r.domains {
			chance := t.chance(11, uint64(d.index), uint64(i), uint64(j))
			total := r.sessions/(1+3*j) + chance.IntN(40)
			entry := tlsEntry{Policy: mtaSTS(domain, d), Failures: r.failures(domain, d, total)}
			for _, f := range entry.Failures {
				entry.Summary.Failed += f.Sessions
			}
			entry.Summary.Successful = total - entry.Summary.Failed
			at := d.date.AddDate(0, 0, 1).Add(4*time.Hour + time.Duration(chance.IntN(90))*time.Minute)
			t.put(t.pack.tlsMail(r, domain, at, r.document(domain, d, entry)), at, TLS, "")
			sum := t.manifest.TLS[domain]
			sum.Reports, sum.Successful, sum.Failed = sum.Reports+1, sum.Successful+entry.Summary.Successful, sum.Failed+entry.Summary.Failed
			t.manifest.TLS[domain] = sum
		}
	}
}

// mtaSTS is what the domain publishes on a day.
func mtaSTS(domain string, d day) tlsPolicy {
	if domain != busy {
		return tlsPolicy{Type: "no-policy-found", Domain: domain}
	}
	mode := "mode: testing"
	if d.index >= stsEnforceDay {
		mode = "mode: enforce"
	}
	host := "*." + domain
	return tlsPolicy{Type: "sts", Lines: []string{"version: STSv1", mode, "mx: " + host, "max_age: 604800"}, Domain: domain, Hosts: []string{host}}
}

// failures are what went wrong of a day's sessions.
func (r tlsReporter) failures(domain string, d day, total int) []tlsFailure {
	var out []tlsFailure
	if domain == busy && d.index >= certExpiredDay && d.index < certRenewedDay {
		out = append(out, tlsFailure{Result: "certificate-expired", Sender: r.sender, Host: "mx2." + busy, Receiver: "192.0.2.66", Sessions: total / 3})
	}
	if domain == busy && d.index%6 == 2 && r.sender == "" {
		out = append(out, tlsFailure{Result: "sts-policy-fetch-error", Sessions: 2})
	}
	return out
}

func (r tlsReporter) document(domain string, d day, entry tlsEntry) []byte {
	layout := time.RFC3339
	if r.zoneless {
		layout = "2006-01-02T15:04:05"
	}
	doc, err := json.Marshal(tlsDocument{
		Org: r.org, Contact: r.contact, ID: d.date.Format(time.RFC3339) + "_" + domain,
		Range:    tlsRange{Start: d.date.Format(layout), End: d.date.Add(24*time.Hour - time.Second).Format(layout)},
		Policies: []tlsEntry{entry},
	})
	if err != nil {
		panic("demo: " + err.Error()) // strings and numbers only
	}
	return doc
}

// tlsMail wraps a TLS report (RFC 8460 section 5.3).
func (p *packer) tlsMail(r tlsReporter, domain string, at time.Time, doc []byte) []byte {
	buf := &bytes.Buffer{}
	fmt.Fprintf(buf, "From: %s\r\nTo: dmarc@example.org\r\nSubject: Report Domain: %s Submitter: %s Report-ID: <%d@%s>\r\n", r.contact, domain, r.submitter, at.Unix(), r.submitter)
	fmt.Fprintf(buf, "Date: %s\r\nMessage-ID: <%d.%s@%s>\r\nTLS-Report-Domain: %s\r\nTLS-Report-Submitter: %s\r\nMIME-Version: 1.0\r\n",
		at.Format(time.RFC1123Z), at.Unix(), domain, r.submitter, domain, r.submitter)
	fmt.Fprintf(buf, "Content-Type: multipart/report; report-type=\"tlsrpt\"; boundary=\"%s\"\r\n\r\n", boundary)
	fmt.Fprintf(buf, "--%s\r\nContent-Type: text/plain\r\n\r\nThis is an aggregate TLS report from %s.\r\n\r\n--%s\r\n", boundary, r.submitter, boundary)
	attach(buf, "application/tlsrpt+gzip", fmt.Sprintf("%s!%s!%d.json.gz", r.submitter, domain, at.Unix()), p.gzip(doc))
	fmt.Fprintf(buf, "--%s--\r\n", boundary)
	return sign(r.submitter, buf.Bytes())
}
