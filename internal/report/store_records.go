package report

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// insertRecords writes rows and the authentication results they name that the
// dictionary lacks, column by column: COPY does not work under row-level
// security, and unnest is as fast for the sizes of reports.
func insertRecords(ctx context.Context, tx postgres.Tx, org org.ID, rows []row, dictionary map[int64]json.RawMessage) error {
	if len(rows) == 0 {
		return nil
	}
	n := len(rows)
	domains, days, reports := make([]DomainID, n), make([]time.Time, n), make([]int64, n)
	seqs, auths, messages := make([]int32, n), make([]int64, n), make([]int64, n)
	dispositions, dkims, spfs, forwardings := make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n)
	ips, headers := make([]netip.Addr, n), make([]string, n)
	from, to, evaluated := make([]*string, n), make([]*string, n), make([]json.RawMessage, n)
	used := map[int64]bool{}
	for i, r := range rows {
		domains[i], days[i], reports[i] = r.report.domain, r.report.day, int64(r.report.id)
		seqs[i], auths[i], messages[i] = r.seq, r.auth, r.messages
		dispositions[i], dkims[i], spfs[i], forwardings[i] = r.disposition, r.dkim, r.spf, r.forwarding
		ips[i], headers[i], from[i], to[i], evaluated[i] = r.ip, r.headerFrom, r.envelopeFrom, r.envelopeTo, r.evaluated
		used[r.auth] = true
	}
	keys := slices.Sorted(maps.Keys(used)) // in one order, so that transactions do not wait for one another in a circle
	results := make([]json.RawMessage, len(keys))
	for i, k := range keys {
		results[i] = dictionary[k]
	}
	b := &postgres.Batch{}
	b.Queue(`
		INSERT INTO auth_results (org_id, auth_id, results)
		SELECT @org, id, r FROM unnest(@ids::bigint[], @results::jsonb[]) AS a (id, r)
		ON CONFLICT DO NOTHING`, postgres.NamedArgs{"org": org, "ids": keys, "results": results})
	b.Queue(`
		INSERT INTO records (org_id, domain_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding,
		       source_ip, header_from, envelope_from, envelope_to, evaluated)
		SELECT @org, u.* FROM unnest(@domains::uuid[], @days::date[], @reports::bigint[], @seqs::int[], @auths::bigint[], @messages::bigint[],
		       @dispositions::smallint[], @dkims::smallint[], @spfs::smallint[], @forwardings::smallint[],
		       @ips::inet[], @headers::text[], @from::text[], @to::text[], @evaluated::jsonb[]) AS u`,
		postgres.NamedArgs{"org": org, "domains": domains, "days": days, "reports": reports, "seqs": seqs, "auths": auths,
			"messages": messages, "dispositions": dispositions, "dkims": dkims, "spfs": spfs, "forwardings": forwardings,
			"ips": ips, "headers": headers, "from": from, "to": to, "evaluated": evaluated})
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("insert records: %w", err)
	}
	return nil
}

// upsertTotals adds the sums to the rollup, in the order of the keys.
func upsertTotals(ctx context.Context, tx postgres.Tx, org org.ID, t totals) error {
	if len(t) == 0 {
		return nil
	}
	keys := t.sorted()
	n := len(keys)
	domains, days, ips, reporters := make([]DomainID, n), make([]time.Time, n), make([]netip.Addr, n), make([]string, n)
	dispositions, dkims, spfs, forwardings := make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n)
	messages, own := make([]int64, n), make([]int64, n)
	for i, k := range keys {
		domains[i], days[i], ips[i], reporters[i] = k.domain, k.day, k.ip, k.reporter
		dispositions[i], dkims[i], spfs[i], forwardings[i] = k.disposition, k.dkim, k.spf, k.forwarding
		messages[i] = t[k]
		if k.own() {
			own[i] = t[k]
		}
	}
	args := postgres.NamedArgs{"org": org, "domains": domains, "days": days, "ips": ips, "reporters": reporters,
		"dispositions": dispositions, "dkims": dkims, "spfs": spfs, "forwardings": forwardings, "messages": messages, "own": own}
	b := &postgres.Batch{}
	b.Queue(`
		INSERT INTO sources AS s (org_id, domain_id, source_ip, own_messages, first_day, last_day)
		SELECT @org, d, ip, sum(o), min(day), max(day)
		FROM unnest(@domains::uuid[], @ips::inet[], @own::bigint[], @days::date[]) AS u (d, ip, o, day)
		GROUP BY d, ip ORDER BY d, ip
		ON CONFLICT (org_id, domain_id, source_ip) DO UPDATE
		SET own_messages = s.own_messages + excluded.own_messages,
		    first_day = least(s.first_day, excluded.first_day), last_day = greatest(s.last_day, excluded.last_day)`, args)
	b.Queue(`
		INSERT INTO daily_messages AS t (org_id, domain_id, day, source_ip, reporter, disposition, dkim, spf, forwarding, messages)
		SELECT @org, u.* FROM unnest(@domains::uuid[], @days::date[], @ips::inet[], @reporters::text[],
		       @dispositions::smallint[], @dkims::smallint[], @spfs::smallint[], @forwardings::smallint[], @messages::bigint[]) AS u
		ON CONFLICT (org_id, domain_id, day, source_ip, reporter, disposition, dkim, spf, forwarding)
		DO UPDATE SET messages = t.messages + excluded.messages`, args)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("add totals: %w", err)
	}
	return nil
}
