package tlsreport

import (
	"fmt"

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

// sum adds up a column of counts. Reports may state what they like: the sum
// stops where a bigint and the sum of two would no longer hold it.
func sum(column string) string {
	return `least(coalesce(sum(` + column + `), 0), 4000000000000000000)::bigint`
}

// Sums of the sessions of policies p, and of the details f.
var (
	sessionsSQL = sum(`p.successful`) + ` AS successful, ` + sum(`p.failed`) + ` AS failed`
	// The same of a policy that is older than the chosen days: since when it is
	// seen is told, its sessions are those of these days.
	sessionsOfDaysSQL = sum(`CASE WHEN p.day >= @from THEN p.successful END`) + ` AS successful, ` + sum(`CASE WHEN p.day >= @from THEN p.failed END`) + ` AS failed`
	detailsSQL        = sum(`f.sessions`) + ` AS sessions, max(p.day) AS last_day`
)

// all returns the conditions on policies p of all reports and their values.
// The organization and the days always stand first: they choose the index.
func (f Filter) all(org org.ID) (string, postgres.NamedArgs) {
	args := postgres.NamedArgs{"org": org, "from": f.From, "to": f.To, "domain": f.Domain}
	return f.ofDomains() + ` AND p.day BETWEEN @from AND @to`, args
}

// where is the same of those reports that count.
func (f Filter) where(org org.ID) (string, postgres.NamedArgs) {
	where, args := f.all(org)
	return where + ` AND NOT ` + doubted, args
}

// doubted is true of policies p in a report that nobody vouches for.
const doubted = `EXISTS (SELECT FROM tls_reports u WHERE u.org_id = @org AND u.tls_report_id = p.tls_report_id AND u.trust = 2)` // Unvouched, by the partial index

func (f Filter) ofDomains() string {
	if f.Domain.IsZero() {
		return `p.org_id = @org AND p.domain_id IS NOT NULL`
	}
	return `p.org_id = @org AND p.domain_id = @domain`
}

// failing joins the details of policies p.
const failing = ` FROM tls_policies p JOIN tls_failures f ON f.org_id = p.org_id AND f.tls_report_id = p.tls_report_id AND f.seq = p.seq `

// word cuts what is grouped by and shown in a list: a value is as long as its
// reporter likes.
func word(column string) string { return `left(` + column + `, 255)` }

func queueDays(b *postgres.Batch, org org.ID, f Filter, into *[]DayTotal) {
	where, args := f.where(org)
	collect(b, into, "TLS days", `SELECT p.day, `+sessionsSQL+` FROM tls_policies p WHERE `+where+` GROUP BY p.day ORDER BY p.day DESC`, args)
}

func queueDomains(b *postgres.Batch, org org.ID, f Filter, into *[]DomainTotal) {
	where, args := f.where(org)
	chosen := `d.org_id = @org`
	if !f.Domain.IsZero() {
		chosen += ` AND d.domain_id = @domain`
	}
	collect(b, into, "TLS domains", `
		SELECT d.name, coalesce(t.successful, 0) AS successful, coalesce(t.failed, 0) AS failed, coalesce(t.reports, 0) AS reports,
		       (SELECT max(l.day) FROM tls_policies l WHERE l.org_id = @org AND l.domain_id = d.domain_id) AS last_day
		FROM domains d
		LEFT JOIN (SELECT p.domain_id, `+sessionsSQL+`, count(DISTINCT p.tls_report_id) AS reports
		           FROM tls_policies p WHERE `+where+` GROUP BY p.domain_id) t ON t.domain_id = d.domain_id
		WHERE `+chosen+` ORDER BY coalesce(t.failed, 0) DESC, d.name`, args)
}

func queueResults(b *postgres.Batch, org org.ID, f Filter, into *[]ResultTotal) {
	where, args := f.where(org)
	args["limit"] = summaryResults
	collect(b, into, "TLS results", `SELECT `+word(`f.result_type`)+` AS result_type, `+detailsSQL+failing+`
		WHERE `+where+` GROUP BY 1 ORDER BY sessions DESC, 1 LIMIT @limit`, args)
}

// hostResults is what a list of servers has beside their name.
const hostResults = `(array_agg(DISTINCT left(f.result_type, 255)))[1:5] AS results, count(*) OVER () AS size, `

func queueSenders(b *postgres.Batch, org org.ID, f Filter, into *[]HostTotal) {
	where, args := f.where(org)
	args["limit"] = summaryHosts
	collect(b, into, "sending servers", `SELECT `+word(`f.sending_ip`)+` AS host, min(`+word(`r.reporter`)+`) AS detail, `+hostResults+detailsSQL+failing+`
		JOIN tls_reports r ON r.org_id = p.org_id AND r.tls_report_id = p.tls_report_id
		WHERE `+where+` GROUP BY 1, r.reporter_domain ORDER BY sessions DESC, 1 LIMIT @limit`, args)
}

func queueReceivers(b *postgres.Batch, org org.ID, f Filter, into *[]HostTotal) {
	where, args := f.where(org)
	args["limit"] = summaryHosts
	collect(b, into, "receiving servers", `SELECT `+word(`f.receiving_host`)+` AS host, max(`+word(`f.receiving_ip`)+`) AS detail, `+hostResults+detailsSQL+failing+`
		WHERE `+where+` GROUP BY 1 ORDER BY sessions DESC, 1 LIMIT @limit`, args)
}

// queuePolicies looks at all days of a policy for when it was first seen.
func queuePolicies(b *postgres.Batch, org org.ID, f Filter, into *[]SeenPolicy) {
	_, args := f.where(org)
	args["limit"] = summaryPolicies
	collect(b, into, "policies seen", `
		SELECT p.policy_domain, `+word(`p.type`)+` AS type, p.lines, p.mx_hosts, min(p.day) AS first_day, max(p.day) AS last_day, `+sessionsOfDaysSQL+`
		FROM tls_policies p WHERE `+f.ofDomains()+` AND p.day <= @to AND NOT `+doubted+`
		GROUP BY p.policy_domain, 2, p.lines, p.mx_hosts HAVING max(p.day) >= @from
		ORDER BY max(p.day) DESC, sum(p.successful) + sum(p.failed) DESC, p.policy_domain LIMIT @limit`, args)
}

func queueCounts(b *postgres.Batch, org org.ID, f Filter, reports, ever *int64) {
	where, args := f.all(org)
	scan := func(where string, into *int64) {
		b.Queue(`SELECT count(DISTINCT p.tls_report_id) FROM tls_policies p WHERE `+where, args).
			QueryRow(func(row pgx.Row) error { return row.Scan(into) })
	}
	scan(where, reports)
	scan(f.ofDomains(), ever)
}

func queueDoubted(b *postgres.Batch, org org.ID, f Filter, into *Doubted) {
	where, args := f.all(org)
	b.Queue(`SELECT count(DISTINCT p.tls_report_id), `+sum(`p.successful`)+`, `+sum(`p.failed`)+` FROM tls_policies p WHERE `+where+` AND `+doubted, args).
		QueryRow(func(row pgx.Row) error { return row.Scan(&into.Reports, &into.Successful, &into.Failed) })
}

func queueLines(b *postgres.Batch, org org.ID, q Query, into *[]Line) {
	where, args := q.all(org)
	after := ""
	if q.Before != nil {
		after = ` AND r.day <= @before_day AND (r.day, r.tls_report_id) < (@before_day, @before_id)`
		args["before_day"], args["before_id"] = q.Before.Day, q.Before.ID
	}
	args["limit"] = q.Limit
	collect(b, into, "TLS reports", `
		SELECT r.tls_report_id, r.day, r.reporter, coalesce(jsonb_array_length(r.repairs), 0) AS repairs, r.stored_at, r.trust,
		       t.policy_domain, t.domains, t.successful, t.failed
		FROM tls_reports r CROSS JOIN LATERAL (
			SELECT min(p.policy_domain) AS policy_domain, count(DISTINCT p.policy_domain) AS domains, `+sessionsSQL+`
			FROM tls_policies p WHERE `+where+` AND p.tls_report_id = r.tls_report_id HAVING count(*) > 0) t
		WHERE r.org_id = @org AND r.day BETWEEN @from AND @to`+after+` ORDER BY r.day DESC, r.tls_report_id DESC LIMIT @limit`, args)
}

func queueReport(b *postgres.Batch, org org.ID, id ID, into *[]Report) {
	collect(b, into, "TLS report", `
		SELECT r.tls_report_id, r.receipt_id, r.day, r.begin_at, r.end_at, r.reporter, r.contact, r.reporter_id, r.stored_at, r.trust, r.repairs,
		       t.policies, t.successful, t.failed, (SELECT count(*) FROM tls_failures f WHERE f.org_id = @org AND f.tls_report_id = @id) AS failures
		FROM tls_reports r CROSS JOIN LATERAL (
			SELECT count(*) AS policies, `+sessionsSQL+` FROM tls_policies p WHERE p.org_id = @org AND p.tls_report_id = @id) t
		WHERE r.org_id = @org AND r.tls_report_id = @id`, postgres.NamedArgs{"org": org, "id": id})
}

func queueReportPolicies(b *postgres.Batch, org org.ID, id ID, part Part, into *[]Policy) {
	collect(b, into, "policies of a TLS report", `
		SELECT p.seq, p.domain_sent, p.policy_domain, d.name AS watched, p.type, p.lines, p.mx_hosts, p.successful, p.failed
		FROM tls_policies p LEFT JOIN domains d ON d.org_id = p.org_id AND d.domain_id = p.domain_id
		WHERE p.org_id = @org AND p.tls_report_id = @id ORDER BY p.seq LIMIT @limit OFFSET @offset`,
		postgres.NamedArgs{"org": org, "id": id, "limit": part.Limit, "offset": part.Offset})
}

func queueReportFailures(b *postgres.Batch, org org.ID, id ID, part Part, into *[]Failure) {
	collect(b, into, "failures of a TLS report", `
		SELECT p.policy_domain, f.result_type, f.sending_ip, f.receiving_ip, f.receiving_host, f.receiving_helo, f.sessions, f.information, f.reason`+failing+`
		WHERE p.org_id = @org AND p.tls_report_id = @id ORDER BY f.sessions DESC, f.seq, f.n LIMIT @limit OFFSET @offset`,
		postgres.NamedArgs{"org": org, "id": id, "limit": part.Limit, "offset": part.Offset})
}
