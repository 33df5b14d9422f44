package report

import (
	"net/netip"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// judged is a common table "x" of the chosen messages by day, sender and class.
// Facts are summed before they are judged: dispositions and countries multiply
// the rows and change nothing here. Further conditions on rows t narrow it.
func (f Filter) judged(org org.ID, further ...string) (string, postgres.NamedArgs) {
	facts, args := f.conditions(org)
	facts = strings.Join(append([]string{facts}, further...), " AND ")
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
	x, args := f.judged(org, `t.sender = ANY(@names)`, `t.domain_id = ANY(@domains)`)
	names, domains := make([]string, len(senders)), make([]DomainID, len(senders))
	for i, t := range senders {
		names[i], domains[i] = t.Sender, t.DomainID
	}
	args["names"], args["domains"] = names, domains
	collect(b, into, "days of senders", x+`
		SELECT x.sender, x.domain_id, x.day, sum(x.messages)::bigint AS messages
		FROM x JOIN unnest(@names::text[], @domains::uuid[]) AS u (sender, domain_id) USING (sender, domain_id) GROUP BY x.sender, x.domain_id, x.day`, args)
}
