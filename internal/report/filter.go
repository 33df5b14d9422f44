package report

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Filter chooses messages. Days are UTC dates, both included; a zero field
// chooses everything.
type Filter struct {
	From, To    time.Time
	Domain      DomainID
	Group       domain.GroupID // of domains; a Domain says more
	Class       Class
	Reporter    string // organizational domain of the reporter
	Sender      string // what its addresses are known as
	Network     netip.Prefix
	Country     string               // of the address, two letters; UnknownCountry = those without
	Disposition dmarcrpt.Disposition // DispositionNone stands for DispositionPass too: delivered
	DKIM, SPF   Outcome
	Repair      finding.Code // that the report was repaired by
	Doubted     bool         // those that nobody vouches for
}

// UnknownCountry stands for addresses whose country is not known.
const UnknownCountry = "--"

// Outcome is whether a mechanism passes, aligned, for DMARC.
type Outcome int

// The outcomes.
const (
	AnyOutcome Outcome = iota
	Passes
	Fails // whatever else is reported
)

// of are the conditions that the outcome sets on a column.
func (o Outcome) of(column string) []string {
	switch o {
	case Passes:
		return []string{column + ` = 1`}
	case Fails:
		return []string{column + ` <> 1`}
	}
	return nil
}

// ofMessages reports whether the filter looks into reports at the senders and
// results of their messages.
func (f Filter) ofMessages() bool {
	return f.Class != 0 || f.Sender != "" || f.Network.IsValid() || f.Country != "" || f.Disposition != 0 || f.DKIM != 0 || f.SPF != 0
}

// CountsTo is how far the reports of the filter are counted, because the rows of
// each are looked at: a count of more says that there are more. 0 = all.
func (f Filter) CountsTo() int64 {
	if f.ofMessages() {
		return 1000
	}
	return 0
}

// ofReports reports whether the filter chooses by what only reports know.
func (f Filter) ofReports() bool { return f.Repair != "" || f.Doubted }

// Days returns how many days the filter covers.
func (f Filter) Days() int { return int(f.To.Sub(f.From)/(24*time.Hour)) + 1 }

// recent is the first of the last RecentDays of the range.
func (f Filter) recent() time.Time { return f.To.AddDate(0, 0, 1-RecentDays) }

// LastDays is the filter's range set to the n days up to today.
func LastDays(now time.Time, n int) Filter {
	today := now.UTC().Truncate(24 * time.Hour)
	return Filter{From: today.AddDate(0, 0, 1-n), To: today}
}

// conditions returns those on the facts of rows t, and their values. The
// organization, the domains and the days always stand first: they choose
// partitions and index.
func (f Filter) conditions(org org.ID) (string, postgres.NamedArgs) {
	args := postgres.NamedArgs{"org": org, "from": f.From, "to": f.To}
	args["month"], args["months_end"] = f.wholeMonths()
	facts := []string{`t.org_id = @org`, `t.domain_id = ANY(ARRAY(SELECT d.domain_id FROM domains d WHERE d.org_id = @org))`, `t.day BETWEEN @from AND @to`}
	add := func(condition, name string, value any) {
		facts = append(facts, condition)
		args[name] = value
	}
	if !f.Group.IsZero() {
		facts[1], args["group"] = `t.domain_id = ANY(ARRAY(SELECT d.domain_id FROM domains d WHERE d.org_id = @org AND d.group_id = @group))`, f.Group
	}
	if !f.Domain.IsZero() {
		facts[1], args["domain"] = `t.domain_id = @domain`, f.Domain
	}
	if f.Reporter != "" {
		add(`t.reporter = @reporter`, "reporter", f.Reporter)
	}
	if f.Network.IsValid() {
		// Ranges are leakproof, so an index serves them under row-level security;
		// the operators for networks are not.
		add(`t.source_ip >= @low AND t.source_ip <= @high`, "low", f.Network.Masked().Addr())
		args["high"] = lastOf(f.Network)
	}
	if f.Sender != "" {
		add(`t.sender = @sender`, "sender", f.Sender)
	}
	if f.Country != "" {
		add(`t.country = @country`, "country", strings.TrimPrefix(f.Country, UnknownCountry))
	}
	if f.ofReports() {
		facts = append(facts, `t.report_id IN (SELECT r.report_id FROM reports r WHERE `+reportWhere(f)+`)`)
		args["repair"] = f.Repair
	}
	switch f.Disposition {
	case dmarcrpt.DispositionUnknown:
	case dmarcrpt.DispositionNone, dmarcrpt.DispositionPass:
		facts = append(facts, fmt.Sprintf(`t.disposition IN (%d, %d)`, dmarcrpt.DispositionNone, dmarcrpt.DispositionPass))
	default:
		add(`t.disposition = @disposition`, "disposition", int16(f.Disposition))
	}
	facts = append(facts, f.DKIM.of("t.dkim")...)
	facts = append(facts, f.SPF.of("t.spf")...)
	return strings.Join(facts, " AND "), args
}

// messages is the view that has the chosen messages of each day: the sums of
// days with what is not in them yet, or, where single addresses or reports are
// asked for, the records. byReceiver says that reporters are wanted.
func (f Filter) messages(byReceiver bool) string {
	switch {
	case f.Network.IsValid(), f.ofReports():
		return "messages"
	case byReceiver || f.Reporter != "":
		return "messages_by_receiver"
	}
	return "messages_by_sender"
}

// span is messages for sums over all days together: with last_day, and with
// months in one row that are chosen whole. These end before the last
// RecentDays, which are told apart.
func (f Filter) span(byReceiver bool) string { return f.rows(byReceiver, true) }

// rows is span with months in one row, or without.
func (f Filter) rows(byReceiver, months bool) string {
	view := f.messages(byReceiver)
	from, to := f.wholeMonths()
	columns, by := `org_id, domain_id, %s AS day, %s AS last_day, sender, country, disposition, dkim, spf, forwarding, trust, messages`, "senders"
	switch view {
	case "messages":
		columns += `, reporter, report_id, source_ip`
	case "messages_by_receiver":
		columns, by = columns+`, reporter`, "receivers"
	}
	if view == "messages" || !months || !from.Before(to) {
		return `(SELECT ` + fmt.Sprintf(columns, "day", "day") + ` FROM ` + view + `)`
	}
	days := ` UNION ALL SELECT ` + fmt.Sprintf(columns, "day", "day") + ` FROM `
	return `(SELECT ` + fmt.Sprintf(columns, "month", "last_day") + ` FROM monthly_` + by + ` WHERE month >= @month AND month < @months_end` +
		days + `daily_` + by + ` WHERE day < @month` + days + `daily_` + by + ` WHERE day >= @months_end` + days + `messages_due)`
}

// wholeMonths are the months that are chosen whole and end before the last
// RecentDays: from the first day of the first up to that after the last one.
func (f Filter) wholeMonths() (from, to time.Time) {
	last := f.recent()
	from = time.Date(f.From.Year(), f.From.Month()+1, 1, 0, 0, 0, 0, time.UTC)
	if f.From.Day() == 1 {
		from = f.From
	}
	return from, time.Date(last.Year(), last.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// lastOf returns the last address of a network.
func lastOf(p netip.Prefix) netip.Addr {
	bytes := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(bytes)*8; i++ {
		bytes[i/8] |= 1 << (7 - i%8)
	}
	last, _ := netip.AddrFromSlice(bytes) // as long as it was
	return last
}
