package report_test

import (
	"encoding/json"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/report"
)

// stored is a row whose results are as given.
func stored(t *testing.T, r report.Record, results report.AuthResults, evaluated string) report.Record {
	t.Helper()
	var err error
	if r.Results, err = json.Marshal(results); err != nil {
		t.Fatal(err)
	}
	if evaluated != "" {
		r.Evaluated = json.RawMessage(evaluated)
	}
	r.HeaderFrom = "example.org"
	return r
}

func TestExplanations(t *testing.T) {
	t.Parallel()
	spf := func(domain, result string) report.AuthResults {
		return report.AuthResults{SPF: []report.SPF{{Domain: domain, Scope: "mfrom", Result: result}}}
	}
	dkim := func(domain, result string) report.AuthResults {
		return report.AuthResults{DKIM: []report.DKIM{{Domain: domain, Selector: "s", Result: result}}}
	}
	const pass, fail, other = report.ResultPass, report.ResultFail, report.ResultOther
	for name, c := range map[string]struct {
		r         report.Record
		results   report.AuthResults
		evaluated string
		strict    bool
		want      string
	}{
		"SPF of the domain":        {report.Record{SPF: pass, Class: report.Passing}, spf("example.org", "pass"), "", false, "SPF passed for example.org, which is your domain, so DMARC counts it."},
		"SPF of a subdomain":       {report.Record{SPF: pass, Class: report.Passing}, spf("bounce.example.org", "pass"), "", false, "SPF passed for bounce.example.org, which is your domain"},
		"SPF of another domain":    {report.Record{SPF: fail}, spf("mailer.example", "pass"), "", false, "SPF passed, but for mailer.example, which is not example.org, so DMARC does not count it."},
		"SPF none":                 {report.Record{SPF: fail}, spf("example.org", "none"), "", false, "SPF was checked for your domain, and the result is “none”, so DMARC does not count it."},
		"SPF softfail":             {report.Record{SPF: other}, spf("example.org", "softfail"), `{"spf":"softfail"}`, false, "The receiver reports SPF as “softfail”, which is not a pass"},
		"SPF of nobody":            {report.Record{SPF: fail}, spf("mailer.example", "fail"), "", false, "SPF did not pass for any domain."},
		"no SPF":                   {report.Record{SPF: fail}, report.AuthResults{}, "", false, "The receiver reports no SPF result that counts."},
		"strict alignment":         {report.Record{SPF: fail}, spf("bounce.example.org", "pass"), "", true, "SPF passed, but for bounce.example.org, which is not example.org"},
		"a pass that is not taken": {report.Record{SPF: fail}, spf("example.org", "pass"), "", false, "SPF passed for example.org, but the receiver did not count it"},
		"DKIM of the domain":       {report.Record{DKIM: pass, Class: report.Passing}, dkim("example.org", "pass"), "", false, "DKIM passed for example.org, which is your domain"},
		"DKIM is broken":           {report.Record{DKIM: fail}, dkim("example.org", "fail"), "", false, "DKIM was checked for your domain, and the result is “fail”"},
		"DKIM of the provider":     {report.Record{DKIM: fail}, dkim("provider.example", "pass"), "", false, "DKIM passed, but for provider.example, which is not example.org"},
		"no DKIM":                  {report.Record{DKIM: fail}, report.AuthResults{}, "", false, "There is no DKIM signature that the receiver could check."},
		"pass without evidence":    {report.Record{DKIM: pass, Class: report.Passing}, report.AuthResults{}, "", false, "DKIM passed for your domain, says the receiver, so DMARC counts it."},
		"conclusion: passes":       {report.Record{DKIM: pass, Class: report.Passing}, report.AuthResults{}, "", false, "One of the two is enough: this mail passes."},
		"conclusion: passed on":    {report.Record{DKIM: pass, Class: report.Passing, Forwarding: report.DKIMSurvived}, report.AuthResults{}, "", false, "this mail passes, although somebody passed it on."},
		"conclusion: forwarded":    {report.Record{Class: report.Forwarded}, report.AuthResults{}, "", false, "there is evidence that somebody passed it on"},
		"conclusion: needs fixing": {report.Record{Class: report.NeedsFixing}, report.AuthResults{}, "", false, "set up DKIM or SPF for example.org there."},
		"conclusion: unknown":      {report.Record{Class: report.Unknown}, report.AuthResults{}, "", false, "nothing shows that it is yours."},
		"override: forwarder":      {report.Record{}, report.AuthResults{}, `{"reasons":[{"Type":"Trusted_Forwarder"}]}`, false, "It came through a forwarder that the receiver trusts."},
		"override: list":           {report.Record{}, report.AuthResults{}, `{"reasons":[{"Type":"mailing_list","Comment":"dev list"}]}`, false, "It came through a mailing list. (mailing_list: dev list)"},
		"override: of its own":     {report.Record{}, report.AuthResults{}, `{"reasons":[{"Type":"moon_phase"}]}`, false, "The receiver gave a reason that no version of the format knows. (moon_phase: )"},
	} {
		policy := dmarcrpt.Policy{Domain: "example.org", P: "none"}
		if c.strict {
			policy.ADKIM, policy.ASPF = "s", "s"
		}
		e, err := report.Explain(stored(t, c.r, c.results, c.evaluated), policy)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		said := strings.Join(e.Why, "\n")
		for _, o := range e.Overrides {
			said += "\n" + o.Words + " (" + o.Type + ": " + o.Comment + ")"
		}
		if !strings.Contains(said, c.want) {
			t.Errorf("%s: it says\n%s\nwant %q", name, said, c.want)
		}
	}
}

func TestExplanationNamesAlignmentOfEachCheck(t *testing.T) {
	t.Parallel()
	r := stored(t, report.Record{DKIM: report.ResultPass, Class: report.Passing}, report.AuthResults{
		DKIM: []report.DKIM{{Domain: "provider.example", Selector: "p", Result: "pass"}, {Domain: "mail.example.org", Selector: "s", Result: "PASS"}},
		SPF:  []report.SPF{{Domain: "not a domain", Result: "pass"}}}, "")
	for mode, want := range map[string][3]bool{"r": {false, false, true}, "s": {false, false, false}} {
		e, err := report.Explain(r, dmarcrpt.Policy{Domain: "example.org", ADKIM: mode, ASPF: mode})
		if err != nil || len(e.Checks) != 3 {
			t.Fatal(len(e.Checks), err)
		}
		for i, c := range e.Checks {
			if c.Aligned != want[i] || !c.Passed {
				t.Errorf("mode %s, %s of %s: aligned %v, passed %v", mode, c.Kind, c.Domain, c.Aligned, c.Passed)
			}
		}
	}
}
