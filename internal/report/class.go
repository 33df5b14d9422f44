package report

import (
	"strings"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fqdn"
)

// Class is the answer to "is this mail mine, and does it pass?". First match:
// aligned → Passing; forwarding evidence → Forwarded; of a sender known as the
// owner's → NeedsFixing; else Unknown.
type Class int

// The classes. The numbers are those of classSQL.
const (
	Passing Class = iota + 1
	Forwarded
	NeedsFixing
	Unknown
)

// Result is an evaluated DKIM or SPF result as a fact of a row.
type Result int16

// The results. Only Pass passes.
const (
	ResultMissing Result = iota
	ResultPass
	ResultFail
	ResultOther // a word that is neither; kept as sent beside the row
)

func resultOf(sent string) Result {
	switch {
	case sent == "":
		return ResultMissing
	case dmarcrpt.IsPass(sent):
		return ResultPass
	case strings.EqualFold(sent, "fail"):
		return ResultFail
	}
	return ResultOther
}

// Forwarding is the evidence that somebody passed the mail on.
type Forwarding int16

// The kinds of evidence.
const (
	NotForwarded   Forwarding = iota
	DKIMSurvived              // the domain's signature passes although SPF fails
	ReceiverSaysSo            // an override reason of the receiver
)

// ClassOf is the definition of Class for one row, by its facts and its
// sender's. Relayed says that the sender passes on mail of others and the owner
// does not say that it sends for them: that is evidence too. Known says that
// the sender is the owner's: they say so, or it has sent passing mail of the
// domain itself and they do not say that it is not theirs.
func ClassOf(dkim, spf Result, f Forwarding, relayed, known bool) Class {
	switch {
	case dkim == ResultPass || spf == ResultPass:
		return Passing
	case f != NotForwarded || relayed:
		return Forwarded
	case known:
		return NeedsFixing
	}
	return Unknown
}

// classSQL is ClassOf for rows t of senders s. It is made of factSQL, the class
// as far as facts of rows go, and of senderSQL, which decides where they say
// 3; classOfFact is that for rows t which have the former as fact.
const (
	factSQL     = `CASE WHEN t.dkim = 1 OR t.spf = 1 THEN 1 WHEN t.forwarding <> 0 THEN 2 ELSE 3 END`
	senderSQL   = ` WHEN s.relay AND s.review <> 'authorised' THEN 2 WHEN s.review = 'authorised' OR s.own AND s.review <> 'not_mine' THEN 3 ELSE 4 END`
	classSQL    = `CASE WHEN t.dkim = 1 OR t.spf = 1 THEN 1 WHEN t.forwarding <> 0 THEN 2` + senderSQL
	classOfFact = `CASE WHEN t.fact < 3 THEN t.fact` + senderSQL
)

// sureSQL sums the messages of rows t that somebody vouches for.
const sureSQL = `coalesce(sum(t.messages) FILTER (WHERE t.trust <> 2), 0)::bigint`

// opinions bring what people and passing mail say of the sender of rows t.
const opinions = `
	LEFT JOIN senders s ON s.org_id = t.org_id AND s.domain_id = t.domain_id AND s.sender = t.sender`

// opinion is the same for rows t of a report or two, each of which looks its
// sender up: for each the planner would go through all senders of the domain.
const opinion = `
	LEFT JOIN LATERAL (SELECT own, relay, review FROM senders WHERE org_id = t.org_id AND domain_id = t.domain_id AND sender = t.sender OFFSET 0) s ON true`

// evidence returns what a record tells about forwarding.
func evidence(r *dmarcrpt.Record, policy fqdn.Name) Forwarding {
	for _, reason := range r.Reasons {
		switch strings.ToLower(reason.Type) {
		case "forwarded", "trusted_forwarder", "mailing_list":
			return ReceiverSaysSo
		case "local_policy":
			if strings.Contains(strings.ToLower(reason.Comment), "arc=pass") {
				return ReceiverSaysSo
			}
		}
	}
	if dmarcrpt.IsPass(r.EvaluatedSPF) || !dmarcrpt.IsPass(r.EvaluatedDKIM) {
		return NotForwarded
	}
	for _, spf := range r.SPF {
		if dmarcrpt.IsPass(spf.Result) {
			return NotForwarded
		}
	}
	if len(r.SPF) == 0 || !signedBy(r, policy) {
		return NotForwarded
	}
	return DKIMSurvived
}

// signedBy reports whether a passing signature is of the policy domain's
// organization.
func signedBy(r *dmarcrpt.Record, policy fqdn.Name) bool {
	for _, d := range r.DKIM {
		if !dmarcrpt.IsPass(d.Result) {
			continue
		}
		if name, err := fqdn.Parse(d.Domain); err == nil && (name == policy || name.Organizational() == policy.Organizational()) {
			return true
		}
	}
	return false
}
