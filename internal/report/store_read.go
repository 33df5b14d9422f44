package report

import (
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// collect queues a query whose rows become structs by the names of columns.
func collect[T any](b *postgres.Batch, into *[]T, what, sql string, args postgres.NamedArgs) {
	b.Queue(sql, args).Query(func(rows pgx.Rows) error {
		list, err := pgx.CollectRows(rows, pgx.RowToStructByName[T])
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		*into = list
		return nil
	})
}

// scan queues a query for one row; none leaves the values as they are.
func scan(b *postgres.Batch, what, sql string, args postgres.NamedArgs, into ...any) {
	b.Queue(sql, args).Query(func(rows pgx.Rows) error {
		_, err := pgx.ForEachRow(rows, into, func() error { return nil })
		if err != nil {
			return fmt.Errorf("%s: %w", what, err)
		}
		return nil
	})
}

// queueReceivers sums the chosen messages by who reported them. As long as
// nothing is asked about single messages, the reports themselves have the sums.
func queueReceivers(b *postgres.Batch, org org.ID, f Filter, into *[]ReporterTotal) {
	if !f.ofMessages() {
		collect(b, into, "receivers", `
			SELECT r.reporter_domain AS reporter, count(*) AS reports, sum(r.messages)::bigint AS messages, sum(r.aligned)::bigint AS aligned, max(r.day) AS last_day
			FROM reports r WHERE `+reportWhere(f)+` GROUP BY r.reporter_domain ORDER BY sum(r.messages) DESC, 1 LIMIT 50`, reportArgs(org, f))
		return
	}
	where, args := f.judgedWhere(org)
	collect(b, into, "receivers", `
		SELECT t.reporter, 0::bigint AS reports, sum(t.messages)::bigint AS messages,
		       coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1 OR t.spf = 1), 0)::bigint AS aligned, max(t.last_day) AS last_day
		FROM `+f.span(true)+` t `+opinions+` WHERE `+where+` GROUP BY t.reporter ORDER BY sum(t.messages) DESC, 1 LIMIT 50`, args)
}

// ofDomains is the condition on domains d that chooses those of the filter.
func (f Filter) ofDomains() string {
	switch {
	case !f.Domain.IsZero():
		return ` AND d.domain_id = @domain`
	case !f.Group.IsZero():
		return ` AND d.group_id = @group`
	}
	return ""
}

// someDomains is the array of the domains that are chosen; "" = all.
func (f Filter) someDomains() string {
	switch {
	case !f.Domain.IsZero():
		return `ARRAY[@domain::uuid]`
	case !f.Group.IsZero():
		return `ARRAY(SELECT g.domain_id FROM domains g WHERE g.org_id = @org AND g.group_id = @group)`
	}
	return ""
}

// reportWhere is a filter on reports themselves, by what they say of all
// their messages.
func reportWhere(f Filter) string {
	conditions := []string{`r.org_id = @org`, `r.day BETWEEN @from AND @to`}
	if !f.Domain.IsZero() {
		conditions = append(conditions, `r.domain_id = @domain`) // in the order of its index
	} else if some := f.someDomains(); some != "" {
		conditions = append(conditions, `r.domain_id = ANY(`+some+`)`)
	}
	if f.Reporter != "" {
		conditions = append(conditions, `r.reporter_domain = @reporter`)
	}
	if f.Repair != "" {
		conditions = append(conditions, `r.repairs @> jsonb_build_array(jsonb_build_object('Code', @repair::text))`)
	}
	if f.Doubted {
		conditions = append(conditions, `r.trust = 2`)
	}
	return strings.Join(conditions, " AND ")
}

func reportArgs(org org.ID, f Filter) postgres.NamedArgs {
	return postgres.NamedArgs{"org": org, "from": f.From, "to": f.To, "domain": f.Domain, "group": f.Group, "reporter": f.Reporter, "repair": f.Repair}
}

func queueReports(b *postgres.Batch, org org.ID, q Query, into *[]Line) {
	with, where, holding, args := q.reports(org)
	if q.Before != nil {
		where += ` AND r.day <= @before_day AND (r.day, r.report_id) < (@before_day, @before_id)`
		args["before_day"], args["before_id"] = q.Before.Day, q.Before.ID
	}
	args["limit"] = q.Limit
	const columns = `r.report_id, r.day, r.reporter, r.policy_domain, r.messages, r.aligned, r.stored_at, r.trust`
	collect(b, into, "reports", with+`
		SELECT `+columns+`, coalesce(jsonb_array_length(r.repairs), 0) AS repairs
		FROM (SELECT `+columns+`, r.repairs, r.domain_id, r.reporter_domain FROM reports r WHERE `+where+` ORDER BY r.day DESC, r.report_id DESC OFFSET 0) r
		WHERE `+holding+` LIMIT @limit`, args) // in that order, as far as the page goes
}

// reports chooses reports r, and says in holding which of them hold a chosen
// message, perhaps with a common table before. The receiver of a report must
// have reported such on its day or in its month: few have, where they are rare,
// or the sums may still call senders by other names. Only then its own rows are
// looked at, one report after the other, as far as somebody reads on.
func (f Filter) reports(org org.ID) (with, where, holding string, args postgres.NamedArgs) {
	where, args = reportWhere(f), reportArgs(org, f)
	if !f.ofMessages() {
		return "", where, "true", args
	}
	f.Repair, f.Doubted = "", false // of reports, and asked there
	chosen, more := f.judgedWhere(org)
	maps.Copy(args, more)
	if f.Network.IsValid() {
		with = `WITH holding AS MATERIALIZED (SELECT DISTINCT t.report_id FROM messages t ` + opinions + ` WHERE ` + chosen + `)`
		return with, where, `(r.report_id IN (TABLE holding)) IS TRUE`, args
	}
	day := `#.day`
	if from, to := f.wholeMonths(); from.Before(to) {
		day = `CASE WHEN #.day >= @month AND #.day < @months_end THEN date_trunc('month', #.day)::date ELSE #.day END`
	}
	of := func(row string) string { return strings.ReplaceAll(day, "#", row) }
	with = `WITH holding AS MATERIALIZED (
			SELECT DISTINCT t.domain_id, ` + of("t") + `, t.reporter FROM ` + f.span(true) + ` t ` + opinions + ` WHERE ` + chosen + `)`
	return with, where, `((r.domain_id, ` + of("r") + `, r.reporter_domain) IN (TABLE holding) OR r.domain_id IN (SELECT u.domain_id FROM daily_stale u WHERE u.org_id = @org)) IS TRUE
		AND EXISTS (SELECT FROM report_rows t ` + opinion + ` WHERE t.report_id = r.report_id AND ` + chosen + ` OFFSET 0)`, args
}

// counts are how many reports and mails there are.
type counts struct {
	Reports  int64 // that hold chosen messages, up to one more than CountsTo
	Ever     int64 // of the organization at all, up to 1,000
	Problems int64 // mails that a person should look at
	Reviewed bool  // somebody said of a sender whose it is
}

// queueCounts counts reports and mails.
func queueCounts(b *postgres.Batch, org org.ID, f Filter, c *counts) {
	with, where, holding, args := f.reports(org)
	args["verdicts"], args["most"] = attention, nil
	if n := f.CountsTo(); n > 0 {
		args["most"] = n + 1
	}
	scan(b, "count reports", with+`
		SELECT (SELECT count(*) FROM (SELECT FROM reports r WHERE `+where+` AND `+holding+` LIMIT @most) r),
		       (SELECT count(*) FROM (SELECT FROM reports WHERE org_id = @org LIMIT 1000) e),
		       (SELECT count(*) FROM receipts WHERE org_id = @org AND verdict = ANY(@verdicts)),
		       EXISTS (SELECT FROM senders s WHERE s.org_id = @org AND s.review <> '')`, args, &c.Reports, &c.Ever, &c.Problems, &c.Reviewed)
}

func queueReport(b *postgres.Batch, org org.ID, id ID, r *Report, found *bool) {
	args := postgres.NamedArgs{"org": org, "id": id}
	scan(b, "report", `
		SELECT true, t.report_id, t.domain_id, d.name, t.receipt_id, t.day, t.begin_at, t.end_at, t.reporter, t.reporter_domain,
		       t.records, t.bad_records, t.messages, t.aligned, t.aligned, t.stored_at, t.reporter_id, h.head, t.details, t.repairs, t.trust,
		       m.source, m.auth_method, m.auth_result, m.auth_domain,
		       EXISTS (SELECT FROM originals o WHERE o.org_id = @org AND o.receipt_id = t.receipt_id AND NOT o.damaged)
		FROM reports t JOIN domains d ON d.org_id = t.org_id AND d.domain_id = t.domain_id
		JOIN report_heads h ON h.org_id = t.org_id AND h.head_id = t.head_id
		JOIN receipts m ON m.org_id = t.org_id AND m.receipt_id = t.receipt_id
		WHERE t.org_id = @org AND t.report_id = @id`, args,
		found, &r.ID, &r.DomainID, &r.Domain, &r.Receipt, &r.Day, &r.BeginAt, &r.EndAt, &r.Reporter, &r.ReporterDomain,
		&r.Records, &r.BadRecords, &r.Messages, &r.Aligned, &r.Split.Passing, &r.StoredAt, &r.Head.ReportID, &r.HeadRaw, &r.DetailsRaw, &r.RepairsRaw, &r.Trust,
		&r.Source, &r.AuthMethod, &r.AuthResult, &r.AuthDomain, &r.Original)
	// What is aligned passes, whoever sent it: the senders of most rows need not be known.
	scan(b, "report split", `
		SELECT s.forwarded, s.fix, s.unknown
		FROM (SELECT `+splitSQL+` FROM report_rows t `+opinion+` WHERE t.org_id = @org AND t.report_id = @id AND t.dkim <> 1 AND t.spf <> 1) s`, args,
		&r.Split.Forwarded, &r.Split.Fix, &r.Split.Unknown)
}

func queueRecords(b *postgres.Batch, org org.ID, id ID, q RecordQuery, into *[]Record) {
	args := postgres.NamedArgs{"org": org, "id": id, "limit": q.Limit, "offset": q.Offset, "class": q.Class}
	collect(b, into, "records", `
		SELECT t.seq, t.source_ip, n.name, t.messages, t.class, t.sender, t.disposition, t.dkim, t.spf, t.forwarding,
		       a.header_from, a.envelope_from, a.envelope_to, a.evaluated, a.results
		FROM (SELECT t.org_id, t.seq, t.auth_id, t.source_ip, t.messages, `+classSQL+` AS class, t.sender, t.disposition, t.dkim, t.spf, t.forwarding
		      FROM report_rows t `+opinion+` WHERE t.org_id = @org AND t.report_id = @id AND (@class = 0 OR `+classSQL+` = @class)
		      ORDER BY `+classSQL+` = 3 DESC, t.messages DESC, t.seq LIMIT @limit OFFSET @offset) t
		JOIN auth_results a ON a.org_id = t.org_id AND a.auth_id = t.auth_id
		LEFT JOIN ip_facts n ON n.ip = t.source_ip
		ORDER BY t.class = 3 DESC, t.messages DESC, t.seq`, args)
}

func queueSuggestions(b *postgres.Batch, org org.ID, into *[]Suggestion) {
	collect(b, into, "suggestions", suggestionsSQL+` LIMIT @most`, suggestionsArgs(org))
}

func suggestionsArgs(org org.ID) postgres.NamedArgs {
	return postgres.NamedArgs{"org": org, "reasons": []Reason{ReasonUnwatched}, "most": 20}
}
