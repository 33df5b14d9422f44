package report

import (
	"net/netip"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// judged is a common table "x" of the chosen messages by domain, sender and
// class, and with trends also by day, or by month where these have a point for
// it. Facts are summed before they are judged: dispositions and countries, and
// days where nobody asks for them, multiply the rows and change nothing here.
func (f Filter) judged(org org.ID, trends bool) (string, postgres.NamedArgs) {
	facts, args := f.conditions(org)
	day, from := `NULL::date`, f.span(false)
	if trends {
		day, from = `t.day`, f.rows(false, f.byMonth())
	}
	args["recent"], args["week"] = f.recent(), f.To.AddDate(0, 0, -7)
	args["quarantine"], args["reject"] = int16(dmarcrpt.DispositionQuarantine), int16(dmarcrpt.DispositionReject)
	return `WITH x AS MATERIALIZED (
		SELECT t.domain_id, t.sender, ` + classOfFact + ` AS class, t.point AS day, t.last_day, t.messages, t.sure, t.sure_stopped, t.recent, t.sure_recent, t.week, t.before, t.sure_dkim, t.dkim, t.spf
		FROM (SELECT t.org_id, t.domain_id, t.sender, ` + factSQL + ` AS fact, ` + day + ` AS point, max(t.last_day) AS last_day, sum(t.messages)::bigint AS messages, ` + sureSQL + ` AS sure,
		             coalesce(sum(t.messages) FILTER (WHERE t.disposition IN (@quarantine, @reject) AND t.trust <> 2), 0)::bigint AS sure_stopped,
		             coalesce(sum(t.messages) FILTER (WHERE t.day >= @recent), 0)::bigint AS recent,
		             coalesce(sum(t.messages) FILTER (WHERE t.day >= @recent AND t.trust <> 2), 0)::bigint AS sure_recent,
		             coalesce(sum(t.messages) FILTER (WHERE t.day > @week::date AND t.trust <> 2), 0)::bigint AS week,
		             coalesce(sum(t.messages) FILTER (WHERE t.day > @week::date - 7 AND t.day <= @week::date AND t.trust <> 2), 0)::bigint AS before,
		             coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1 AND t.trust <> 2), 0)::bigint AS sure_dkim,
		             coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1), 0)::bigint AS dkim, coalesce(sum(t.messages) FILTER (WHERE t.spf = 1), 0)::bigint AS spf
		      FROM ` + from + ` t WHERE ` + facts + ` GROUP BY t.org_id, t.domain_id, t.sender, 4, 5) t ` + opinions + f.ofClass(args) + `)`, args
}

// judgedDays is a common table "x" of the chosen messages by domain, day,
// sender and class.
func (f Filter) judgedDays(org org.ID) (string, postgres.NamedArgs) {
	facts, args := f.conditions(org)
	return `WITH x AS MATERIALIZED (
		SELECT t.domain_id, t.day, t.sender, ` + classOfFact + ` AS class, t.messages, t.sure, t.dkim, t.spf
		FROM (SELECT t.org_id, t.domain_id, t.day, t.sender, ` + factSQL + ` AS fact, sum(t.messages)::bigint AS messages, ` + sureSQL + ` AS sure,
		             coalesce(sum(t.messages) FILTER (WHERE t.dkim = 1), 0)::bigint AS dkim, coalesce(sum(t.messages) FILTER (WHERE t.spf = 1), 0)::bigint AS spf
		      FROM ` + f.messages(false) + ` t WHERE ` + facts + ` GROUP BY t.org_id, t.domain_id, t.day, t.sender, 5) t ` + opinions + f.ofClass(args) + `)`, args
}

// ofClass chooses rows t of judged by the filter's class.
func (f Filter) ofClass(args postgres.NamedArgs) string {
	if f.Class == 0 {
		return ""
	}
	args["class"] = f.Class
	return ` WHERE ` + classOfFact + ` = @class`
}

// joinByHash has the queries that follow join their rows by hash, until end is
// called. The planner takes what row-level security says of an organization for
// one more condition, expects a few hundredths of its rows, and would look up
// senders for one after the other. Records are looked up all the same, which
// PostgreSQL before 18 has cost so much then that sorting rows to group them seems
// as good as a hash: that is switched off too.
func (f Filter) joinByHash(b *postgres.Batch) (end func()) {
	if f.messages(false) == "messages" {
		return func() {}
	}
	const set = `select set_config('enable_nestloop', $1, true), set_config('enable_sort', $1, true)`
	b.Queue(set, "off")
	return func() { b.Queue(set, "on") }
}

// total is a sum of messages over one of three groupings.
type total struct {
	Grouping  string      `db:"grouping"` // sender, domain or class
	Class     Class       `db:"class"`    // of senders, where classes are counted
	DomainID  *DomainID   `db:"domain_id"`
	Domain    *fqdn.Name  `db:"domain"`
	Sender    *string     `db:"sender"`
	Address   *netip.Addr `db:"address"`
	Addresses int         `db:"addresses"`
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

// dayTotal is a sum of messages over a day, or over the days of a domain; or
// the Long of a day.
type dayTotal struct {
	Day      *time.Time `db:"day"`
	DomainID *DomainID  `db:"domain_id"`
	Split
	Sure     int64 `db:"sure"`
	Days     int   `db:"days"`      // with messages
	SureDays int   `db:"sure_days"` // with messages that somebody vouches for
	Long     int64 `db:"long"`      // reports of the day that cover more than LongPeriod
}

// Recent is the messages of the last RecentDays of the chosen ones.
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
	Stopped     int64 `db:"sure_stopped"` // of Fix, quarantined or rejected by who received them
	RecentFix   int64 `db:"sure_recent_fix"`
	RecentOther int64 `db:"sure_recent_other"`
}

// Pace is how a domain's own mail grows and is signed, by what somebody vouches for.
type Pace struct {
	Signed int64 `db:"signed"` // messages with an aligned DKIM pass
	Week   int64 `db:"week"`   // messages known as the owner's in the last seven of the chosen days
	Before int64 `db:"before"` // the same in the seven before them
}

// sumsSQL adds up rows of x: all messages, and those that somebody vouches for.
const sumsSQL = `max(x.last_day) AS last_day, max(x.last_day) FILTER (WHERE x.class = 3) AS last_fix,
	coalesce(sum(x.recent) FILTER (WHERE x.class = 3), 0)::bigint AS recent_fix, coalesce(sum(x.recent) FILTER (WHERE x.class <> 3), 0)::bigint AS recent_other,
	coalesce(sum(x.sure_recent) FILTER (WHERE x.class = 3), 0)::bigint AS sure_recent_fix, coalesce(sum(x.sure_recent) FILTER (WHERE x.class <> 3), 0)::bigint AS sure_recent_other,
	sum(x.dkim)::bigint AS dkim, sum(x.spf)::bigint AS spf, sum(x.sure_dkim)::bigint AS signed,
	coalesce(sum(x.week) FILTER (WHERE x.class IN (1, 3)), 0)::bigint AS week, coalesce(sum(x.before) FILTER (WHERE x.class IN (1, 3)), 0)::bigint AS before,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 1), 0)::bigint AS passing, coalesce(sum(x.sure) FILTER (WHERE x.class = 1), 0)::bigint AS sure_passing,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 2), 0)::bigint AS forwarded, coalesce(sum(x.sure) FILTER (WHERE x.class = 2), 0)::bigint AS sure_forwarded,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 3), 0)::bigint AS fix, coalesce(sum(x.sure) FILTER (WHERE x.class = 3), 0)::bigint AS sure_fix,
	coalesce(sum(x.sure_stopped) FILTER (WHERE x.class = 3), 0)::bigint AS sure_stopped,
	coalesce(sum(x.messages) FILTER (WHERE x.class = 4), 0)::bigint AS unknown, coalesce(sum(x.sure) FILTER (WHERE x.class = 4), 0)::bigint AS sure_unknown`

// sumColumns names what sumsSQL adds up.
const sumColumns = `last_day, last_fix, recent_fix, recent_other, sure_recent_fix, sure_recent_other, dkim, spf, signed, week, before,
	passing, sure_passing, forwarded, sure_forwarded, fix, sure_fix, sure_stopped, unknown, sure_unknown`

// senderColumns bring what is known about the sender of rows t, and of those that
// are described their addresses, all that ever sent as the domain.
func senderColumns(described string) string {
	return `coalesce(s.own, false) AS own, coalesce(s.review, '') AS review, coalesce(s.note, '') AS note, s.reviewed_at,
	(SELECT p.email FROM members m JOIN people p ON p.person_id = m.person_id WHERE m.org_id = @org AND m.person_id = s.reviewed_by) AS reviewed_by,
	coalesce((SELECT count(*) FROM sources o WHERE o.org_id = @org AND o.domain_id = t.domain_id AND o.sender = t.sender AND ` + described + `), 0)::int AS addresses,
	(SELECT o.source_ip FROM sources o WHERE o.org_id = @org AND o.domain_id = t.domain_id AND o.sender = t.sender AND ` + described + ` LIMIT 1) AS address`
}

// queueTotals sums the chosen messages by domain and by sender. Of senders
// those that need fixing come first and are all there, of the others those with
// failing mail of the owner's and then the largest, up to a limit.
func queueTotals(b *postgres.Batch, org org.ID, f Filter, limit int, into *[]total) {
	x, args := f.judged(org, false)
	args["limit"], args["described"] = limit, DescribedSenders
	collect(b, into, "totals", x+`,
		sums AS (
			SELECT CASE WHEN grouping(x.sender) = 0 THEN 'sender' ELSE 'domain' END AS grouping, x.domain_id, x.sender, `+sumsSQL+`
			FROM x GROUP BY GROUPING SETS ((x.domain_id), (x.sender, x.domain_id))),
		ranked AS (
			SELECT sums.grouping, domain_id, sender, `+sumColumns+`, count(*) OVER (PARTITION BY sums.grouping) AS size,
			       row_number() OVER (PARTITION BY sums.grouping ORDER BY `+senderClassSQL("")+` = 3 DESC, fix > 0 DESC, passing + forwarded + fix + unknown DESC, sender, domain_id) AS place
			FROM sums)
		SELECT t.grouping, 0 AS class, t.domain_id, d.name AS domain, t.sender, `+sumColumns+`, t.size, `+senderColumns(`t.place <= @described`)+`
		FROM ranked t JOIN domains d ON d.org_id = @org AND d.domain_id = t.domain_id
		LEFT JOIN senders s ON s.org_id = @org AND s.domain_id = t.domain_id AND s.sender = t.sender
		WHERE t.grouping <> 'sender' OR t.place <= @limit OR `+senderClassSQL("")+` = 3 OR `+senderClassSQL("sure_")+` = 3
		ORDER BY t.grouping, t.place`, args)
}

// queueDays sums the chosen messages by day, counts the days of domains, and
// those of reports that cover more than LongPeriod, by their index.
// The sums by class hold all messages of a domain; where they are not up to
// date or something is asked about single messages, senders are judged here.
// A day in both is one day.
func queueDays(b *postgres.Batch, org org.ID, f Filter, into *[]dayTotal) {
	const byDay = `
		d AS (SELECT x.domain_id, x.day, sum(x.messages) FILTER (WHERE x.class = 1) AS passing, sum(x.messages) FILTER (WHERE x.class = 2) AS forwarded,
		             sum(x.messages) FILTER (WHERE x.class = 3) AS fix, sum(x.messages) FILTER (WHERE x.class = 4) AS unknown, sum(x.sure) AS sure
		      FROM x GROUP BY x.domain_id, x.day HAVING sum(x.messages) > 0),`
	x, args := f.judgedDays(org)
	x += `,` + byDay + ` k AS (SELECT d.domain_id, d.day, d.passing, d.forwarded, d.fix, d.unknown, d.sure, 1 AS days, (d.sure > 0)::int AS sure_days FROM d)`
	if !f.ofMessages() && !f.ofReports() && f.Reporter == "" {
		chosen, _ := f.conditions(org)
		const judged = ` AND NOT EXISTS (SELECT FROM daily_unjudged u WHERE u.org_id = t.org_id AND u.domain_id = t.domain_id)`
		x = `WITH t AS (
			SELECT t.domain_id, t.day, t.sender, t.org_id, t.dkim, t.spf, t.forwarding, t.trust, t.messages FROM messages_due t WHERE ` + chosen + `
			UNION ALL
			SELECT t.domain_id, t.day, t.sender, t.org_id, t.dkim, t.spf, t.forwarding, t.trust, t.messages
			FROM daily_unjudged u JOIN daily_senders t ON t.org_id = u.org_id AND t.domain_id = u.domain_id WHERE ` + chosen + `),
		x AS (SELECT t.domain_id, t.day, t.messages, ` + classSQL + ` AS class, CASE WHEN t.trust <> 2 THEN t.messages ELSE 0 END AS sure FROM t ` + opinions + `),` + byDay + `
		k AS (
			SELECT t.domain_id, t.day, t.passing, t.forwarded, t.fix, t.unknown, t.sure, 1 AS days, (t.sure > 0)::int AS sure_days
			FROM daily_totals t WHERE ` + chosen + judged + `
			UNION ALL
			SELECT d.domain_id, d.day, d.passing, d.forwarded, d.fix, d.unknown, d.sure, (t.day IS NULL)::int, (coalesce(t.sure, 0) = 0 AND d.sure > 0)::int
			FROM d LEFT JOIN daily_totals t ON t.org_id = @org AND t.domain_id = d.domain_id AND t.day = d.day` + judged + `)`
	}
	collect(b, into, "days", x+`
		SELECT k.day, k.domain_id, coalesce(sum(k.passing), 0)::bigint AS passing, coalesce(sum(k.forwarded), 0)::bigint AS forwarded,
		       coalesce(sum(k.fix), 0)::bigint AS fix, coalesce(sum(k.unknown), 0)::bigint AS unknown, coalesce(sum(k.sure), 0)::bigint AS sure,
		       sum(k.days)::int AS days, sum(k.sure_days)::int AS sure_days, 0::bigint AS long
		FROM k GROUP BY GROUPING SETS ((k.day), (k.domain_id))
		UNION ALL
		SELECT r.day, NULL, 0, 0, 0, 0, 0, 0, 0, count(*)
		FROM (SELECT org_id, domain_id, day, reporter_domain, repairs, trust FROM reports
		      WHERE org_id = @org AND day BETWEEN @from AND @to AND end_at - begin_at > interval '48 hours' OFFSET 0) r
		WHERE `+reportWhere(f)+` GROUP BY r.day
		ORDER BY day`, args)
}

// queueDomains lists the domains, or the chosen one, with who reported, from
// which days on they saw another policy, and the policy of the last chosen day:
// what the newest report up to it states. Totals come with queueTotals. Few
// domains have had more than one policy: only of these days are compared.
func queueDomains(b *postgres.Batch, org org.ID, f Filter, into *[]DomainTotal) {
	reported, args := f.reported(org)
	collect(b, into, "domains", `
		WITH `+reported+`,
		kinds AS (
			SELECT r.domain_id, r.reporter, r.policy_domain, bool_or(r.sure) AS sure, bool_or(r.sure AND r.reports > r.nulls) AS mail,
			       coalesce(sum(r.nulls) FILTER (WHERE r.sure), 0) AS nulls, min(nullif(r.policy, '')) AS least, max(r.policy) AS most
			FROM reported r GROUP BY r.domain_id, r.reporter, r.policy_domain),
		seen AS (
			SELECT k.domain_id, count(DISTINCT k.reporter) FILTER (WHERE k.mail)::int AS reporters, coalesce(min(k.reporter) FILTER (WHERE k.mail), '') AS one_reporter,
			       sum(k.nulls)::bigint AS nulls, count(DISTINCT k.policy_domain) FILTER (WHERE k.sure AND k.policy_domain <> d.name)::int AS subdomains
			FROM kinds k JOIN domains d ON d.org_id = @org AND d.domain_id = k.domain_id GROUP BY k.domain_id),
		several AS MATERIALIZED (
			SELECT k.domain_id FROM kinds k JOIN domains d ON d.org_id = @org AND d.domain_id = k.domain_id AND d.name = k.policy_domain
			GROUP BY k.domain_id HAVING min(k.least) <> max(k.most)),
		policies AS (
			SELECT r.domain_id, r.day, mode() WITHIN GROUP (ORDER BY r.policy) AS policy
			FROM reports r JOIN domains d ON d.org_id = r.org_id AND d.domain_id = r.domain_id AND d.name = r.policy_domain
			WHERE `+reportWhere(f)+` AND r.policy <> '' AND r.domain_id = ANY(ARRAY(TABLE several)) AND EXISTS (TABLE several) GROUP BY r.domain_id, r.day),
		steps AS (SELECT domain_id, day, policy, lag(policy) OVER (PARTITION BY domain_id ORDER BY day) AS before FROM policies),
		changes AS (
			SELECT domain_id, array_agg(day ORDER BY day) AS days, array_agg(policy ORDER BY day) AS policies FROM steps WHERE before <> policy GROUP BY domain_id)
		SELECT d.domain_id, d.name, d.group_id, d.set_aside_at, 0 AS days, 0::bigint AS passing, 0::bigint AS forwarded, 0::bigint AS fix, 0::bigint AS unknown,
		       coalesce(n.reporters, 0) AS reporters, coalesce(n.one_reporter, '') AS one_reporter, coalesce(n.nulls, 0) AS nulls, coalesce(n.subdomains, 0) AS subdomains,
		       c.days AS change_days, c.policies AS change_policies, coalesce(l.policy, '') AS policy,
		       (SELECT h.head->'Policy' FROM report_heads h WHERE h.org_id = @org AND h.head_id = l.head_id) AS published, l.reporter AS policy_by, l.day AS policy_day, a.stored_at AS last_report_at
		FROM domains d LEFT JOIN seen n ON n.domain_id = d.domain_id LEFT JOIN changes c ON c.domain_id = d.domain_id
		LEFT JOIN LATERAL (SELECT r.policy, r.head_id, r.reporter, r.day
		                   FROM (SELECT r.policy_domain, r.trust, r.policy, r.head_id, r.reporter, r.day FROM reports r
		                         WHERE r.org_id = d.org_id AND r.domain_id = d.domain_id AND r.day <= @to ORDER BY r.day DESC, r.report_id DESC OFFSET 0) r
		                   WHERE r.policy_domain = d.name AND r.trust <> 2 LIMIT 1) l ON true -- one after the other, until one is it
		LEFT JOIN LATERAL (SELECT r.stored_at FROM reports r WHERE r.org_id = d.org_id AND r.domain_id = d.domain_id
		                   ORDER BY r.day DESC, r.report_id DESC LIMIT 1) a ON true
		WHERE d.org_id = @org`+f.ofDomains()+` ORDER BY d.name`, args)
}

// queueSenderDays sums the messages of some senders by day, or by month where
// their trends have a point for it.
func queueSenderDays(b *postgres.Batch, org org.ID, f Filter, senders []SenderTotal, into *[]senderDays) {
	names, domains := make([]string, len(senders)), make([]DomainID, len(senders))
	for i, t := range senders {
		names[i], domains[i] = t.Sender, t.DomainID
	}
	where, args := f.judgedWhere(org)
	args["names"], args["domains"] = names, domains
	collect(b, into, "days of senders", `
		SELECT t.sender, t.domain_id, array_agg(t.day) AS days, array_agg(t.messages) AS messages
		FROM (SELECT t.sender, t.domain_id, t.day, sum(t.messages)::bigint AS messages FROM `+f.rows(false, f.byMonth())+` t `+opinions+`
		      WHERE `+where+` AND t.domain_id = ANY(@domains) AND ((t.sender, t.domain_id) IN (SELECT u.sender, u.domain_id FROM unnest(@names::text[], @domains::uuid[]) AS u (sender, domain_id))) IS TRUE
		      GROUP BY t.sender, t.domain_id, t.day) t
		GROUP BY t.sender, t.domain_id`, args)
}
