package report_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/report"
)

func TestAdviceFitsTheReason(t *testing.T) {
	t.Parallel()
	domain := "example.net"
	for reason, want := range map[report.Reason]string{
		report.ReasonUnwatched: "Add example.net",
		report.ReasonDay:       "", // the domain is watched already
		report.ReasonTooLarge:  "", // its sentence says where the mail is
		"truncated":            "next report",
	} {
		verdict := report.Refused
		if reason == report.ReasonUnwatched || reason == report.ReasonDay {
			verdict = report.Held
		}
		got := report.Item{Verdict: verdict, Reason: &reason, Domain: &domain}.Advice()
		if want == "" && got != "" || !strings.Contains(got, want) {
			t.Errorf("%s: %q, want %q in it", reason, got, want)
		}
	}
}
