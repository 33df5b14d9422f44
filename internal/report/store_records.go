package report

import (
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// addRecords writes rows and the authentication results they name that the
// dictionary lacks, column by column: COPY does not work under row-level
// security, and unnest is as fast for the sizes of reports.
func (g *group) addRecords(b *postgres.Batch, rows []row) {
	n := len(rows)
	if n == 0 {
		return
	}
	domains, days, reports := make([][16]byte, n), make([]time.Time, n), make([]int64, n)
	seqs, auths, messages := make([]int32, n), make([]int64, n), make([]int64, n)
	dispositions, dkims, spfs, forwardings := make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n)
	ips, headers := make([]netip.Addr, n), make([]string, n)
	from, to, evaluated := make([]*string, n), make([]*string, n), make([]json.RawMessage, n)
	missing := map[int64]bool{}
	for i := range rows {
		r := &rows[i]
		domains[i], days[i], reports[i] = [16]byte(r.report.domain), r.report.day, int64(r.report.id)
		seqs[i], auths[i], messages[i] = r.seq, r.auth, r.messages
		dispositions[i], dkims[i], spfs[i], forwardings[i] = r.disposition, r.dkim, r.spf, r.forwarding
		ips[i], headers[i], from[i], to[i], evaluated[i] = r.ip, r.headerFrom, r.envelopeFrom, r.envelopeTo, r.evaluated
		if !g.s.results.has(r.auth) {
			missing[r.auth] = true
		}
	}
	g.addResults(b, missing)
	b.Queue(`
		INSERT INTO records (org_id, domain_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding,
		       source_ip, header_from, envelope_from, envelope_to, evaluated)
		SELECT @org, u.* FROM unnest(@domains::uuid[], @days::date[], @reports::bigint[], @seqs::int[], @auths::bigint[], @messages::bigint[],
		       @dispositions::smallint[], @dkims::smallint[], @spfs::smallint[], @forwardings::smallint[],
		       @ips::inet[], @headers::text[], @from::text[], @to::text[], @evaluated::jsonb[]) AS u`,
		postgres.NamedArgs{"org": g.org, "domains": domains, "days": days, "reports": reports, "seqs": seqs, "auths": auths,
			"messages": messages, "dispositions": dispositions, "dkims": dkims, "spfs": spfs, "forwardings": forwardings,
			"ips": ips, "headers": headers, "from": from, "to": to, "evaluated": evaluated})
}

// addResults adds authentication results to the dictionary.
func (g *group) addResults(b *postgres.Batch, missing map[int64]bool) {
	if len(missing) == 0 {
		return
	}
	keys := slices.Sorted(maps.Keys(missing)) // in one order, so that transactions do not wait for one another in a circle
	results := make([]json.RawMessage, len(keys))
	for i, k := range keys {
		results[i] = g.dictionary[k]
	}
	g.added = append(g.added, keys...)
	b.Queue(`
		INSERT INTO auth_results (org_id, auth_id, results)
		SELECT @org, id, r FROM unnest(@ids::bigint[], @results::jsonb[]) AS a (id, r)
		ON CONFLICT DO NOTHING`, postgres.NamedArgs{"org": g.org, "ids": keys, "results": results})
}

// addTotals adds the sums to the rollup, in the order of the keys. A report
// that no longer counts is in them with negative numbers.
func addTotals(b *postgres.Batch, org org.ID, t totals) {
	if len(t) == 0 {
		return
	}
	keys := t.sorted()
	n := len(keys)
	domains, days, ips, reporters := make([][16]byte, n), make([]time.Time, n), make([]netip.Addr, n), make([]string, n)
	dispositions, dkims, spfs, forwardings, trusts := make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n)
	messages, own, lost := make([]int64, n), make([]bool, n), false
	for i, k := range keys {
		domains[i], days[i], ips[i], reporters[i] = [16]byte(k.domain), k.day, k.ip, k.reporter
		dispositions[i], dkims[i], spfs[i], forwardings[i], trusts[i] = k.disposition, k.dkim, k.spf, k.forwarding, int16(k.trust)
		messages[i], own[i] = t[k], k.own() && t[k] > 0
		lost = lost || t[k] < 0
	}
	args := postgres.NamedArgs{"org": org, "domains": domains, "days": days, "ips": ips, "reporters": reporters,
		"dispositions": dispositions, "dkims": dkims, "spfs": spfs, "forwardings": forwardings, "trusts": trusts, "messages": messages, "own": own}
	// Most addresses are known and nothing about them changes. They are left
	// out before the insert, which would lock their rows to the commit and so
	// make all writers of a domain wait for one another. The inner select is a
	// scalar so that it is a look-up by key whatever the planner knows.
	b.Queue(`
		INSERT INTO sources AS s (org_id, domain_id, source_ip, own, first_day, last_day)
		SELECT @org, d, ip, o, first, last
		FROM (SELECT d, ip, bool_or(o) AS o, min(day) AS first, max(day) AS last
		      FROM unnest(@domains::uuid[], @ips::inet[], @own::boolean[], @days::date[]) AS u (d, ip, o, day) GROUP BY d, ip) u
		WHERE coalesce((SELECT u.o AND NOT k.own OR u.first < k.first_day OR u.last > k.last_day FROM sources k
		                WHERE k.org_id = @org AND k.domain_id = u.d AND k.source_ip = u.ip), true)
		ORDER BY d, ip
		ON CONFLICT (org_id, domain_id, source_ip) DO UPDATE
		SET own = s.own OR excluded.own, first_day = least(s.first_day, excluded.first_day), last_day = greatest(s.last_day, excluded.last_day)`, args)
	b.Queue(`
		INSERT INTO daily_messages AS t (org_id, domain_id, day, source_ip, reporter, disposition, dkim, spf, forwarding, trust, messages)
		SELECT @org, u.* FROM unnest(@domains::uuid[], @days::date[], @ips::inet[], @reporters::text[],
		       @dispositions::smallint[], @dkims::smallint[], @spfs::smallint[], @forwardings::smallint[], @trusts::smallint[], @messages::bigint[]) AS u
		ON CONFLICT (org_id, domain_id, day, reporter, source_ip, disposition, dkim, spf, forwarding, trust)
		DO UPDATE SET messages = t.messages + excluded.messages`, args)
	if lost {
		addLost(b, args)
	}
}

// addLost takes back what stood on messages that no longer count: rollup
// rows without messages, and addresses that were the owner's because of them.
func addLost(b *postgres.Batch, args postgres.NamedArgs) {
	const touched = ` (SELECT d, ip, day FROM unnest(@domains::uuid[], @ips::inet[], @days::date[]) AS u (d, ip, day))`
	b.Queue(`
		DELETE FROM daily_messages WHERE org_id = @org AND messages = 0 AND (domain_id, source_ip, day) IN`+touched, args)
	b.Queue(`
		UPDATE sources s SET own = false
		WHERE s.org_id = @org AND s.own AND (s.domain_id, s.source_ip) IN (SELECT d, ip FROM`+touched+` AS u) AND NOT EXISTS (
			SELECT FROM daily_messages t WHERE t.org_id = @org AND t.domain_id = s.domain_id AND t.source_ip = s.source_ip
			AND (t.dkim = 1 OR t.spf = 1) AND t.forwarding = 0 AND t.trust <> 2)`, args)
}
