package report

import (
	"context"
	"net/netip"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// addTotals adds the sums to the rollup, in the order of the keys, together
// with what b has queued. A report that no longer counts is in them with
// negative numbers. Those of large reports go in several statements, so that
// they need not be in memory once more as columns.
func addTotals(ctx context.Context, tx postgres.Tx, b *postgres.Batch, org org.ID, t totals) error {
	keys := t.sorted()
	for _, add := range [...]func(*postgres.Batch, postgres.NamedArgs){addSources, addDaily} {
		for some := range slices.Chunk(keys, groupRows) {
			add(b, t.columns(org, some))
			if len(keys) <= groupRows {
				continue
			}
			if err := send(ctx, tx, b, "add totals"); err != nil {
				return err
			}
			b = &postgres.Batch{}
		}
	}
	if lost := slices.DeleteFunc(keys, func(k totalKey) bool { return t[k] >= 0 }); len(lost) > 0 {
		addLost(b, t.columns(org, lost))
	}
	return send(ctx, tx, b, "add totals")
}

// columns are the sums as the arguments of a statement.
func (t totals) columns(org org.ID, keys []totalKey) postgres.NamedArgs {
	n := len(keys)
	domains, days, ips, reporters := make([][16]byte, n), make([]time.Time, n), make([]netip.Addr, n), make([]string, n)
	dispositions, dkims, spfs, forwardings, trusts := make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n), make([]int16, n)
	messages, own := make([]int64, n), make([]bool, n)
	for i, k := range keys {
		domains[i], days[i], ips[i], reporters[i] = [16]byte(k.domain), k.day, k.ip, k.reporter
		dispositions[i], dkims[i], spfs[i], forwardings[i], trusts[i] = k.disposition, k.dkim, k.spf, k.forwarding, int16(k.trust)
		messages[i], own[i] = t[k], k.own() && t[k] > 0
	}
	return postgres.NamedArgs{"org": org, "domains": domains, "days": days, "ips": ips, "reporters": reporters,
		"dispositions": dispositions, "dkims": dkims, "spfs": spfs, "forwardings": forwardings, "trusts": trusts, "messages": messages, "own": own}
}

// addSources notes the addresses. Most are known and nothing about them
// changes: they are left out before the insert, which would lock their rows to
// the commit and so make all writers of a domain wait for one another. The
// inner select is a scalar so that it is a look-up by key whatever the planner
// knows.
func addSources(b *postgres.Batch, args postgres.NamedArgs) {
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
}

// addDaily adds to the rollup itself.
func addDaily(b *postgres.Batch, args postgres.NamedArgs) {
	b.Queue(`
		INSERT INTO daily_messages AS t (org_id, domain_id, day, source_ip, reporter, disposition, dkim, spf, forwarding, trust, messages)
		SELECT @org, u.* FROM unnest(@domains::uuid[], @days::date[], @ips::inet[], @reporters::text[],
		       @dispositions::smallint[], @dkims::smallint[], @spfs::smallint[], @forwardings::smallint[], @trusts::smallint[], @messages::bigint[]) AS u
		ON CONFLICT (org_id, domain_id, day, reporter, source_ip, disposition, dkim, spf, forwarding, trust)
		DO UPDATE SET messages = t.messages + excluded.messages`, args)
}

// addLost takes back what stood on messages that no longer count: rollup rows
// without messages, and addresses that were the owner's because of them.
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
