// Package tlsrpt reads SMTP TLS reports (RFC 8460) as reporters really write
// them: bounded, with what was unusual noted.
package tlsrpt

import (
	"time"

	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
)

// Report is one TLS report. Strings are as sent, cleaned of invisible
// characters; empty means absent.
type Report struct {
	OrgName     string
	ContactInfo string
	ReportID    string
	Begin, End  int64 // seconds since 1970 in UTC
	Policies    []Policy
	Repairs     []finding.Repair
	Digest      [32]byte // SHA-256 over the values; the same for every copy of a report
	Size        int      // bytes that were read, which bound what the values take
}

// Policy is one entry of policies: what was found for a domain, and how it went.
type Policy struct {
	Type       string // tlsa, sts, no-policy-found, or as sent
	Strings    []string
	Domain     fqdn.Name // empty when absent or no domain name
	DomainSent string
	MXHosts    []string
	Successful int64 // sessions
	Failed     int64 // sessions; failure details may overlap, so this is not their sum
	Failures   []Failure
}

// Failure is one failure-details entry.
type Failure struct {
	ResultType            string // as sent: the registry is open
	SendingMTAIP          string
	ReceivingIP           string
	ReceivingMXHostname   string
	ReceivingMXHelo       string
	Sessions              int64
	AdditionalInformation string
	ReasonCode            string
}

// Domain returns the domain of the first policy that names one.
func (r *Report) Domain() fqdn.Name {
	for i := range r.Policies {
		if d := r.Policies[i].Domain; d != "" {
			return d
		}
	}
	return ""
}

// Details returns how many failure details all policies have.
func (r *Report) Details() (n int) {
	for i := range r.Policies {
		n += len(r.Policies[i].Failures)
	}
	return n
}

// Sessions returns the sums over all policies: all sessions, and those that
// succeeded.
func (r *Report) Sessions() (all, successful int64) {
	for i := range r.Policies {
		all += r.Policies[i].Successful + r.Policies[i].Failed
		successful += r.Policies[i].Successful
	}
	return all, successful
}

// ReportedDay returns the UTC date, at midnight, on which the sessions of the
// report are counted: that of the middle of the period. A middle at exact
// midnight belongs to the day that begins then.
func (r *Report) ReportedDay() time.Time {
	return time.Unix(r.Begin+(r.End-r.Begin)/2, 0).UTC().Truncate(24 * time.Hour)
}

// Limits bounds the reading of one report. A zero field allows nothing;
// package reading has the defaults. Bytes, Policies and Failures are what
// earlier reports of the same mail left over.
type Limits struct {
	Bytes    int   // of the JSON text
	Text     int   // bytes of one string
	Keys     int   // of one object
	Depth    int   // of objects and arrays
	Policies int   // of the report; ten times as many strings in lists
	Failures int   // of all policies together
	Count    int64 // greatest number of sessions in one place
}

// Without returns what a report, read or refused, leaves over of the limits
// for those that follow in the same mail.
func (l Limits) Without(r *Report) Limits {
	l.Bytes, l.Policies, l.Failures = max(0, l.Bytes-r.Size), l.Policies-len(r.Policies), l.Failures-r.Details()
	return l
}
