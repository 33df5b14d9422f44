package reportweb

import (
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/dmarcrpt"
)

// PolicyRow is one tag of the policy that a report states.
type PolicyRow struct {
	Tag     string // "sp"
	Words   string // "For subdomains"
	Sent    string // as sent; empty = not stated
	InForce string // "none"; empty = nothing is known to be
	Meaning string // of InForce, where it is a letter: "relaxed"
	Derived string // what InForce comes from when it is not as sent: "from p"; empty = as sent
}

// policyRows lists what was sent and what is in force, derived values apart.
func policyRows(p dmarcrpt.Policy) []PolicyRow {
	e := p.Effective()
	testing := "n"
	if e.Testing {
		testing = "y"
	}
	rows := []PolicyRow{
		{Tag: "p", Words: "For your domain", Sent: p.P, InForce: e.P},
		{Tag: "sp", Words: "For subdomains", Sent: p.SP, InForce: e.SP, Derived: "from p"},
		{Tag: "np", Words: "For subdomains that do not exist", Sent: p.NP, InForce: e.NP, Derived: "from sp"},
		{Tag: "adkim", Words: "How exactly DKIM must match", Sent: p.ADKIM, InForce: e.ADKIM, Derived: "default"},
		{Tag: "aspf", Words: "How exactly SPF must match", Sent: p.ASPF, InForce: e.ASPF, Derived: "default"},
		{Tag: "pct", Words: "Percent of failing mail", Sent: p.Pct, InForce: strconv.Itoa(e.Pct), Derived: "default"},
		{Tag: "fo", Words: "When failure reports are asked for", Sent: p.FO, InForce: e.FO, Derived: "default"},
		{Tag: "testing", Words: "A test only", Sent: p.Testing, InForce: testing, Derived: "default"},
	}
	for i := range rows {
		r := &rows[i]
		r.Meaning = map[string]string{"r": "relaxed", "s": "strict", "y": "yes", "n": "no"}[r.InForce]
		if r.InForce == "" || strings.EqualFold(r.Sent, r.InForce) {
			r.Derived = ""
		}
	}
	if p.DiscoveryMethod != "" {
		rows = append(rows, PolicyRow{Tag: "discovery_method", Words: "How the policy was found", Sent: p.DiscoveryMethod, InForce: p.DiscoveryMethod})
	}
	return rows
}

// formatWords names the format of a report and says how that shows.
func formatWords(r dmarcrpt.Report) (format, why string) {
	version := "no version is stated"
	if r.Version != "" {
		version = "version " + r.Version + " is stated"
	}
	if !r.RFC9990() {
		return "RFC 7489", version
	}
	switch {
	case r.Namespace == dmarcrpt.Namespace2:
		why = "its namespace says so"
	case r.Generator != "":
		why = "it names its generator"
	case r.Policy.Testing != "":
		why = "it states testing"
	default:
		why = "it states discovery_method"
	}
	return "RFC 9990", why + "; " + version
}
