package report

import (
	"context"
	"encoding/json"
	"net/netip"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Query asks for a page of reports, newest day first.
type Query struct {
	Filter
	Before *Position // the last line of the page before; nil = from the top
	Limit  int
}

// Position is a place in the list of reports.
type Position struct {
	Day time.Time
	ID  ID
}

// Line is a report in a list.
type Line struct {
	ID       ID        `db:"report_id"`
	Day      time.Time `db:"day"`
	Reporter string    `db:"reporter"`
	Domain   fqdn.Name `db:"policy_domain"`
	Messages int64     `db:"messages"`
	Aligned  int64     `db:"aligned"`
	Repairs  int       `db:"repairs"`
	StoredAt time.Time `db:"stored_at"`
	Trust    Trust     `db:"trust"`
}

// Reports returns a page of the reports that hold chosen messages, how many
// there are, see CountsTo, and how many of the organization at all, up to 1,000.
func (s *Service) Reports(ctx context.Context, org org.ID, q Query) (lines []Line, total, ever int64, err error) {
	var c counts
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueReports(b, org, q, &lines)
		queueCounts(b, org, q.Filter, &c)
	})
	return lines, c.Reports, c.Ever, err
}

// Report is one stored report.
type Report struct {
	ID             ID                   `db:"report_id"`
	DomainID       DomainID             `db:"domain_id"`
	Domain         fqdn.Name            `db:"domain"` // the watched domain that it belongs to
	Receipt        ReceiptID            `db:"receipt_id"`
	Day            time.Time            `db:"day"`
	BeginAt        time.Time            `db:"begin_at"`
	EndAt          time.Time            `db:"end_at"`
	Reporter       string               `db:"reporter"`
	ReporterDomain string               `db:"reporter_domain"`
	Head           dmarcrpt.Report      `db:"-"`
	Bad            []dmarcrpt.BadRecord `db:"-"`
	Extensions     []dmarcrpt.Extension `db:"-"`
	MoreExtensions int                  `db:"-"` // that there was no room for
	Repairs        []finding.Repair     `db:"-"`
	Records        int64                `db:"records"`
	BadRecords     int64                `db:"bad_records"`
	Messages       int64                `db:"messages"`
	Aligned        int64                `db:"aligned"`
	StoredAt       time.Time            `db:"stored_at"`

	HeadRaw    json.RawMessage `db:"head"`
	DetailsRaw json.RawMessage `db:"details"`
	RepairsRaw json.RawMessage `db:"repairs"`
	Split      Split           `db:"-"`
	Original   bool            `db:"-"` // the mail it came in is kept, and can be read
	Trust      Trust           `db:"-"`
	Source     Source          `db:"-"` // of the mail it came in
	AuthMethod *string         `db:"-"`
	AuthResult *string         `db:"-"`
	AuthDomain *string         `db:"-"`
}

// decode fills in what is stored as JSON.
func decode(r *Report) error {
	if err := json.Unmarshal(r.HeadRaw, &r.Head); err != nil {
		return err
	}
	r.Head.Begin, r.Head.End = r.BeginAt.Unix(), r.EndAt.Unix()
	var d details
	if r.DetailsRaw != nil {
		if err := json.Unmarshal(r.DetailsRaw, &d); err != nil {
			return err
		}
	}
	r.Head.Errors, r.Bad, r.Extensions, r.MoreExtensions = d.Errors, d.Bad, d.Extensions, d.MoreExtensions
	if r.RepairsRaw != nil {
		return json.Unmarshal(r.RepairsRaw, &r.Repairs)
	}
	return nil
}

// Authentication is who the report's mail was found to come from; nil when
// nobody asked.
func (r Report) Authentication() *mailauth.Verdict {
	return authenticatedAs(r.AuthMethod, r.AuthResult, r.AuthDomain)
}

// Record is one row of a report.
type Record struct {
	Seq          int32                `db:"seq"`
	SourceIP     netip.Addr           `db:"source_ip"`
	SourceName   *string              `db:"name"`
	Messages     int64                `db:"messages"`
	Class        Class                `db:"class"`
	Sender       string               `db:"sender"`
	Disposition  dmarcrpt.Disposition `db:"disposition"`
	DKIM         Result               `db:"dkim"`
	SPF          Result               `db:"spf"`
	Forwarding   Forwarding           `db:"forwarding"`
	HeaderFrom   string               `db:"header_from"`
	EnvelopeFrom *string              `db:"envelope_from"`
	EnvelopeTo   *string              `db:"envelope_to"`
	Evaluated    json.RawMessage      `db:"evaluated"`
	Results      json.RawMessage      `db:"results"`
}

// RecordQuery asks for a page of a report's rows: those that need fixing
// first, then the largest.
type RecordQuery struct {
	Class  Class // 0 = all
	Offset int
	Limit  int
}

// Report returns a report with a page of its rows; NotFound without one.
func (s *Service) Report(ctx context.Context, org org.ID, id ID, q RecordQuery) (Report, []Record, error) {
	var r Report
	var found bool
	var records []Record
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueReport(b, org, id, &r, &found)
		queueRecords(b, org, id, q, &records)
	})
	if err != nil {
		return r, nil, err
	}
	if !found {
		return r, nil, fault.New(fault.NotFound, "There is no such report in this organization.")
	}
	err = decode(&r)
	return r, records, err
}

// ReceiptQuery asks for receipts, newest first.
type ReceiptQuery struct {
	Verdicts []Verdict   // nil = all
	Source   Source      // "" = all
	Mailbox  mailbox.ID  // zero = all
	Upload   UploadID    // zero = all
	IDs      []ReceiptID // nil = all
	Before   ReceiptID   // 0 = from the top
	Limit    int
}

// Receipt is what became of one mail or file.
type Receipt struct {
	ID         ReceiptID   `db:"receipt_id"`
	Source     Source      `db:"source"`
	Mailbox    *mailbox.ID `db:"mailbox_id"`
	MailID     *string     `db:"mail_id"`
	Upload     *UploadID   `db:"upload_id"`
	UploadedBy *string     `db:"uploaded_by"` // address of the member; nil: not uploaded, or not a member any more
	Label      *string     `db:"label"`
	MailAt     *time.Time  `db:"mail_at"`
	ReceivedAt time.Time   `db:"received_at"`
	Size       int64       `db:"size"`
	Verdict    Verdict     `db:"verdict"`
	Reason     *Reason     `db:"reason"`
	Original   bool        `db:"original"`
	Damaged    bool        `db:"damaged"`  // the original is kept and could not be unpacked when it was last read
	First      *ReceiptID  `db:"first_id"` // of the very same file, which was read before; nil: it was not
	Kind       *Kind       `db:"kind"`     // of its reports: the first by name
	Domain     *string     `db:"domain"`   // of its first report
	Reporter   *string     `db:"reporter"` // of its first stored report
	Messages   int64       `db:"messages"` // that its stored reports count
	Repairs    int64       `db:"repairs"`  // kinds of repair that its reports needed, in all
	Reports    []int64     `db:"reports"`  // the stored reports that came out of it or that it repeats, without doubles
	AuthMethod *string     `db:"auth_method"`
	AuthResult *string     `db:"auth_result"`
	AuthDomain *string     `db:"auth_domain"`
}

// Authentication is who the mail was found to come from; nil when nobody asked.
func (r Receipt) Authentication() *mailauth.Verdict {
	return authenticatedAs(r.AuthMethod, r.AuthResult, r.AuthDomain)
}

// CameAt is when the mail reached its mailbox, or a file reached us.
func (r Receipt) CameAt() time.Time {
	if r.MailAt != nil {
		return *r.MailAt
	}
	return r.ReceivedAt
}

// Noun is what came in: a mail or a file.
func (r Receipt) Noun() string {
	if r.Source.ByMail() {
		return "mail"
	}
	return "file"
}

// Title names a mail or file by what was found in it.
func (r Receipt) Title() string {
	switch {
	case r.Kind != nil && *r.Kind == FailureReport:
		return "A failure report"
	case r.Kind != nil && *r.Kind == TLSReport && r.Domain != nil:
		return "TLS report about " + *r.Domain
	case r.Reporter != nil && r.Domain != nil:
		return *r.Reporter + " about " + *r.Domain
	case r.Domain != nil:
		return "A report about " + *r.Domain
	case r.Label != nil:
		return *r.Label
	case r.Verdict == NoReport:
		return "A " + r.Noun() + " without a report"
	}
	return "A " + r.Noun() + " with a report"
}

// Item is what became of one report in a mail.
type Item struct {
	Kind    Kind    `db:"kind"`
	Verdict Verdict `db:"verdict"`
	Reason  *Reason `db:"reason"`
	Label   string  `db:"label"`
	Domain  *string `db:"domain"`
	Report  *ID     `db:"report_id"` // among the reports of its kind

	Repairs []finding.Repair `db:"repairs"` // of an aggregate or TLS report that was repaired: all of them

	// Of one in conflict or replaced.
	Version        *Version   `db:"version"`         // nil = not noted
	Counted        *Version   `db:"counted"`         // that counts instead
	CountedReceipt *ReceiptID `db:"counted_receipt"` // of the mail that brought it

	// Of one that counts by choice, which can be taken back.
	Beside        bool       `db:"beside"`         // beside another one
	FormerReceipt *ReceiptID `db:"former_receipt"` // instead of what came in this one; nil = it does not
	FormerSeq     *int16     `db:"former_seq"`
	FormerTrust   *Trust     `db:"former_trust"`
	FormerTurn    *int64     `db:"former_turn"`
}

// Contested reports whether another report with the same key counts, so that
// the owner can choose.
func (i Item) Contested() bool {
	return (i.Verdict == Conflict || i.Verdict == Replaced) && i.Kind != FailureReport && i.Report != nil
}

// Chosen reports whether the report counts because the owner chose it.
func (i Item) Chosen() bool { return i.Beside || i.FormerReceipt != nil }

// Advice is what somebody of a role can do about it, also whether there is a
// larger plan; "" when nothing is to be done.
func (i Item) Advice(role org.Role, larger bool) string {
	if i.Reason == nil {
		return ""
	}
	_, ours := sentences[*i.Reason]
	switch {
	case *i.Reason == ReasonUnwatched && i.Domain != nil && role.May(org.ManageDomains):
		return "Add " + *i.Domain + " on the page of your domains to count its reports."
	case *i.Reason == ReasonUnwatched && i.Domain != nil:
		return "An owner, admin or member of your organization can add " + *i.Domain + ", and its reports are counted. Your role cannot."
	case i.Reason.OfPlan():
		return planAdvice(*i.Reason, role.May(org.Own), larger)
	case *i.Reason == ReasonDay:
		return "There is nothing you must do. If more reports of the same sender come with such a period, tell them: the clock or the dates of their system are wrong."
	case *i.Reason == ReasonNameless:
		return "There is nothing you must do. If more reports of the same sender do not name their domain, tell them."
	case i.Verdict == Refused && !ours:
		return "There is nothing you must do: the next report usually comes within a day. If reports of the same sender fail again and again, tell them."
	}
	return ""
}

// planAdvice is the advice on what is not counted because of the plan.
func planAdvice(r Reason, owner, larger bool) string {
	switch {
	case r == ReasonSetAside && !owner:
		return "An owner of your organization can choose which domains are active. Your role cannot."
	case r == ReasonSetAside && larger:
		return "Choose which of your domains are active, or a larger plan, to count it."
	case r == ReasonSetAside:
		return "Choose which of your domains are active to count it."
	case !larger:
		return ""
	case !owner:
		return "An owner of your organization can choose a larger plan. Your role cannot."
	case r == ReasonPlanFull:
		return "Choose a larger plan, which counts those that wait and makes room. Then have this one read again: from your mailbox, or upload it once more."
	}
	return "Choose a larger plan to count it now, with all that wait."
}

// Receipts returns a page of receipts and how many there are by verdict.
func (s *Service) Receipts(ctx context.Context, org org.ID, q ReceiptQuery) (list []Receipt, counts map[Verdict]int64, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueReceipts(b, org, q, &list)
		queueVerdicts(b, org, q, time.Time{}, &counts)
	})
	return list, counts, err
}

// Receipt returns one receipt with its parts; NotFound without one.
func (s *Service) Receipt(ctx context.Context, org org.ID, id ReceiptID) (Receipt, []Item, error) {
	var list []Receipt
	var items []Item
	err := s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) {
		queueReceipts(b, org, ReceiptQuery{IDs: []ReceiptID{id}, Limit: 1}, &list)
		queueItems(b, org, id, &items)
	})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "There is no such mail in this organization.")
	}
	if err != nil {
		return Receipt{}, nil, err
	}
	return list[0], items, nil
}

// CountsByMailbox returns what became of the mails of all mailboxes since
// then, by verdict.
func (s *Service) CountsByMailbox(ctx context.Context, org org.ID, since time.Time) (counts map[mailbox.ID]map[Verdict]int64, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueMailboxVerdicts(b, org, since, &counts) })
	return counts, err
}

// MailboxCounts returns what became of a mailbox's mails since then, by verdict.
func (s *Service) MailboxCounts(ctx context.Context, org org.ID, id mailbox.ID, since time.Time) (counts map[Verdict]int64, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueVerdicts(b, org, ReceiptQuery{Mailbox: id}, since, &counts) })
	return counts, err
}
