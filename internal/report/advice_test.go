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
		want    string
	}{
		{report.Held, report.ReasonUnwatched, org.Member, "Add example.net on the page"},
		{report.Held, report.ReasonUnwatched, org.Viewer, "owner, admin or member of your organization can add example.net"},
		{report.Held, report.ReasonPlan, org.Owner, "Choose a larger plan"},
		{report.Held, report.ReasonPlan, org.Admin, "An owner of your organization"},
		{report.Held, report.ReasonSetAside, org.Owner, "which of your domains are active"},
		{report.Held, report.ReasonSetAside, org.Viewer, "An owner of your organization"},
		{report.Refused, report.ReasonPlanFull, org.Owner, "Choose a larger plan"},
		{report.Held, report.ReasonDay, org.Owner, "the clock"},
		{report.Held, report.ReasonNameless, org.Owner, "do not name their domain"},
		{report.Refused, report.ReasonTooLarge, org.Owner, ""}, // its sentence says where the mail is
		{report.Refused, "truncated", org.Owner, "next report"},
	} {
		got := report.Item{Verdict: c.verdict, Reason: &c.reason, Domain: &domain}.Advice(c.role)
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s as %s: %q, want %q in it", c.reason, c.role, got, c.want)
		}
	}
}
