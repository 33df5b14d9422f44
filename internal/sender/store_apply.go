package sender

import (
	"context"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
)

// keep makes readSources lock what it reads, in the order in which everybody
// does, until the transaction ends.
const keep = ` FOR NO KEY UPDATE OF s`

// readSources reads addresses, those that are still there, in their order.
func readSources(ctx context.Context, tx postgres.Tx, org org.ID, targets []target, lock string) ([]source, error) {
	domains, ips := make([][16]byte, len(targets)), make([]netip.Addr, len(targets))
	for i, t := range targets {
		domains[i], ips[i] = t.Domain, t.IP
	}
	rows, err := tx.Query(ctx, `
		SELECT s.domain_id, s.source_ip, s.sender, s.country, s.first_day, s.own, d.name,
		       EXISTS (SELECT FROM senders k WHERE k.org_id = s.org_id AND k.domain_id = s.domain_id AND k.sender = host(s.source_ip) AND k.review <> '') AS judged
		FROM sources s JOIN domains d ON d.org_id = s.org_id AND d.domain_id = s.domain_id
		WHERE s.org_id = @org AND (s.domain_id, s.source_ip) IN (SELECT d, i FROM unnest(@domains::uuid[], @ips::inet[]) AS u (d, i))
		ORDER BY s.domain_id, s.source_ip`+lock,
		postgres.NamedArgs{"org": org, "domains": domains, "ips": ips})
	if err != nil {
		return nil, fmt.Errorf("addresses to identify: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[source])
	if err != nil {
		return nil, fmt.Errorf("addresses to identify: %w", err)
	}
	return list, nil
}

// factsOf reads what is known of addresses.
func factsOf(ctx context.Context, tx postgres.Tx, sources []source) (map[netip.Addr]stored, error) {
	ips := make([]netip.Addr, len(sources))
	for i, s := range sources {
		ips[i] = s.IP
	}
	rows, err := tx.Query(ctx, `
		SELECT ip, coalesce(name, ''), coalesce(asn, 0), coalesce(network_owner, ''), coalesce(country, ''), revision
		FROM ip_facts WHERE ip = ANY($1)`, ips)
	if err != nil {
		return nil, fmt.Errorf("facts of addresses: %w", err)
	}
	found := map[netip.Addr]stored{}
	var ip netip.Addr
	var f stored
	var asn int64
	_, err = pgx.ForEachRow(rows, []any{&ip, &f.Host, &asn, &f.Network, &f.Country, &f.revision}, func() error {
		f.ASN = uint32(asn)
		found[ip] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("facts of addresses: %w", err)
	}
	return found, nil
}

// Bounds of the mail of one address that is looked at: its newest records, and
// the results that most of that mail has.
const (
	recordsLookedAt = 200
	resultsLookedAt = 20
)

// resultsOf reads what passed of the mail of addresses: of mail that shows no sign of having been passed on, in reports
// that are not doubted.
func resultsOf(ctx context.Context, tx postgres.Tx, org org.ID, sources []source, now time.Time) (map[target][]Result, error) {
	domains, ips, firsts := make([][16]byte, len(sources)), make([]netip.Addr, len(sources)), make([]time.Time, len(sources))
	for i, s := range sources {
		domains[i], ips[i], firsts[i] = [16]byte(s.Domain), s.IP, s.First
	}
	rows, err := tx.Query(ctx, `
		SELECT u.n - 1, e.messages, a.results
		FROM unnest(@domains::uuid[], @ips::inet[]) WITH ORDINALITY AS u (d, ip, n)
		CROSS JOIN LATERAL (
			SELECT x.auth_id, sum(x.messages)::bigint AS messages FROM (
				SELECT t.report_id, t.auth_id, t.messages, t.forwarding FROM records t
				WHERE t.org_id = @org AND t.source_ip = u.ip AND t.day BETWEEN @first AND @last ORDER BY t.day DESC LIMIT @records) x
			JOIN reports r ON r.org_id = @org AND r.report_id = x.report_id AND r.trust <> 2
			WHERE r.domain_id = u.d AND x.forwarding = 0
			GROUP BY x.auth_id ORDER BY messages DESC, x.auth_id LIMIT @results) e
		JOIN auth_results a ON a.org_id = @org AND a.auth_id = e.auth_id`,
		postgres.NamedArgs{"org": org, "domains": domains, "ips": ips, "first": slices.MinFunc(firsts, time.Time.Compare), "last": now.AddDate(0, 0, 2),
			"records": recordsLookedAt, "results": resultsLookedAt})
	if err != nil {
		return nil, fmt.Errorf("results of addresses: %w", err)
	}
	found := map[target][]Result{}
	var n, messages int64
	var encoded []byte
	_, err = pgx.ForEachRow(rows, []any{&n, &messages, &encoded}, func() error {
		var a report.AuthResults
		if err := json.Unmarshal(encoded, &a); err != nil {
			return err
		}
		of := sources[n].target(org)
		found[of] = append(found[of], passed(messages, a))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("results of addresses: %w", err)
	}
	return found, nil
}

// passed is what passed, by the names that reports give.
func passed(messages int64, a report.AuthResults) Result {
	r := Result{Messages: messages}
	for _, d := range a.DKIM {
		if name, err := fqdn.Parse(d.Domain); err == nil && dmarcrpt.IsPass(d.Result) {
			r.Signers = append(r.Signers, name)
		}
	}
	for _, s := range a.SPF {
		if name, err := fqdn.Parse(s.Domain); err == nil && dmarcrpt.IsPass(s.Result) && !strings.EqualFold(s.Scope, "helo") {
			r.Envelopes = append(r.Envelopes, name)
		}
	}
	return r
}

// postpone leaves an address known as it is until it is due again.
func postpone(ctx context.Context, tx postgres.Tx, t target, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE sources s SET identified_at = @now, facts_revision = coalesce((SELECT f.revision FROM ip_facts f WHERE f.ip = s.source_ip), 0)
		WHERE s.org_id = @org AND s.domain_id = @domain AND s.source_ip = @ip`,
		postgres.NamedArgs{"org": t.Org, "domain": t.Domain, "ip": t.IP, "now": now})
	if err != nil {
		return fmt.Errorf("postpone address: %w", err)
	}
	return nil
}

// saveIdentities stores who addresses are, in the order in which they were
// locked; then what they are known as, and last the days whose sums are wrong.
func saveIdentities(ctx context.Context, tx postgres.Tx, org org.ID, found []identified, now time.Time) error {
	n := len(found)
	domains, ips := make([][16]byte, n), make([]netip.Addr, n)
	keys, ties, countries := make([]string, n), make([]string, n), make([]string, n)
	evidence, revisions := make([]json.RawMessage, n), make([]int32, n)
	movedDomains, movedFrom, movedDays := [][16]byte{}, []string{}, []time.Time{} // an array that is null would match nothing
	for i, f := range found {
		encoded, err := json.Marshal(f.identity)
		if err != nil {
			return err
		}
		domains[i], ips[i], countries[i], evidence[i], revisions[i] = [16]byte(f.Domain), f.IP, f.country, encoded, f.revision
		keys[i], ties[i] = f.identity.Key, string(f.identity.Tie)
		if f.moved() {
			movedDomains, movedFrom, movedDays = append(movedDomains, [16]byte(f.Domain)), append(movedFrom, f.Sender), append(movedDays, f.First)
		}
	}
	args := postgres.NamedArgs{"org": org, "now": now, "domains": domains, "ips": ips, "keys": keys, "ties": ties, "countries": countries, "evidence": evidence,
		"revisions": revisions, "movedDomains": movedDomains, "movedFrom": movedFrom, "movedDays": movedDays}
	b := &postgres.Batch{}
	b.Queue(`
		UPDATE sources s SET sender = u.key, tie = u.tie, country = u.country, evidence = u.evidence, facts_revision = u.revision, identified_at = @now
		FROM unnest(@domains::uuid[], @ips::inet[], @keys::text[], @ties::text[], @countries::text[], @evidence::jsonb[], @revisions::int[])
		     AS u (d, ip, key, tie, country, evidence, revision)
		WHERE s.org_id = @org AND s.domain_id = u.d AND s.source_ip = u.ip`, args)
	queueSenders(b, args)
	b.Queue(`
		INSERT INTO daily_stale AS s (org_id, domain_id, from_day)
		SELECT @org, d, min(day) FROM unnest(@movedDomains::uuid[], @movedDays::date[]) AS u (d, day) GROUP BY d ORDER BY d
		ON CONFLICT (org_id, domain_id) DO UPDATE SET from_day = least(s.from_day, excluded.from_day)`, args)
	if err := tx.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("save identities: %w", err)
	}
	return nil
}

// queueSenders brings what addresses are known as, and were until now, up to
// date, by what the addresses say. That is looked at once their rows are locked,
// so that it sees whoever held them before. What people think of senders stays;
// addresses that begin to pass among strangers who are not the owner's are not,
// until somebody says otherwise. Of those
// without addresses the ones go that nobody has an opinion on and no sum
// speaks of.
func queueSenders(b *postgres.Batch, args postgres.NamedArgs) {
	const touched = `(SELECT d, key FROM unnest(@domains::uuid[], @keys::text[]) AS u (d, key)
		UNION SELECT d, key FROM unnest(@movedDomains::uuid[], @movedFrom::text[]) AS u (d, key)) c`
	b.Queue(`
		INSERT INTO senders AS k (org_id, domain_id, sender, review, note, reviewed_by, reviewed_at)
		SELECT @org, c.d, c.key, coalesce(f.review, ''), coalesce(f.note, ''), f.reviewed_by, f.reviewed_at
		FROM `+touched+` LEFT JOIN senders f ON f.org_id = @org AND f.domain_id = c.d AND f.sender = split_part(c.key, '/', 1) AND f.sender <> c.key AND f.review = 'not_mine'
		ORDER BY c.d, c.key
		ON CONFLICT (org_id, domain_id, sender) DO UPDATE SET own = k.own WHERE false`, args) // locked all the same
	b.Queue(`
		UPDATE senders k SET own = x.own, relay = x.relay
		FROM `+touched+` CROSS JOIN LATERAL (SELECT f.own, f.relay FROM sender_facts f WHERE f.org_id = @org AND f.domain_id = c.d AND f.sender = c.key) x
		WHERE k.org_id = @org AND k.domain_id = c.d AND k.sender = c.key AND (k.own <> x.own OR k.relay <> x.relay)`, args)
	b.Queue(`
		WITH calm AS MATERIALIZED (
			SELECT DISTINCT d FROM unnest(@domains::uuid[]) AS u (d) WHERE d <> ALL(@movedDomains::uuid[])
			AND NOT EXISTS (SELECT FROM daily_stale x WHERE x.org_id = @org AND x.domain_id = d)),
		gone AS (
			SELECT k.domain_id, k.sender FROM calm JOIN senders k ON k.org_id = @org AND k.domain_id = calm.d
			WHERE k.reviewed_at IS NULL AND NOT EXISTS (
				SELECT FROM sources s WHERE s.org_id = @org AND s.domain_id = k.domain_id AND s.sender = k.sender)
			ORDER BY k.domain_id, k.sender FOR UPDATE OF k)
		DELETE FROM senders k USING gone WHERE k.org_id = @org AND k.domain_id = gone.domain_id AND k.sender = gone.sender`, args)
}
