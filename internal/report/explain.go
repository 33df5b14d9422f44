package report

import (
	"encoding/json"
	"fmt"
	"strings"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fqdn"
)

// Check is one SPF or DKIM result with what it means for DMARC.
type Check struct {
	Kind      string // SPF or DKIM
	Domain    string
	Detail    string // selector or scope
	Result    string // as sent
	Human     string // the receiver's own words; may be empty
	HumanLang string // their language; may be empty
	Passed    bool
	Aligned   bool // of the From domain, by the published alignment
}

// Explained is a row in words.
type Explained struct {
	Checks      []Check
	Evaluated   string     // what the receiver came to: "DKIM pass, SPF “softfail”"
	Disposition string     // as sent, where it is none that exists
	Why         []string   // sentences: why it passes or does not
	Overrides   []Override // why the receiver did not follow the policy
}

// Override is one reason for that.
type Override struct {
	Type    string // as sent
	Words   string // a sentence about it
	Comment string // the receiver's own words; may be empty
	Lang    string // of Comment; "" = not stated
}

// Explain puts a row into words: which check passed for whose domain, and
// what that comes to. The receiver's own verdict decides; the checks are its
// evidence.
func Explain(r Record, policy dmarcrpt.Policy) (Explained, error) {
	var e Explained
	var results AuthResults
	if err := json.Unmarshal(r.Results, &results); err != nil {
		return e, fmt.Errorf("results of row %d: %w", r.Seq, err)
	}
	var odd evaluated
	if r.Evaluated != nil {
		if err := json.Unmarshal(r.Evaluated, &odd); err != nil {
			return e, fmt.Errorf("evaluation of row %d: %w", r.Seq, err)
		}
	}
	effective := policy.Effective()
	from := r.HeaderFrom
	if from == "" {
		from = policy.Domain.String()
	}
	for _, s := range results.SPF {
		e.Checks = append(e.Checks, Check{Kind: "SPF", Domain: s.Domain, Detail: s.Scope, Result: s.Result, Human: s.Human, HumanLang: s.Lang,
			Passed: dmarcrpt.IsPass(s.Result), Aligned: aligned(s.Domain, from, effective.ASPF)})
	}
	for _, d := range results.DKIM {
		e.Checks = append(e.Checks, Check{Kind: "DKIM", Domain: d.Domain, Detail: d.Selector, Result: d.Result, Human: d.Human, HumanLang: d.Lang,
			Passed: dmarcrpt.IsPass(d.Result), Aligned: aligned(d.Domain, from, effective.ADKIM)})
	}
	e.Why = []string{e.sentence("SPF", r.SPF, odd.SPF, from), e.sentence("DKIM", r.DKIM, odd.DKIM, from), r.conclusion(from)}
	e.Evaluated = "DKIM " + resultWord(r.DKIM, odd.DKIM) + ", SPF " + resultWord(r.SPF, odd.SPF)
	e.Disposition = odd.Disposition
	for _, reason := range odd.Reasons {
		e.Overrides = append(e.Overrides, Override{Type: reason.Type, Words: overrideWords(reason.Type), Comment: reason.Comment, Lang: reason.CommentLang})
	}
	return e, nil
}

// aligned compares a domain with that of the From line: equal when strict,
// of one organization when relaxed (RFC 9989 section 4.10.2).
func aligned(name, from, mode string) bool {
	a, err := fqdn.Parse(name)
	if err != nil {
		return false
	}
	b, err := fqdn.Parse(from)
	if err != nil {
		return false
	}
	if mode == "s" {
		return a == b
	}
	return a.Organizational() == b.Organizational()
}

// sentence says what one mechanism came to.
func (e Explained) sentence(kind string, verdict Result, sent, from string) string {
	var passedOther, passedOwn, failedOwn, other string
	for _, c := range e.Checks {
		switch {
		case c.Kind != kind:
		case c.Passed && c.Aligned && verdict == ResultPass:
			return fmt.Sprintf("%s passed for %s, which is your domain, so DMARC counts it.", kind, c.Domain)
		case c.Passed && c.Aligned:
			passedOwn = c.Domain
		case c.Passed:
			passedOther = c.Domain
		case c.Aligned:
			failedOwn = c.Result
		default:
			other = c.Result
		}
	}
	switch {
	case verdict == ResultPass:
		return kind + " passed for your domain, says the receiver, so DMARC counts it."
	case verdict == ResultOther:
		return fmt.Sprintf("The receiver reports %s as “%s”, which is not a pass, so DMARC does not count it.", kind, sent)
	case passedOwn != "":
		return fmt.Sprintf("%s passed for %s, but the receiver did not count it for DMARC and does not say why.", kind, passedOwn)
	case failedOwn != "":
		return fmt.Sprintf("%s was checked for your domain, and the result is “%s”, so DMARC does not count it.", kind, failedOwn)
	case passedOther != "":
		return fmt.Sprintf("%s passed, but for %s, which is not %s, so DMARC does not count it.", kind, passedOther, from)
	case other != "":
		return fmt.Sprintf("%s did not pass for any domain.", kind)
	case kind == "DKIM":
		return "There is no DKIM signature that the receiver could check."
	}
	return "The receiver reports no SPF result that counts."
}

// conclusion says what both come to.
func (r Record) conclusion(from string) string {
	switch r.Class {
	case Passing:
		if r.Forwarding != NotForwarded {
			return "One of the two is enough: this mail passes, although somebody passed it on."
		}
		return "One of the two is enough: this mail passes."
	case Forwarded:
		return "It does not pass, but there is evidence that somebody passed it on, which breaks SPF and sometimes DKIM."
	case NeedsFixing:
		return "It does not pass, although its source is known as yours: set up DKIM or SPF for " + from + " there."
	}
	return "It does not pass, and nothing shows that it is yours."
}

// resultWord is an evaluated result for people; sent is what stands for it
// where it is neither pass nor fail.
func resultWord(r Result, sent string) string {
	switch r {
	case ResultPass:
		return "pass"
	case ResultFail:
		return "fail"
	case ResultOther:
		return "“" + sent + "”"
	}
	return "not stated"
}

// overrideWords explains a type of override reason.
func overrideWords(sent string) string {
	words := map[string]string{
		"forwarded":         "The receiver saw that the mail was forwarded.",
		"trusted_forwarder": "It came through a forwarder that the receiver trusts.",
		"mailing_list":      "It came through a mailing list.",
		"local_policy":      "A rule of the receiver's own decided.",
		"sampled_out":       "It was left out of the share of mail that the policy applies to.",
		"policy_test_mode":  "The policy is published as a test.",
		"other":             "The receiver had another reason.",
	}[strings.ToLower(sent)]
	if words == "" {
		return "The receiver gave a reason that no version of the format knows."
	}
	return words
}
