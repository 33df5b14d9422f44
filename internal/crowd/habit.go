package crowd

import (
	"cmp"
	"slices"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/provider"
	"sendvery.com/sendvery/internal/sender"
)

// Words of the report format.
const (
	pass        = "pass"
	fail        = "fail"
	none        = "none"
	quarantined = "quarantine"
	reject      = "reject"
)

// habit is how mail of a sender fares.
type habit int

const (
	passes     habit = iota // by both
	signs                   // by DKIM alone: the envelope is the provider's
	byEnvelope              // by SPF alone
	below                   // as signs, from a subdomain
	flaky                   // a quarter as signs; the rest signed by the provider alone
	never                   // always signed by the provider alone
	relays                  // passed on: the signature survives, or breaks
	lists                   // passed on by a list, and receivers say so
	deceives                // somebody else's
)

// finding is what a receiver finds, in a share of a sender's mail.
type finding struct {
	share  float64
	dkim   []dmarcrpt.DKIMResult
	spf    dmarcrpt.SPFResult
	signed bool // by the domain: DKIM passes, aligned
	sent   bool // from the domain: SPF passes, aligned
	reason string
}

// findings are those of a habit for a domain, by names of the provider.
func (h habit) findings(domain fqdn.Name, p provider.Provider) []finding {
	own, foreign := domain.String(), theirs(p)
	by := func(d, result string) dmarcrpt.DKIMResult {
		return dmarcrpt.DKIMResult{Domain: d, Selector: "s1", Result: result}
	}
	from := func(d, result string) dmarcrpt.SPFResult {
		return dmarcrpt.SPFResult{Domain: d, Scope: "mfrom", Result: result}
	}
	signed := finding{0.97, []dmarcrpt.DKIMResult{by(own, pass), by(foreign, pass)}, from(foreign, pass), true, false, ""}
	provided := finding{0.03, []dmarcrpt.DKIMResult{by(foreign, pass)}, from(foreign, pass), false, false, ""}
	switch h {
	case passes:
		return []finding{
			{0.95, []dmarcrpt.DKIMResult{by(own, pass)}, from(own, pass), true, true, ""},
			{0.045, []dmarcrpt.DKIMResult{by(own, fail)}, from(own, pass), false, true, ""},
			{0.005, []dmarcrpt.DKIMResult{by(own, fail)}, from(own, "softfail"), false, false, ""},
		}
	case byEnvelope:
		return []finding{{1, nil, from(own, pass), false, true, ""}}
	case signs, below:
		signed.share, provided.share = 0.995, 0.005
		return []finding{signed, provided}
	case flaky:
		signed.share, provided.share = 0.25, 0.75
		return []finding{signed, provided}
	case never:
		return []finding{provided}
	case relays:
		return []finding{
			{0.8, []dmarcrpt.DKIMResult{by(own, pass)}, from(own, fail), true, false, ""},
			{0.2, []dmarcrpt.DKIMResult{by(own, fail)}, from(own, fail), false, false, ""},
		}
	case lists:
		return []finding{{1, []dmarcrpt.DKIMResult{by(own, fail)}, from(foreign, pass), false, false, "mailing_list"}}
	}
	return []finding{
		{0.6, nil, from(own, fail), false, false, ""},
		{0.4, nil, from("bulk.example", none), false, false, ""},
	}
}

// theirs is a domain that a provider signs and sends with.
func theirs(p provider.Provider) string {
	all := slices.Concat(p.Envelopes, p.Signs, p.Hosts)
	if len(all) == 0 {
		return "unknown.example"
	}
	return all[0].String()
}

// record is the finding as a report has it, under a policy.
func (f finding) record(h habit, domain fqdn.Name, p, sp string) *dmarcrpt.Record {
	r := &dmarcrpt.Record{
		EvaluatedDKIM: word(f.signed), EvaluatedSPF: word(f.sent), HeaderFrom: domain.String(), DKIM: f.dkim, SPF: []dmarcrpt.SPFResult{f.spf},
		EnvelopeFrom: f.spf.Domain, HasEnvelopeFrom: true,
	}
	if h == below {
		r.HeaderFrom, p = "news."+r.HeaderFrom, sp
	}
	if f.reason != "" {
		r.Reasons, p = []dmarcrpt.Reason{{Type: f.reason}}, none
	}
	if r.Aligned() {
		p = none
	}
	r.Disposition = map[string]dmarcrpt.Disposition{none: dmarcrpt.DispositionNone, quarantined: dmarcrpt.DispositionQuarantine, reject: dmarcrpt.DispositionReject}[p]
	return r
}

func word(ok bool) string {
	if ok {
		return pass
	}
	return fail
}

// shows is what passes of the finding, as package sender looks at it.
func (f finding) shows() (r sender.Result) {
	for _, d := range f.dkim {
		if d.Result == pass {
			r.Signers = append(r.Signers, fqdn.Name(d.Domain))
		}
	}
	if f.spf.Result == pass {
		r.Envelopes = append(r.Envelopes, fqdn.Name(f.spf.Domain))
	}
	r.Messages = int64(cmp.Or(f.share, 1) * 1000)
	return r
}

// passedOn reports whether the finding shows that somebody passed the mail on.
func (f finding) passedOn() bool {
	return f.reason != "" || f.signed && !f.sent && f.spf.Result != pass
}
