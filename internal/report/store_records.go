package report

import (
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"time"

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
