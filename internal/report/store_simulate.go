package report

import (
	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// failingSenders is how many senders of failing mail are told apart.
const failingSenders = 20

func queueFailing(b *postgres.Batch, org org.ID, f Filter, into *[]Failing) {
	where, args := f.judgedWhere(org)
	args["limit"], args["quarantine"], args["reject"] = failingSenders, int16(dmarcrpt.DispositionQuarantine), int16(dmarcrpt.DispositionReject)
	collect(b, into, "failing messages", `
		WITH x AS (
			SELECT t.sender, `+classSQL+` AS class, coalesce(sum(t.messages) FILTER (WHERE t.disposition NOT IN (@quarantine, @reject)), 0)::bigint AS delivered,
			       coalesce(sum(t.messages) FILTER (WHERE t.disposition = @quarantine), 0)::bigint AS quarantined,
			       coalesce(sum(t.messages) FILTER (WHERE t.disposition = @reject), 0)::bigint AS rejected
			FROM `+f.span(false)+` t `+opinions+` WHERE `+where+` AND t.trust <> 2 AND t.dkim <> 1 AND t.spf <> 1 GROUP BY t.sender, 2),
		ranked AS (SELECT CASE WHEN row_number() OVER (ORDER BY delivered + quarantined DESC, sender, class) <= @limit THEN sender ELSE '' END AS sender,
		                  class, delivered, quarantined, rejected FROM x)
		SELECT sender, class, sum(delivered)::bigint AS delivered, sum(quarantined)::bigint AS quarantined, sum(rejected)::bigint AS rejected
		FROM ranked GROUP BY sender, class ORDER BY sender, class`, args)
}
