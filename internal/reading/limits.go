package reading

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/tlsrpt"
)

// Limits are all limits of the reading of one mail or file. Bytes are counted
// as they are read, whatever sizes are declared, and all layers and parts of a
// mail share them. The tags make a flag and a variable of each; the defaults
// stand nowhere else. A zero field takes its default.
type Limits struct {
	// The mail and what is packed in it.
	MailBytes     int64 `cfg:"LIMIT_MAIL_BYTES" default:"50000000" help:"Largest mail or archive. A bare report file counts as decompressed."`
	InflatedBytes int64 `cfg:"LIMIT_INFLATED_BYTES" default:"512000000" help:"Most bytes that come out of all archives of a mail or file."`
	HeldBytes     int64 `cfg:"LIMIT_HELD_BYTES" default:"40000000" help:"Most bytes held in memory of mails and zip archives that are inside others."`
	Parts         int   `cfg:"LIMIT_PARTS" default:"100" help:"Parts of a mail."`
	PartDepth     int   `cfg:"LIMIT_PART_DEPTH" default:"10" help:"Nesting of parts and of mails in mails."`
	ArchiveDepth  int   `cfg:"LIMIT_ARCHIVE_DEPTH" default:"3" help:"Nesting of gzip and zip."`
	Entries       int   `cfg:"LIMIT_ENTRIES" default:"100" help:"Files in all zip archives of a mail."`
	HeaderBytes   int   `cfg:"LIMIT_HEADER_BYTES" default:"262144" help:"Header of a mail or part, or the fields of a failure report."`
	HeaderLines   int   `cfg:"LIMIT_HEADER_LINES" default:"1000" help:"Lines of such a header."`

	// Aggregate reports.
	TokenBytes   int   `cfg:"LIMIT_TOKEN_BYTES" default:"65536" help:"A single text; in XML also a tag with its attributes."`
	XMLDepth     int   `cfg:"LIMIT_XML_DEPTH" default:"32" help:"Nesting of XML elements."`
	Attributes   int   `cfg:"LIMIT_ATTRIBUTES" default:"64" help:"Attributes of an XML element, or keys of a JSON object."`
	Documents    int   `cfg:"LIMIT_DOCUMENTS" default:"1000" help:"Reports in a single file."`
	Records      int   `cfg:"LIMIT_RECORDS" default:"500000" help:"Records of a report."`
	RecordBytes  int   `cfg:"LIMIT_RECORD_BYTES" default:"1048576" help:"All text of a record."`
	Results      int   `cfg:"LIMIT_RESULTS" default:"1000" help:"DKIM results of a record; as many SPF results, and reasons."`
	EarlyRecords int   `cfg:"LIMIT_EARLY_RECORDS" default:"2000" help:"Records that come before the domain and period they are about, and are held in memory."`
	EarlyBytes   int   `cfg:"LIMIT_EARLY_BYTES" default:"4194304" help:"All text of such records."`
	BadRecords   int   `cfg:"LIMIT_BAD_RECORDS" default:"100" help:"Unreadable records of a report that are listed with their reason; all are counted."`
	Count        int64 `cfg:"LIMIT_COUNT" default:"1000000000000" help:"Messages of a record, or sessions of a TLS policy."`

	// Sums over all reports of an organization stay far below what a number holds.
	Messages int64 `cfg:"LIMIT_MESSAGES" default:"4000000000000" help:"Messages of all records of a report."`

	// TLS reports.
	TLSBytes    int `cfg:"LIMIT_TLS_BYTES" default:"4194304" help:"All TLS reports of a mail, which are held in memory."`
	TLSDepth    int `cfg:"LIMIT_TLS_DEPTH" default:"16" help:"Nesting of JSON in a TLS report."`
	TLSPolicies int `cfg:"LIMIT_TLS_POLICIES" default:"10000" help:"Policies of all TLS reports of a mail."`
	TLSFailures int `cfg:"LIMIT_TLS_FAILURES" default:"20000" help:"Failure details of all TLS reports of a mail."`

	// Time includes the visitor's work; negative is no bound.
	Time time.Duration `cfg:"LIMIT_TIME" default:"60s" help:"Longest time for a mail or file; import takes the time that it takes."`
}

// Defaults returns the defaults.
func Defaults() Limits { return Limits{}.withDefaults() }

// withDefaults replaces zero fields by what their tags say.
func (l Limits) withDefaults() Limits {
	fields := reflect.ValueOf(&l).Elem()
	for i := range fields.NumField() {
		f := fields.Field(i)
		if !f.IsZero() {
			continue
		}
		text := fields.Type().Field(i).Tag.Get("default")
		if d, err := time.ParseDuration(text); err == nil {
			f.SetInt(int64(d))
		} else if n, err := strconv.ParseInt(text, 10, 64); err == nil {
			f.SetInt(n)
		}
	}
	return l
}

// Check names the limits that are negative, by their variables.
func (l Limits) Check() error {
	var problems []error
	fields := reflect.ValueOf(l)
	for i := range fields.NumField() {
		name := fields.Type().Field(i).Tag.Get("cfg")
		if fields.Field(i).Int() < 0 && !strings.HasSuffix(name, "_TIME") {
			problems = append(problems, fmt.Errorf("%s is negative", name))
		}
	}
	return errors.Join(problems...)
}

// Mail is the share of mimepart.
func (l Limits) Mail() mimepart.Limits {
	return mimepart.Limits{
		Raw: l.MailBytes, Inflated: l.InflatedBytes, Held: l.HeldBytes, Parts: l.Parts, Depth: l.PartDepth,
		Containers: l.ArchiveDepth, Entries: l.Entries, HeaderBytes: l.HeaderBytes, HeaderLines: l.HeaderLines,
	}
}

// Aggregate is the share of dmarcrpt.
func (l Limits) Aggregate() dmarcrpt.Limits {
	return dmarcrpt.Limits{
		Token: l.TokenBytes, Depth: l.XMLDepth, Attributes: l.Attributes, Documents: l.Documents, Records: l.Records,
		RecordBytes: l.RecordBytes, Results: l.Results, EarlyRecords: l.EarlyRecords, EarlyBytes: l.EarlyBytes,
		BadRecords: l.BadRecords, Count: l.Count, Messages: l.Messages,
	}
}

// TLS is the share of tlsrpt.
func (l Limits) TLS() tlsrpt.Limits {
	return tlsrpt.Limits{Bytes: l.TLSBytes, Text: l.TokenBytes, Keys: l.Attributes, Depth: l.TLSDepth, Policies: l.TLSPolicies, Failures: l.TLSFailures, Count: l.Count}
}

// Failure is the share of arf.
func (l Limits) Failure() arf.Limits { return arf.Limits{Bytes: l.HeaderBytes, Fields: l.HeaderLines} }
