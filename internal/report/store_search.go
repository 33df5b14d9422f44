package report

import (
	"net/netip"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// queueFoundSenders looks through the organization's senders, of which there
// are thousands at most, and for who an address belongs to.
func queueFoundSenders(b *postgres.Batch, org org.ID, q string, keys []string, network netip.Prefix, into *[]FoundSender) {
	args := postgres.NamedArgs{"org": org, "q": q, "keys": keys, "limit": perKind}
	where := `strpos(s.sender, @q) > 0 OR split_part(s.sender, '/', 1) = ANY(@keys)`
	if network.IsValid() && network.IsSingleIP() {
		where = `(s.domain_id, s.sender) IN (SELECT o.domain_id, o.sender FROM sources o WHERE o.org_id = @org AND o.source_ip = @ip)`
		args["ip"] = network.Addr()
	}
	collect(b, into, "search senders", `
		SELECT s.sender, count(*)::int AS domains FROM senders s WHERE s.org_id = @org AND (`+where+`)
		GROUP BY s.sender ORDER BY strpos(s.sender, @q) = 1 DESC, bool_or(s.own) DESC, s.sender LIMIT @limit`, args)
}

// queueFoundReporters looks through the reports of some days.
func queueFoundReporters(b *postgres.Batch, org org.ID, q string, f Filter, into *[]FoundReporter) {
	collect(b, into, "search receivers", `
		SELECT r.reporter_domain AS reporter, count(*) AS reports FROM reports r
		WHERE r.org_id = @org AND r.day BETWEEN @from AND @to AND (strpos(r.reporter_domain, @q) > 0 OR strpos(lower(r.reporter), @q) > 0)
		GROUP BY r.reporter_domain ORDER BY count(*) DESC, r.reporter_domain LIMIT @limit`,
		postgres.NamedArgs{"org": org, "q": q, "from": f.From, "to": f.To, "limit": perKind})
}

// queueFoundReports finds reports by the whole id that the reporter gave them.
func queueFoundReports(b *postgres.Batch, org org.ID, id string, into *[]Line) {
	collect(b, into, "search reports", `
		SELECT r.report_id, r.day, r.reporter, r.policy_domain, r.messages, r.aligned, coalesce(jsonb_array_length(r.repairs), 0) AS repairs, r.stored_at, r.trust
		FROM reports r WHERE r.org_id = @org AND r.reporter_id = @id ORDER BY r.day DESC, r.report_id DESC LIMIT @limit`,
		postgres.NamedArgs{"org": org, "id": id, "limit": perKind})
}
