package reportweb

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
)

// The n of a verdict and the n that is shown differ by what nobody vouches
// for; the page says so and leads to it.
func TestDoubtsSayWhatVerdictsGoBy(t *testing.T) {
	t.Parallel()
	a := org.Access{Membership: org.Membership{Organization: org.Organization{Slug: "example"}}}
	sum := report.Summary{Doubted: 26_165, Days: []report.DayTotal{{Split: report.Split{Passing: 83_608}}}}
	got := doubts(a, map[string][]string{"domain": {"example.org"}, "days": {"7"}}, sum)
	words := strings.ReplaceAll(got.Words, format.Thin, " ")
	if !strings.HasPrefix(words, "26 165 of 83 608 messages came in report mails that are not authenticated") || !strings.HasSuffix(words, "the other 57 443.") {
		t.Errorf("the page says %q", words)
	}
	if got.Href != "/o/example/reports?authenticated=no&days=7&domain=example.org" {
		t.Errorf("it leads to %s", got.Href)
	}
	sum.Doubted = 83_608
	if got := doubts(a, nil, sum).Words; !strings.HasSuffix(got, "no verdict and no advice stands on them.") {
		t.Errorf("of all: %q", got)
	}
	shown := report.DomainTotal{Split: report.Split{Passing: 12}}
	if got := verdictSentence(report.Assessment{Standing: report.NoData}, shown); !strings.HasPrefix(got, "No verdict yet: none of 12") {
		t.Errorf("the verdict on a domain without an authenticated report is %q", got)
	}
}

// The checklist ends: strangers that come later do not begin it anew.
func TestSetUpEnds(t *testing.T) {
	t.Parallel()
	owner := org.Access{Membership: org.Membership{Organization: org.Organization{Slug: "example"}, Role: org.Owner}}
	stranger := report.SenderTotal{Split: report.Split{Unknown: 9}}
	begun := report.Summary{Ever: 3, Senders: []report.SenderTotal{stranger}}
	left := func(a org.Access, sum report.Summary, domains int) (n int) {
		for _, i := range setUp(a, nil, nil, make([]domain.Domain, domains), sum).Items {
			if !i.Done {
				n++
			}
			if i.Done != (i.Href == "") {
				t.Errorf("%s: done %v, leads to %q", i.Text, i.Done, i.Href)
			}
		}
		return n
	}
	if n := left(owner, report.Summary{}, 0); n != 4 {
		t.Errorf("%d of 4 things are left at first", n)
	}
	if n := left(owner, begun, 1); n != 1 {
		t.Errorf("%d things are left with reports of a stranger", n)
	}
	begun.Reviewed = true
	if n := left(owner, begun, 1); n != 0 {
		t.Errorf("%d things are left after a review", n)
	}
	owner.Role = org.Viewer
	if n := left(owner, report.Summary{}, 0); n != 0 {
		t.Errorf("a viewer is told to do %d things", n)
	}
}
