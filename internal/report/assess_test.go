package report_test

import (
	"testing"

	"sendvery.com/sendvery/internal/report"
)

func TestAssessment(t *testing.T) {
	t.Parallel()
	split := func(p, f, x, u int64) report.Split { return report.Split{Passing: p, Forwarded: f, Fix: x, Unknown: u} }
	domain := func(policy string, days int, s report.Split) report.DomainTotal {
		return report.DomainTotal{Policy: policy, Days: days, Split: s}
	}
	bad := []report.SenderTotal{{Sender: "printer", Split: split(0, 0, 40, 0)}}
	refused := []report.SenderTotal{{Sender: "printer", Split: split(0, 0, 40, 0), Stopped: 40}}
	strays := []report.SenderTotal{{Sender: "big", Split: split(10_000, 0, 3, 0)}}
	mended := []report.SenderTotal{{Sender: "news", Split: split(1000, 0, 900, 0), Recent: report.Recent{Other: 500}}}
	for name, c := range map[string]struct {
		d       report.DomainTotal
		senders []report.SenderTotal
		want    report.Standing
		next    string
	}{
		"nothing reported":                {domain("", 0, split(0, 0, 0, 0)), nil, report.NoData, ""},
		"own sender fails at p=none":      {domain("none", 30, split(1000, 10, 40, 5)), bad, report.NotSafe, ""},
		"own sender fails at p=reject":    {domain("reject", 30, split(1000, 10, 40, 5)), bad, report.NotSafe, ""},
		"own sender is refused":           {domain("reject", 30, split(1000, 10, 40, 5)), refused, report.Losing, ""},
		"own sender fails under a flood":  {domain("none", 30, split(500, 0, 40, 100_000)), bad, report.NotSafe, ""},
		"only failing mail, p=reject":     {domain("reject", 30, split(0, 0, 40, 100_000)), refused, report.Losing, ""},
		"a few strays of a big sender":    {domain("none", 30, split(10_000, 0, 3, 0)), strays, report.SafeToGo, "quarantine"},
		"a sender mended two weeks ago":   {domain("none", 90, split(10_000, 0, 900, 0)), mended, report.SafeToGo, "quarantine"},
		"all passes at p=quarantine":      {domain("quarantine", 30, split(1000, 10, 0, 5)), nil, report.SafeToGo, "reject"},
		"all passes at p=reject":          {domain("reject", 30, split(1000, 10, 0, 5)), nil, report.Enforced, ""},
		"three days only":                 {domain("none", 3, split(1000, 0, 0, 0)), nil, report.TooEarly, ""},
		"forty messages only":             {domain("none", 30, split(40, 0, 0, 0)), nil, report.TooEarly, ""},
		"one strange message on day one":  {domain("none", 1, split(0, 0, 0, 1)), nil, report.TooEarly, ""},
		"one strange message at p=reject": {domain("reject", 1, split(0, 0, 0, 1)), nil, report.Parked, ""},
		"only strangers and p=reject":     {domain("reject", 30, split(0, 0, 0, 300)), nil, report.Parked, ""},
		"only strangers and p=none":       {domain("none", 30, split(0, 0, 0, 300)), nil, report.Foreign, ""},
		"a few forwarders block nobody":   {domain("none", 30, split(500, 20, 0, 0)), nil, report.SafeToGo, "quarantine"},
		"much is forwarded":               {domain("none", 30, split(500, 400, 0, 0)), nil, report.MuchForwarded, ""},
	} {
		got := report.Assess(c.d, c.senders)
		if got.Standing != c.want || got.Next != c.next {
			t.Errorf("%s: standing %d next %q, want %d %q", name, got.Standing, got.Next, c.want, c.next)
		}
	}
}
