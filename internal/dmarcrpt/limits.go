package dmarcrpt

// Limits bounds the reading of one stream. A zero field allows nothing;
// package reading has the defaults.
type Limits struct {
	Token        int   // longest text, tag with its attributes, comment or CDATA section, in bytes
	Depth        int   // nesting of elements
	Attributes   int   // of one element
	Documents    int   // reports in one stream
	Records      int   // in one report
	RecordBytes  int   // text of one record
	Results      int   // DKIM, SPF or override entries in one record, each counted alone
	EarlyRecords int   // held back because they precede report_metadata or policy_published
	EarlyBytes   int   // text of those
	BadRecords   int   // unreadable records that are listed with their reason; all are counted
	Count        int64 // messages of one record
	Messages     int64 // of one report
}
