package report

import (
	"encoding/json"
	"net/netip"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// identifySources notes addresses with who they are taken for. Args are those
// of sources.chunks.
func identifySources(b *postgres.Batch, args postgres.NamedArgs, known func(DomainID, netip.Addr) MadeSource, now time.Time) {
	domains, _ := args["domains"].([][16]byte)
	ips, _ := args["ips"].([]netip.Addr)
	own, _ := args["own"].([]bool)
	senders, countries, evidence := make([]string, len(ips)), make([]string, len(ips)), make([]json.RawMessage, len(ips))
	for i, ip := range ips {
		k := known(DomainID(domains[i]), ip)
		senders[i], countries[i], evidence[i], own[i] = k.Sender, k.Country, k.Evidence, own[i] || k.Own
	}
	args["senders"], args["countries"], args["evidence"], args["now"] = senders, countries, evidence, now
	b.Queue(`
		INSERT INTO sources AS s (org_id, domain_id, source_ip, own, first_day, sender, country, evidence, identified_at)
		SELECT @org, u.*, @now FROM unnest(@domains::uuid[], @ips::inet[], @own::boolean[], @first::date[], @senders::text[], @countries::text[], @evidence::jsonb[]) AS u
		ON CONFLICT (org_id, domain_id, source_ip) DO UPDATE SET own = s.own OR excluded.own, first_day = least(s.first_day, excluded.first_day)`, args)
	b.Queue(`
		INSERT INTO senders AS s (org_id, domain_id, sender, own)
		SELECT @org, d, k, bool_or(o) FROM unnest(@domains::uuid[], @senders::text[], @own::boolean[]) AS u (d, k, o) GROUP BY d, k ORDER BY d, k
		ON CONFLICT (org_id, domain_id, sender) DO UPDATE SET own = true WHERE excluded.own AND NOT s.own`, args)
}
