package dmarcrpt

// Limits bounds the reading of one stream. A zero field takes its default.
type Limits struct {
	// Token is the longest single text, tag (with its attributes), comment or
	// CDATA section, in bytes. Default 64 KiB.
	Token int
	// Depth is the deepest nesting of elements. Default 32.
	Depth int
	// Attributes is the greatest number of attributes of one element. Default 64.
	Attributes int
	// Records is the greatest number of records in one report. Default 500,000.
	Records int
	// EarlyRecords is the greatest number of records held back because they
	// precede report_metadata or policy_published. Default 2,000.
	EarlyRecords int
	// Results is the greatest number of DKIM, SPF or override entries in one
	// record, each counted alone. Default 1,000 (RFC 9990 asks for at most 100
	// signatures).
	Results int
	// Documents is the greatest number of reports in one stream. Default 1,000.
	Documents int
	// BadRecords is how many unreadable records are listed with their reason;
	// all are counted. Default 100.
	BadRecords int
	// Count is the greatest message count of one record. Default 10^12.
	Count int64
}

func (l Limits) withDefaults() Limits {
	set := func(v *int, d int) {
		if *v <= 0 {
			*v = d
		}
	}
	set(&l.Token, 64<<10)
	set(&l.Depth, 32)
	set(&l.Attributes, 64)
	set(&l.Records, 500_000)
	set(&l.EarlyRecords, 2_000)
	set(&l.Results, 1_000)
	set(&l.Documents, 1_000)
	set(&l.BadRecords, 100)
	if l.Count <= 0 {
		l.Count = 1_000_000_000_000
	}
	return l
}
