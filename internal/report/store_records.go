package report

import (
	"encoding/json"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"sendvery.com/sendvery/internal/postgres"
)

// addRecords writes rows, what they add to the rollup, and the authentication
// results they name that the dictionary lacks, column by column: COPY does not
// work under row-level security, and unnest is as fast for the sizes of
// reports. What is the same for all rows of a report goes once, and each row
// says which report it is of, counted from 1.
func (g *group) addRecords(b *postgres.Batch, rows []row) {
	n := len(rows)
	if n == 0 {
		return
	}
	var domains [][16]byte
	var days []time.Time
	var reports []int64
	of, seqs, auths, messages := make([]int32, n), make([]int32, n), make([]int64, n), make([]int64, n)
	dispositions, dkims, spfs, forwardings := make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n)
	ips, headers := make([]netip.Addr, n), make([]string, n)
	from, to := make([]*string, n), make([]*string, n)
	var evaluated []json.RawMessage // seldom any: then none at all are sent
	missing := map[int64]bool{}
	for i := range rows {
		r := &rows[i]
		if i == 0 || r.report != rows[i-1].report {
			p := r.report
			domains, days, reports = append(domains, [16]byte(p.domain)), append(days, p.day), append(reports, int64(p.id))
		}
		of[i], seqs[i], auths[i], messages[i] = int32(len(reports)), r.seq, r.auth, r.messages
		dispositions[i], dkims[i], spfs[i], forwardings[i] = r.disposition, r.dkim, r.spf, r.forwarding
		ips[i], headers[i], from[i], to[i] = r.ip, r.headerFrom, r.envelopeFrom, r.envelopeTo
		if r.evaluated != nil && evaluated == nil {
			evaluated = make([]json.RawMessage, n)
		}
		if r.evaluated != nil {
			evaluated[i] = r.evaluated
		}
		if !g.s.results.has(r.auth) {
			missing[r.auth] = true
		}
	}
	g.addResults(b, missing)
	b.Queue(`
		INSERT INTO records (org_id, domain_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding,
		       source_ip, header_from, envelope_from, envelope_to, evaluated)
		SELECT @org, (@domains::uuid[])[p], (@days::date[])[p], (@reports::bigint[])[p], seq, auth_id, messages, disposition, dkim, spf, forwarding,
		       source_ip, header_from, envelope_from, envelope_to, evaluated
		FROM unnest(@of::int[], @seqs::int[], @auths::bigint[], @messages::bigint[],
		     @dispositions::smallint[], @dkims::smallint[], @spfs::smallint[], @forwardings::smallint[],
		     @ips::inet[], @headers::text[], @from::text[], @to::text[], @evaluated::jsonb[])
		AS u (p, seq, auth_id, messages, disposition, dkim, spf, forwarding, source_ip, header_from, envelope_from, envelope_to, evaluated)`,
		postgres.NamedArgs{"org": g.org, "domains": domains, "days": days, "reports": reports,
			"of": of, "seqs": seqs, "auths": auths, "messages": messages, "dispositions": dispositions, "dkims": dkims, "spfs": spfs,
			"forwardings": forwardings, "ips": pgtype.FlatArray[netip.Addr](ips), "headers": headers, "from": sparse(from), "to": sparse(to), "evaluated": sparseBytes(evaluated)})
	addDue(b, g.org, domains, days, reports)
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
