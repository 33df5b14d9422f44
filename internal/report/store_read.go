package report

import (
	"fmt"
	"maps"
	"net/netip"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
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

// judged is a common table "x" of the chosen messages by day, sender and class.
// Facts are summed before they are judged: dispositions and countries multiply
// the rows and change nothing here.
func (f Filter) judged(org org.ID) (string, postgres.NamedArgs) {
	facts, args := f.conditions(org)
	const class = `CASE WHEN t.fact < 3 THEN t.fact WHEN ` + knownSQL + ` THEN 3 ELSE 4 END`
	where := ""
	if f.Class != 0 {
		where, args["class"] = ` WHERE `+class+` = @class`, f.Class
	}
	return `WITH x AS MATERIALIZED (
		SELECT t.domain_id, t.day, t.sender, ` + class + ` AS class, t.messages, t.sure, t.sure_dkim, t.dkim, t.spf
		FROM (SELECT t.org_id, t.domain_id, t.day, t.sender, ` + factSQL + ` AS fact, sum(t.messages)::bigint AS messages,
		             coalesce(sum(t.messages) FILTER (WHERE t.trust <> 2), 0)::bigint AS sure,
		             coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1 AND t.trust <> 2), 0)::bigint AS sure_dkim,
		             coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1), 0)::bigint AS dkim, coalesce(sum(t.messages) FILTER (WHERE t.spf = 1), 0)::bigint AS spf
		      FROM ` + f.messages(false) + ` t WHERE ` + facts + ` GROUP BY t.org_id, t.domain_id, t.day, t.sender, 5) t ` + opinions + where + `)`, args
}

// total is a sum of messages over one of three groupings.
type total struct {
	Grouping  string      `db:"grouping"` // day, domain or sender
	Day       *time.Time  `db:"day"`
	DomainID  *DomainID   `db:"domain_id"`
	Domain    *fqdn.Name  `db:"domain"`
	Sender    *string     `db:"sender"`
	Address   *netip.Addr `db:"address"`
	Addresses int         `db:"addresses"`
	Days      int         `db:"days"`
	SureDays  int         `db:"sure_days"`
	LastDay   time.Time   `db:"last_day"`
	LastFix   *time.Time  `db:"last_fix"`
	Size      int64       `db:"size"` // rows of the same grouping

	Opinion
	Recent
	DKIM int64 `db:"dkim"`
	SPF  int64 `db:"spf"`
	Split
	Sure
	Pace
}

// Recent is the messages of the last recentDays of the chosen ones.
type Recent struct {
	Fix   int64 `db:"recent_fix"`   // of class NeedsFixing
	Other int64 `db:"recent_other"` // of the other classes
}

// Sure are the messages that somebody vouches for.
type Sure struct {
	Passing     int64 `db:"sure_passing"`
	Forwarded   int64 `db:"sure_forwarded"`
	Fix         int64 `db:"sure_fix"`
	Unknown     int64 `db:"sure_unknown"`
	RecentFix   int64 `db:"sure_recent_fix"`
	RecentOther int64 `db:"sure_recent_other"`
}

// Pace is how a domain's own mail grows and is signed, by what somebody vouches for.
type Pace struct {
	Signed int64 `db:"signed"` // messages with an aligned DKIM pass
	Week   int64 `db:"week"`   // messages known as the owner's in the last seven of the chosen days
	Before int64 `db:"before"` // the same in the seven before them
}

// paceSQL adds up rows of x as Pace.
const paceSQL = `sum(x.sure_dkim)::bigint AS signed,
	coalesce(sum(x.sure) FILTER (WHERE x.class IN (1, 3) AND x.day > @week::date), 0)::bigint AS week,
	coalesce(sum(x.sure) FILTER (WHERE x.class IN (1, 3) AND x.day > @week::date - 7 AND x.day <= @week::date), 0)::bigint AS before`

// sumsSQL adds up rows of x: all messages, and those that somebody vouches for.
const sumsSQL = `max(x.day) AS last_day, max(x.day) FILTER (WHERE x.class = 3) AS last_fix,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 3 AND x.day >= @recent), 0)::bigint AS recent_fix,
	coalesce(sum(x.messages) FILTER (WHERE x.class <> 3 AND x.day >= @recent), 0)::bigint AS recent_other,
	coalesce(sum(x.sure) FILTER (WHERE x.class = 3 AND x.day >= @recent), 0)::bigint AS sure_recent_fix,
	coalesce(sum(x.sure) FILTER (WHERE x.class <> 3 AND x.day >= @recent), 0)::bigint AS sure_recent_other,
	sum(x.dkim)::bigint AS dkim, sum(x.spf)::bigint AS spf,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 1), 0)::bigint AS passing, coalesce(sum(x.sure) FILTER (WHERE x.class = 1), 0)::bigint AS sure_passing,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 2), 0)::bigint AS forwarded, coalesce(sum(x.sure) FILTER (WHERE x.class = 2), 0)::bigint AS sure_forwarded,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 3), 0)::bigint AS fix, coalesce(sum(x.sure) FILTER (WHERE x.class = 3), 0)::bigint AS sure_fix,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 4), 0)::bigint AS unknown, coalesce(sum(x.sure) FILTER (WHERE x.class = 4), 0)::bigint AS sure_unknown`

// sumColumns names what sumsSQL adds up.
const sumColumns = `last_day, last_fix, recent_fix, recent_other, sure_recent_fix, sure_recent_other, dkim, spf,
	passing, sure_passing, forwarded, sure_forwarded, fix, sure_fix, unknown, sure_unknown`

// senderColumns bring what is known about the sender of rows t; addresses are
// all that ever sent as the domain.
const senderColumns = `coalesce(s.own, false) AS own, coalesce(s.review, '') AS review, coalesce(s.note, '') AS note, s.reviewed_at,
	(SELECT p.email FROM members m JOIN people p ON p.person_id = m.person_id WHERE m.org_id = @org AND m.person_id = s.reviewed_by) AS reviewed_by,
	coalesce((SELECT count(*) FROM sources o WHERE o.org_id = @org AND o.domain_id = t.domain_id AND o.sender = t.sender), 0)::int AS addresses,
	(SELECT o.source_ip FROM sources o WHERE o.org_id = @org AND o.domain_id = t.domain_id AND o.sender = t.sender ORDER BY o.source_ip LIMIT 1) AS address`

// queueTotals sums the chosen messages by day, by domain and by sender in one
// pass. Of senders those with failing mail of the owner's come first, then the
// largest, up to a limit.
func queueTotals(b *postgres.Batch, org org.ID, f Filter, into *[]total) {
	x, args := f.judged(org)
	args["limit"], args["recent"], args["week"] = summarySenders, f.recent(), f.To.AddDate(0, 0, -7)
	collect(b, into, "totals", x+`,
		sums AS (
			SELECT CASE WHEN grouping(x.day) = 0 THEN 'day' WHEN grouping(x.sender) = 0 THEN 'sender' ELSE 'domain' END AS grouping,
			       x.day, x.domain_id, x.sender, count(DISTINCT x.day)::int AS days, count(DISTINCT x.day) FILTER (WHERE x.sure > 0)::int AS sure_days, `+paceSQL+`, `+sumsSQL+`
			FROM x GROUP BY GROUPING SETS ((x.day), (x.domain_id), (x.sender, x.domain_id))),
		ranked AS (
			SELECT sums.grouping, day, domain_id, sender, days, sure_days, signed, week, before, `+sumColumns+`, count(*) OVER (PARTITION BY sums.grouping) AS size,
			       row_number() OVER (PARTITION BY sums.grouping ORDER BY fix > 0 DESC, passing + forwarded + fix + unknown DESC, sender) AS place
			FROM sums)
		SELECT t.grouping, t.day, t.domain_id, d.name AS domain, t.sender, t.days, t.sure_days, t.signed, t.week, t.before, `+sumColumns+`, t.size, `+senderColumns+`
		FROM ranked t LEFT JOIN domains d ON d.org_id = @org AND d.domain_id = t.domain_id
		LEFT JOIN senders s ON s.org_id = @org AND s.domain_id = t.domain_id AND s.sender = t.sender
		WHERE t.grouping <> 'sender' OR t.place <= @limit
		ORDER BY t.grouping, t.day, t.place`, args)
}

// queueDomains lists the domains, or the chosen one, with the policy that
// their newest report states and who reported. Totals come with queueTotals.
func queueDomains(b *postgres.Batch, org org.ID, f Filter, into *[]DomainTotal) {
	where := ""
	if !f.Domain.IsZero() {
		where = ` AND d.domain_id = @domain`
	} else if !f.Group.IsZero() {
		where = ` AND d.group_id = @group`
	}
	collect(b, into, "domains", `
		WITH seen AS (
			SELECT r.domain_id, count(DISTINCT r.reporter_domain) FILTER (WHERE r.messages > 0)::int AS reporters,
			       coalesce(min(r.reporter_domain) FILTER (WHERE r.messages > 0), '') AS one_reporter, count(*) FILTER (WHERE r.messages = 0) AS nulls,
			       count(DISTINCT r.policy_domain) FILTER (WHERE r.policy_domain <> d.name)::int AS subdomains
			FROM reports r JOIN domains d ON d.org_id = r.org_id AND d.domain_id = r.domain_id
			WHERE `+reportWhere(f)+` AND r.trust <> 2 GROUP BY r.domain_id)
		SELECT d.domain_id, d.name, d.group_id, 0 AS days, 0::bigint AS passing, 0::bigint AS forwarded, 0::bigint AS fix, 0::bigint AS unknown,
		       coalesce(n.reporters, 0) AS reporters, coalesce(n.one_reporter, '') AS one_reporter, coalesce(n.nulls, 0) AS nulls, coalesce(n.subdomains, 0) AS subdomains,
		       coalesce(l.policy, '') AS policy, l.published, l.reporter AS policy_by, l.day AS policy_day, l.stored_at AS last_report_at
		FROM domains d LEFT JOIN seen n ON n.domain_id = d.domain_id
		LEFT JOIN LATERAL (SELECT r.policy, r.document->'Policy' AS published, r.reporter, r.day, r.stored_at FROM reports r
		                   WHERE r.org_id = d.org_id AND r.domain_id = d.domain_id AND r.policy_domain = d.name AND r.trust <> 2
		                   ORDER BY r.day DESC, r.report_id DESC LIMIT 1) l ON true
		WHERE d.org_id = @org`+where+` ORDER BY d.name`, reportArgs(org, f))
}

func queueSenderDays(b *postgres.Batch, org org.ID, f Filter, senders []SenderTotal, into *[]senderDay) {
	x, args := f.judged(org)
	names, domains := make([]string, len(senders)), make([]DomainID, len(senders))
	for i, t := range senders {
		names[i], domains[i] = t.Sender, t.DomainID
	}
	args["names"], args["domains"] = names, domains
	collect(b, into, "days of senders", x+`
		SELECT x.sender, x.domain_id, x.day, sum(x.messages)::bigint AS messages
		FROM x JOIN unnest(@names::text[], @domains::uuid[]) AS u (sender, domain_id) USING (sender, domain_id) GROUP BY x.sender, x.domain_id, x.day`, args)
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
	where, args := f.conditions(org)
	if f.Class != 0 {
		where, args["class"] = where+` AND `+classSQL+` = @class`, f.Class
	}
	collect(b, into, "receivers", `
		SELECT t.reporter, 0::bigint AS reports, sum(t.messages)::bigint AS messages,
		       coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1 OR t.spf = 1), 0)::bigint AS aligned, max(t.day) AS last_day
		FROM `+f.messages(true)+` t `+opinions+` WHERE `+where+` GROUP BY t.reporter ORDER BY sum(t.messages) DESC, 1 LIMIT 50`, args)
}

// reportWhere is a filter on reports themselves, by what they say of all
// their messages.
func reportWhere(f Filter) string {
	conditions := []string{`r.org_id = @org`, `r.day BETWEEN @from AND @to`}
	if !f.Domain.IsZero() {
		conditions = append(conditions, `r.domain_id = @domain`)
	} else if !f.Group.IsZero() {
		conditions = append(conditions, `r.domain_id = ANY(ARRAY(SELECT g.domain_id FROM domains g WHERE g.org_id = @org AND g.group_id = @group))`)
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

// mark is a day with something to know about: a domain's policy is another from
// then on, or reports cover more than LongPeriod.
type mark struct {
	Day     time.Time  `db:"day"`
	Domain  *fqdn.Name `db:"domain"`
	Policy  *string    `db:"policy"`
	Reports int64      `db:"reports"`
}

// queueMarks reads what to know about days.
func queueMarks(b *postgres.Batch, org org.ID, f Filter, changes *[]PolicyChange, long *[]LongReports) {
	args := reportArgs(org, f)
	args["long"] = LongPeriod
	b.Queue(`
		WITH seen AS (
			SELECT r.domain_id, r.day, mode() WITHIN GROUP (ORDER BY r.policy) AS policy
			FROM reports r JOIN domains d ON d.org_id = r.org_id AND d.domain_id = r.domain_id AND d.name = r.policy_domain
			WHERE `+reportWhere(f)+` AND r.policy <> '' GROUP BY r.domain_id, r.day),
		steps AS (SELECT domain_id, day, policy, lag(policy) OVER (PARTITION BY domain_id ORDER BY day) AS before FROM seen)
		SELECT s.day, d.name AS domain, s.policy, 0::bigint AS reports FROM steps s JOIN domains d ON d.org_id = @org AND d.domain_id = s.domain_id
		WHERE s.before <> s.policy
		UNION ALL
		SELECT r.day, NULL, NULL, count(*) FROM reports r WHERE `+reportWhere(f)+` AND r.end_at - r.begin_at > @long::interval GROUP BY r.day
		ORDER BY day, domain`, args).Query(func(rows pgx.Rows) error {
		marks, err := pgx.CollectRows(rows, pgx.RowToStructByName[mark])
		if err != nil {
			return fmt.Errorf("marks of days: %w", err)
		}
		for _, m := range marks {
			if m.Domain == nil {
				*long = append(*long, LongReports{Day: m.Day, Reports: m.Reports})
			} else {
				*changes = append(*changes, PolicyChange{Day: m.Day, Domain: *m.Domain, Policy: *m.Policy})
			}
		}
		return nil
	})
}

func queueReports(b *postgres.Batch, org org.ID, q Query, into *[]Line) {
	where, args := reportWhere(q.Filter), reportArgs(org, q.Filter)
	if holding := q.holding(org, args); holding != "" {
		where += " AND " + holding
	}
	if q.Before != nil {
		where += ` AND r.day <= @before_day AND (r.day, r.report_id) < (@before_day, @before_id)`
		args["before_day"], args["before_id"] = q.Before.Day, q.Before.ID
	}
	args["limit"] = q.Limit
	collect(b, into, "reports", `
		SELECT r.report_id, r.day, r.reporter, r.policy_domain, r.messages, r.aligned, coalesce(jsonb_array_length(r.repairs), 0) AS repairs, r.stored_at, r.trust
		FROM reports r WHERE `+where+` ORDER BY r.day DESC, r.report_id DESC LIMIT @limit`, args)
}

// holding is the condition that report r holds a chosen message; "" when all
// do. Its receiver must have reported such on that day: few have, where they
// are rare, and its own rows are looked at only then.
func (f Filter) holding(org org.ID, args postgres.NamedArgs) string {
	if !f.ofMessages() {
		return ""
	}
	f.Repair, f.Doubted = "", false // of reports, and asked there
	where, more := f.conditions(org)
	maps.Copy(args, more)
	if f.Class != 0 {
		where, args["class"] = where+` AND `+classSQL+` = @class`, f.Class
	}
	where = ` t ` + opinions + ` WHERE ` + where
	if f.Network.IsValid() {
		return `r.report_id IN (SELECT t.report_id FROM messages` + where + `)`
	}
	return `(r.domain_id, r.day, r.reporter_domain) IN (SELECT t.domain_id, t.day, t.reporter FROM messages_by_receiver` + where + `)
		AND EXISTS (SELECT FROM messages` + where + ` AND t.domain_id = r.domain_id AND t.day = r.day AND t.report_id = r.report_id)`
}

// counts are how many reports and mails there are.
type counts struct {
	Reports  int64 // that hold chosen messages
	Ever     int64 // of the organization at all, up to 1,000
	Problems int64 // mails that a person should look at
	Reviewed bool  // somebody said of a sender whose it is
}

// queueCounts counts reports and mails.
func queueCounts(b *postgres.Batch, org org.ID, f Filter, c *counts) {
	where, args := reportWhere(f), reportArgs(org, f)
	if holding := f.holding(org, args); holding != "" {
		where += " AND " + holding
	}
	args["verdicts"] = attention
	scan(b, "count reports", `
		SELECT (SELECT count(*) FROM reports r WHERE `+where+`),
		       (SELECT count(*) FROM (SELECT FROM reports WHERE org_id = @org LIMIT 1000) e),
		       (SELECT count(*) FROM receipts WHERE org_id = @org AND verdict = ANY(@verdicts)),
		       EXISTS (SELECT FROM senders s WHERE s.org_id = @org AND s.review <> '')`, args, &c.Reports, &c.Ever, &c.Problems, &c.Reviewed)
}

func queueReport(b *postgres.Batch, org org.ID, id ID, r *Report, found *bool) {
	args := postgres.NamedArgs{"org": org, "id": id}
	scan(b, "report", `
		SELECT true, t.report_id, t.domain_id, d.name, t.receipt_id, t.day, t.begin_at, t.end_at, t.reporter, t.reporter_domain,
		       t.records, t.bad_records, t.messages, t.aligned, t.stored_at, t.document, t.repairs, t.trust,
		       m.source, m.auth_method, m.auth_result, m.auth_domain,
		       EXISTS (SELECT FROM originals o WHERE o.org_id = @org AND o.receipt_id = t.receipt_id AND NOT o.damaged)
		FROM reports t JOIN domains d ON d.org_id = t.org_id AND d.domain_id = t.domain_id
		JOIN receipts m ON m.org_id = t.org_id AND m.receipt_id = t.receipt_id
		WHERE t.org_id = @org AND t.report_id = @id`, args,
		found, &r.ID, &r.DomainID, &r.Domain, &r.Receipt, &r.Day, &r.BeginAt, &r.EndAt, &r.Reporter, &r.ReporterDomain,
		&r.Records, &r.BadRecords, &r.Messages, &r.Aligned, &r.StoredAt, &r.Document, &r.RepairsRaw, &r.Trust,
		&r.Source, &r.AuthMethod, &r.AuthResult, &r.AuthDomain, &r.Original)
	scan(b, "report split", `SELECT `+splitSQL+` FROM messages t `+opinions+` WHERE `+ofReport, args,
		&r.Split.Passing, &r.Split.Forwarded, &r.Split.Fix, &r.Split.Unknown)
}

// ofReport chooses the rows of one report, by their key.
const ofReport = `t.org_id = @org AND (t.domain_id, t.day, t.report_id) =
	(SELECT r.domain_id, r.day, r.report_id FROM reports r WHERE r.org_id = @org AND r.report_id = @id)`

func queueRecords(b *postgres.Batch, org org.ID, id ID, q RecordQuery, into *[]Record) {
	args := postgres.NamedArgs{"org": org, "id": id, "limit": q.Limit, "offset": q.Offset}
	where := ofReport
	if q.Class != 0 {
		where += ` AND ` + classSQL + ` = @class`
		args["class"] = q.Class
	}
	collect(b, into, "records", `
		SELECT t.seq, t.source_ip, n.name, t.messages, `+classSQL+` AS class, t.sender, t.disposition, t.dkim, t.spf, t.forwarding,
		       t.header_from, t.envelope_from, t.envelope_to, t.evaluated, a.results
		FROM messages t `+opinions+`
		JOIN auth_results a ON a.org_id = t.org_id AND a.auth_id = t.auth_id
		LEFT JOIN ip_facts n ON n.ip = t.source_ip
		WHERE `+where+` ORDER BY `+classSQL+` = 3 DESC, t.messages DESC, t.seq LIMIT @limit OFFSET @offset`, args)
}

// of returns the conditions that say where receipts r came from, and their values.
func (q ReceiptQuery) of(org org.ID) (string, postgres.NamedArgs) {
	where, args := `r.org_id = @org`, postgres.NamedArgs{"org": org}
	add := func(condition, name string, value any) {
		where += " AND " + condition
		args[name] = value
	}
	if q.Source != "" {
		add(`r.source = @source`, "source", q.Source)
	}
	if !q.Mailbox.IsZero() {
		add(`r.mailbox_id = @mailbox`, "mailbox", q.Mailbox)
	}
	if !q.Upload.IsZero() {
		add(`r.upload_id = @upload`, "upload", q.Upload)
	}
	if q.IDs != nil {
		add(`r.receipt_id = ANY(@ids)`, "ids", q.IDs)
	}
	return where, args
}

func queueReceipts(b *postgres.Batch, org org.ID, q ReceiptQuery, into *[]Receipt) {
	where, args := q.of(org)
	args["limit"] = q.Limit
	if q.Verdicts != nil {
		where += ` AND r.verdict = ANY(@verdicts)`
		args["verdicts"] = q.Verdicts
	}
	if q.Before != 0 {
		where += ` AND r.receipt_id < @before`
		args["before"] = q.Before
	}
	collect(b, into, "receipts", `
		SELECT r.receipt_id, r.source, r.mailbox_id, r.mail_id, r.upload_id, p.email AS uploaded_by, r.label, r.mail_at, r.received_at, r.size, r.verdict, r.reason,
		       r.auth_method, r.auth_result, r.auth_domain, r.first_id,
		       EXISTS (SELECT FROM originals o WHERE o.org_id = r.org_id AND o.receipt_id = r.receipt_id) AS original,
		       EXISTS (SELECT FROM originals o WHERE o.org_id = r.org_id AND o.receipt_id = r.receipt_id AND o.damaged) AS damaged,
		       i.kind, i.domain, i.reporter, coalesce(i.messages, 0)::bigint AS messages, coalesce(i.repairs, 0)::bigint AS repairs, i.reports
		FROM (SELECT r.org_id, r.receipt_id, r.source, r.mailbox_id, r.mail_id, r.upload_id, r.uploaded_by, r.label, r.mail_at, r.received_at, r.size, r.verdict, r.reason,
		             r.auth_method, r.auth_result, r.auth_domain, r.first_id
		      FROM receipts r WHERE `+where+` ORDER BY r.receipt_id DESC LIMIT @limit) r
		LEFT JOIN members m ON m.org_id = r.org_id AND m.person_id = r.uploaded_by
		LEFT JOIN people p ON p.person_id = m.person_id
		LEFT JOIN LATERAL (
			SELECT min(i.kind) AS kind, min(i.domain) AS domain, coalesce(min(p.reporter), min(t.reporter)) AS reporter, sum(p.messages) FILTER (WHERE i.verdict NOT IN ('conflict', 'replaced')) AS messages,
			       sum(jsonb_array_length(coalesce(p.repairs, t.repairs))) FILTER (WHERE i.verdict = 'repaired') AS repairs,
			       array_agg(DISTINCT i.report_id) FILTER (WHERE i.report_id IS NOT NULL AND i.kind = 'aggregate' AND i.verdict NOT IN ('conflict', 'replaced')) AS reports
			FROM receipt_items i
			LEFT JOIN reports p ON i.kind = 'aggregate' AND p.org_id = i.org_id AND p.report_id = i.report_id
			LEFT JOIN tls_reports t ON i.kind = 'tls' AND t.org_id = i.org_id AND t.tls_report_id = i.report_id
			WHERE i.org_id = r.org_id AND i.receipt_id = r.receipt_id) i ON true
		ORDER BY r.receipt_id DESC`, args)
}

// queueVerdicts counts receipts by verdict, of where the query says.
func queueVerdicts(b *postgres.Batch, org org.ID, q ReceiptQuery, since time.Time, into *map[Verdict]int64) {
	where, args := q.of(org)
	args["since"] = since
	b.Queue(`SELECT r.verdict, count(*) FROM receipts r WHERE `+where+` AND r.received_at >= @since GROUP BY r.verdict`, args).Query(func(rows pgx.Rows) error {
		*into = map[Verdict]int64{}
		var v Verdict
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&v, &n}, func() error {
			(*into)[v] = n
			return nil
		})
		if err != nil {
			return fmt.Errorf("count verdicts: %w", err)
		}
		return nil
	})
}

// queueMailboxVerdicts counts receipts by mailbox and verdict.
func queueMailboxVerdicts(b *postgres.Batch, org org.ID, since time.Time, into *map[mailbox.ID]map[Verdict]int64) {
	*into = map[mailbox.ID]map[Verdict]int64{}
	b.Queue(`
		SELECT mailbox_id, verdict, count(*) FROM receipts
		WHERE org_id = @org AND received_at >= @since AND mailbox_id IS NOT NULL GROUP BY mailbox_id, verdict`,
		postgres.NamedArgs{"org": org, "since": since}).Query(func(rows pgx.Rows) error {
		var id mailbox.ID
		var v Verdict
		var n int64
		_, err := pgx.ForEachRow(rows, []any{&id, &v, &n}, func() error {
			if (*into)[id] == nil {
				(*into)[id] = map[Verdict]int64{}
			}
			(*into)[id][v] = n
			return nil
		})
		if err != nil {
			return fmt.Errorf("count verdicts of mailboxes: %w", err)
		}
		return nil
	})
}

func queueSuggestions(b *postgres.Batch, org org.ID, into *[]Suggestion) {
	collect(b, into, "suggestions", suggestionsSQL+` LIMIT 20`, postgres.NamedArgs{"org": org, "reason": ReasonUnwatched})
}
