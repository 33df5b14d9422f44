package report_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/report"
)

// sent is a report that a test made: who reported about which name.
type sent struct {
	doc
	policy string
	sure   bool
}

func (s sent) about() fqdn.Name {
	if s.domain == "mail.example.org" {
		return "example.org"
	}
	return fqdn.Name(s.domain)
}

// reportedBy is who reported, by the test's own reading of the definitions.
func reportedBy(all []sent, f report.Filter, d domain.Domain) (r report.Reported) {
	var reporters, below []string
	for _, s := range all {
		if s.about() != d.Name || s.begin.Before(f.From) || s.begin.After(f.To) || !s.sure || f.Doubted || f.Reporter != "" && s.org != f.Reporter {
			continue
		}
		if len(s.recs) == 0 {
			r.Nulls++
		} else if !slices.Contains(reporters, s.org) {
			reporters = append(reporters, s.org)
		}
		if s.domain != d.Name.String() && !slices.Contains(below, s.domain) {
			below = append(below, s.domain)
		}
	}
	if len(reporters) > 0 {
		r.OneReporter = slices.Min(reporters)
	}
	r.Reporters, r.Subdomains = len(reporters), len(below)
	return r
}

// Who reported and which policies they saw is the same, whether it comes from
// reports, from the sums of their weeks or from both.
func TestWhoReportedIsTheSameAddedUp(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	domains, err := b.domains.List(t.Context(), b.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	group := b.groupOf(t, "example.net")
	random := rand.New(rand.NewPCG(5, 8))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	today := now.UTC().Truncate(24 * time.Hour)
	var all []sent
	made := func(n int, sure bool) (mails []string) {
		for range n {
			s := sent{policy: "<p>none</p>", sure: sure, doc: doc{org: pick("one.example", "two.example", "three.example"), id: fmt.Sprint(len(all)),
				domain: pick("example.org", "example.net", "mail.example.org"), begin: today.AddDate(0, 0, -random.IntN(28)-random.IntN(2)*12)}}
			if s.begin.After(today.AddDate(0, 0, -14)) {
				s.policy = pick("<p>none</p>", "<p>reject</p>", "<p>reject</p>")
			}
			if random.IntN(4) > 0 {
				s.recs = []rec{pass("192.0.2.1", 3)}
			}
			all = append(all, s)
			mails = append(mails, under(s.policy, s.doc))
		}
		return mails
	}
	// changes are the policies of all domains under each filter asked for.
	ask := func(step string) (changes []string) {
		t.Helper()
		filters := rand.New(rand.NewPCG(1, 1))
		for n := range 60 {
			f := report.Filter{From: today.AddDate(0, 0, -filters.IntN(41)), To: today}
			f.To = f.To.AddDate(0, 0, -filters.IntN(f.Days()))
			switch n % 6 {
			case 1:
				f.Domain = domains[n/6%2].ID
			case 2:
				f.Group = group
			case 3:
				f.Reporter = "two.example"
			case 4:
				f.Doubted = true
			}
			sum, err := b.Summarise(t.Context(), b.org.ID, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range sum.Domains {
				want := reportedBy(all, f, domains[slices.IndexFunc(domains, func(x domain.Domain) bool { return x.ID == d.ID })])
				if d.Reported != want {
					t.Errorf("%s, filter %d %+v: %s was reported by %+v, want %+v", step, n, f, d.Name, d.Reported, want)
				}
				changes = append(changes, fmt.Sprint(n, d.Name, d.ChangeDays, d.ChangePolicies))
			}
		}
		return changes
	}
	same := func(step string, before []string) {
		t.Helper()
		if after := ask(step); !slices.Equal(after, before) {
			t.Errorf("%s, policies changed as\n%v\nand before as\n%v", step, after, before)
		}
	}
	sum := func() {
		t.Helper()
		if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
			t.Fatal(err)
		}
		if n := one[int](t, b, `SELECT count(*) FROM weekly_reporters`); n == 0 {
			t.Error("no week is added up")
		}
	}
	b.take(t, made(50, true)...)
	b.Mails = signedBy{"signed", "two.example"}
	b.take(t, made(20, false)...)
	before := ask("looked at")
	sum()
	same("added up", before)
	b.Mails = nil
	b.take(t, made(8, true)...)
	before = ask("with more that is not added up")
	sum()
	same("with more", before)

	empty := sent{policy: "<p>none</p>", sure: true, doc: doc{org: "one.example", id: "empty", domain: "example.org", begin: today.AddDate(0, 0, -20)}}
	all = append(all, empty)
	b.take(t, empty.xml())
	before = ask("with one without messages")
	sum()
	same("with one without messages", before)

	doubted := slices.IndexFunc(all, func(s sent) bool {
		return !s.sure && s.org == "two.example" && len(s.recs) > 0 && s.policy == "<p>none</p>"
	})
	b.Mails = signedBy{"signed", "two.example"}
	b.take(t, mailOf(all[doubted].doc, "signed"))
	all[doubted].sure = true
	before = ask("with one that somebody vouches for now")
	sum()
	same("with one that somebody vouches for", before)

	spoilt := report.LastDays(now, 28)
	b.admin(t, `UPDATE weekly_reporters SET nulls = nulls + 100`)
	if got, err := b.Summarise(t.Context(), b.org.ID, spoilt); err != nil || got.Domains[0].Nulls < 300 {
		t.Errorf("the weeks that are added up are not read: %d reports without messages, %v", got.Domains[0].Nulls, err)
	}
	b.admin(t, `UPDATE weekly_reporters SET nulls = nulls - 100`)

	b.keepDays(35)
	if err := b.ExpireReports(t.Context(), report.ExpireReports{}); err != nil {
		t.Fatal(err)
	}
	old := today.AddDate(0, 0, -35)
	all = slices.DeleteFunc(all, func(s sent) bool { return s.begin.Before(old) })
	before = ask("without the oldest")
	if err := b.Rebuild(t.Context(), b.org.ID, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	same("made anew", before)
	if got := b.differences(t); got != "" {
		t.Errorf("found:\n%s", got)
	}
}
