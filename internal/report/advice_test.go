package report_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
)

func TestAdviceFitsTheReasonAndTheRole(t *testing.T) {
	t.Parallel()
	domain := "example.net"
	for _, c := range []struct {
		verdict report.Verdict
		reason  report.Reason
		role    org.Role
		larger  bool // there is a larger plan
		want    string
	}{
		{report.Held, report.ReasonUnwatched, org.Member, true, "Add example.net on the page"},
		{report.Held, report.ReasonUnwatched, org.Viewer, true, "owner, admin or member of your organization can add example.net"},
		{report.Held, report.ReasonPlan, org.Owner, true, "Choose a larger plan"},
		{report.Held, report.ReasonPlan, org.Admin, true, "An owner of your organization"},
		{report.Held, report.ReasonSetAside, org.Owner, true, "which of your domains are active"},
		{report.Held, report.ReasonSetAside, org.Viewer, true, "An owner of your organization"},
		{report.Refused, report.ReasonPlanFull, org.Owner, true, "Choose a larger plan"},
		{report.Held, report.ReasonPlan, org.Owner, false, ""}, // its sentence says when it counts
		{report.Held, report.ReasonPlan, org.Admin, false, ""},
		{report.Refused, report.ReasonPlanFull, org.Owner, false, ""},
		{report.Held, report.ReasonSetAside, org.Owner, false, "domains are active to count it"},
		{report.Held, report.ReasonDay, org.Owner, true, "the clock"},
		{report.Held, report.ReasonNameless, org.Owner, true, "do not name their domain"},
		{report.Refused, report.ReasonTooLarge, org.Owner, true, ""}, // its sentence says where the mail is
		{report.Refused, "truncated", org.Owner, true, "next report"},
	} {
		got := report.Item{Verdict: c.verdict, Reason: &c.reason, Domain: &domain}.Advice(c.role, c.larger)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s as %s, a larger plan: %v: %q, want %q in it", c.reason, c.role, c.larger, got, c.want)
		}
	}
}
