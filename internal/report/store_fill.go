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
	senders, countries, ties, evidence := make([]string, len(ips)), make([]string, len(ips)), make([]string, len(ips)), make([]json.RawMessage, len(ips))
	for i, ip := range ips {
		k := known(DomainID(domains[i]), ip)
		senders[i], countries[i], ties[i], evidence[i] = k.Sender, k.Country, string(k.Tie), k.Evidence
	}
	args["senders"], args["countries"], args["ties"], args["evidence"], args["now"] = senders, countries, ties, evidence, now
	b.Queue(`
		INSERT INTO sources AS s (org_id, domain_id, source_ip, own, first_day, sender, country, tie, evidence, identified_at)
		SELECT @org, u.*, @now FROM unnest(@domains::uuid[], @ips::inet[], @own::boolean[], @first::date[], @senders::text[], @countries::text[], @ties::text[], @evidence::jsonb[]) AS u
		ON CONFLICT (org_id, domain_id, source_ip) DO UPDATE SET own = s.own OR excluded.own, first_day = least(s.first_day, excluded.first_day)`, args)
	b.Queue(`
		INSERT INTO senders AS s (org_id, domain_id, sender, own, relay)
		SELECT f.org_id, f.domain_id, f.sender, f.own, f.relay FROM (SELECT DISTINCT d, k FROM unnest(@domains::uuid[], @senders::text[]) AS u (d, k)) u
		CROSS JOIN LATERAL (SELECT org_id, domain_id, sender, own, relay FROM sender_facts WHERE org_id = @org AND domain_id = u.d AND sender = u.k) f ORDER BY f.domain_id, f.sender
		ON CONFLICT (org_id, domain_id, sender) DO UPDATE SET own = true WHERE excluded.own AND NOT s.own`, args)
}
