package report

import (
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// failingSenders is how many senders of failing mail are told apart.
const failingSenders = 20

func queueFailing(b *postgres.Batch, org org.ID, f Filter, into *[]Failing) {
	facts, args := f.conditions(org)
	args["limit"], args["quarantine"], args["reject"] = failingSenders, int16(dmarcrpt.DispositionQuarantine), int16(dmarcrpt.DispositionReject)
	collect(b, into, "failing messages", `
		WITH x AS (
			SELECT t.sender, `+classOfFact+` AS class, t.delivered, t.quarantined, t.rejected
			FROM (SELECT t.org_id, t.domain_id, t.sender, `+factSQL+` AS fact, coalesce(sum(t.messages) FILTER (WHERE t.disposition NOT IN (@quarantine, @reject)), 0) AS delivered,
			             coalesce(sum(t.messages) FILTER (WHERE t.disposition = @quarantine), 0) AS quarantined,
			             coalesce(sum(t.messages) FILTER (WHERE t.disposition = @reject), 0) AS rejected
			      FROM `+f.span(false)+` t WHERE `+facts+` AND t.trust <> 2 AND t.dkim <> 1 AND t.spf <> 1 GROUP BY t.org_id, t.domain_id, t.sender, 4) t `+opinions+f.ofClass(args)+`),
		sums AS (SELECT sender, class, sum(delivered) AS delivered, sum(quarantined) AS quarantined, sum(rejected) AS rejected FROM x GROUP BY sender, class),
		ranked AS (SELECT CASE WHEN row_number() OVER (ORDER BY delivered + quarantined DESC, sender, class) <= @limit THEN sender ELSE '' END AS sender,
		                  class, delivered, quarantined, rejected FROM sums)
		SELECT sender, class, sum(delivered)::bigint AS delivered, sum(quarantined)::bigint AS quarantined, sum(rejected)::bigint AS rejected
		FROM ranked GROUP BY sender, class ORDER BY sender, class`, args)
}
