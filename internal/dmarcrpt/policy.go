package dmarcrpt

import (
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/fqdn"
)

// Policy is policy_published. Strings are as sent; empty means not stated.
type Policy struct {
	Domain          fqdn.Name `json:",omitempty"`
	DomainSent      string    `json:",omitempty"`
	P               string    `json:",omitempty"`
	SP              string    `json:",omitempty"`
	NP              string    `json:",omitempty"`
	ADKIM           string    `json:",omitempty"`
	ASPF            string    `json:",omitempty"`
	Pct             string    `json:",omitempty"`
	FO              string    `json:",omitempty"`
	Testing         string    `json:",omitempty"` // RFC 9990: y, n
	DiscoveryMethod string    `json:",omitempty"` // RFC 9990: psl, treewalk
}

// Effective is a policy with the defaults for what was not stated or has no
// known value. Show it as derived, never as sent.
type Effective struct {
	P           string // none, quarantine, reject; "" when the report does not say
	SP, NP      string
	ADKIM, ASPF string // r, s
	Pct         int    // 0 to 100
	FO          string
	Testing     bool
	Discovery   string // psl, treewalk; "" when the report does not say: there is no default
}

// Effective derives the policy in force: sp falls back to p, np to sp, strict
// alignment must be stated, pct is 100, fo is 0 (RFC 7489 section 6.3, RFC
// 9989 section 4.7).
func (p *Policy) Effective() Effective {
	e := Effective{P: policyWord(p.P), Pct: 100, FO: "0", ADKIM: "r", ASPF: "r"}
	e.SP = fallback(policyWord(p.SP), e.P)
	e.NP = fallback(policyWord(p.NP), e.SP)
	if strings.EqualFold(p.ADKIM, "s") {
		e.ADKIM = "s"
	}
	if strings.EqualFold(p.ASPF, "s") {
		e.ASPF = "s"
	}
	if n, err := strconv.Atoi(p.Pct); err == nil && n >= 0 && n <= 100 {
		e.Pct = n
	}
	if p.FO != "" {
		e.FO = p.FO
	}
	for _, method := range [...]string{"psl", "treewalk"} {
		if strings.EqualFold(p.DiscoveryMethod, method) {
			e.Discovery = method
		}
	}
	e.Testing = strings.EqualFold(p.Testing, "y")
	return e
}

func fallback(v, otherwise string) string {
	if v == "" {
		return otherwise
	}
	return v
}

// policyWord folds a policy to none, quarantine or reject, "" for anything else.
func policyWord(sent string) string {
	for _, w := range [...]string{"none", "quarantine", "reject"} {
		if strings.EqualFold(sent, w) {
			return w
		}
	}
	return ""
}

// oddValues names the values that no version of the format knows.
func (p *Policy) oddValues() []string {
	var odd []string
	check := func(name, sent string, known ...string) {
		if sent == "" {
			return
		}
		for _, k := range known {
			if strings.EqualFold(sent, k) {
				return
			}
		}
		odd = append(odd, name+" "+sent)
	}
	check("p", p.P, "none", "quarantine", "reject")
	check("sp", p.SP, "none", "quarantine", "reject")
	check("np", p.NP, "none", "quarantine", "reject")
	check("adkim", p.ADKIM, "r", "s", "relaxed", "strict")
	check("aspf", p.ASPF, "r", "s", "relaxed", "strict")
	check("testing", p.Testing, "y", "n")
	check("discovery_method", p.DiscoveryMethod, "psl", "treewalk")
	if n, err := strconv.Atoi(p.Pct); p.Pct != "" && (err != nil || n < 0 || n > 100) {
		odd = append(odd, "pct "+p.Pct)
	}
	return odd
}
