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

// addRecords writes rows and what they say that the dictionary lacks, column by
// column: COPY does not work under row-level security, and unnest is as fast for
// the sizes of reports. What is the same for all rows of a report goes once, and
// each row says which report it is of, counted from 1.
func (g *group) addRecords(b *postgres.Batch, rows []row) {
	n := len(rows)
	if n == 0 {
		return
	}
	var days []time.Time
	var reports []int64
	of, seqs, auths, messages := make([]int32, n), make([]int32, n), make([]int64, n), make([]int64, n)
	dispositions, dkims, spfs, forwardings := make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n)
	ips := make([]netip.Addr, n)
	missing := map[int64]bool{}
	for i := range rows {
		r := &rows[i]
		if i == 0 || r.report != rows[i-1].report {
			p := r.report
			days, reports = append(days, p.day), append(reports, int64(p.id))
		}
		of[i], seqs[i], auths[i], messages[i] = int32(len(reports)), r.seq, r.auth, r.messages
		dispositions[i], dkims[i], spfs[i], forwardings[i], ips[i] = r.disposition, r.dkim, r.spf, r.forwarding, r.ip
		if !g.s.results.has(r.auth) {
			missing[r.auth] = true
		}
	}
	g.addSaid(b, missing)
	b.Queue(`
		INSERT INTO records (org_id, report_id, auth_id, messages, day, seq, disposition, dkim, spf, forwarding, source_ip)
		SELECT @org, (@reports::bigint[])[p], auth_id, messages, (@days::date[])[p], seq, disposition, dkim, spf, forwarding, source_ip
		FROM unnest(@of::int[], @seqs::int[], @auths::bigint[], @messages::bigint[],
		     @dispositions::smallint[], @dkims::smallint[], @spfs::smallint[], @forwardings::smallint[], @ips::inet[])
		AS u (p, seq, auth_id, messages, disposition, dkim, spf, forwarding, source_ip)`,
		postgres.NamedArgs{"org": g.org, "days": days, "reports": reports,
			"of": of, "seqs": seqs, "auths": auths, "messages": messages, "dispositions": dispositions, "dkims": dkims, "spfs": spfs,
			"forwardings": forwardings, "ips": pgtype.FlatArray[netip.Addr](ips)})
}

// addSaid adds what rows say to the dictionary.
func (g *group) addSaid(b *postgres.Batch, missing map[int64]bool) {
	n := len(missing)
	if n == 0 {
		return
	}
	keys := slices.Sorted(maps.Keys(missing)) // in one order, so that transactions do not wait for one another in a circle
	headers, from, to := make([]string, n), make([]*string, n), make([]*string, n)
	results, evaluated := make([]json.RawMessage, n), make([]json.RawMessage, n)
	for i, k := range keys {
		s := g.dictionary[k]
		headers[i], from[i], to[i], results[i], evaluated[i] = s.HeaderFrom, s.EnvelopeFrom, s.EnvelopeTo, s.Results, s.Evaluated
	}
	g.added = append(g.added, keys...)
	b.Queue(`
		INSERT INTO auth_results (org_id, auth_id, header_from, envelope_from, envelope_to, results, evaluated)
		SELECT @org, a.* FROM unnest(@ids::bigint[], @headers::text[], @from::text[], @to::text[], @results::jsonb[], @evaluated::jsonb[]) AS a
		ON CONFLICT DO NOTHING`, postgres.NamedArgs{"org": g.org, "ids": keys, "headers": headers, "from": sparse(from), "to": sparse(to),
		"results": sparseBytes(results), "evaluated": sparseBytes(evaluated)})
}
