package report_test

import (
	"slices"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/report"
)

func TestSimulationCountsWhatIsNotStoppedYet(t *testing.T) {
	t.Parallel()
	failing := []report.Failing{
		{Sender: "news", Class: report.NeedsFixing, Delivered: 40, Quarantined: 5, Rejected: 2},
		{Sender: "list", Class: report.Forwarded, Delivered: 30},
		{Sender: "one", Class: report.Unknown, Delivered: 7, Quarantined: 3},
		{Sender: "two", Class: report.Unknown, Rejected: 90},
		{Class: report.Unknown, Delivered: 100, Quarantined: 1, Rejected: 1},
	}
	quarantine, reject := report.Simulate(failing, "quarantine"), report.Simulate(failing, "reject")
	if quarantine.Affected != (report.Split{Forwarded: 30, Fix: 40, Unknown: 107}) || quarantine.Stopped != 102 {
		t.Errorf("quarantine: %+v", quarantine)
	}
	if reject.Affected != (report.Split{Forwarded: 30, Fix: 45, Unknown: 111}) || reject.Stopped != 93 {
		t.Errorf("reject: %+v", reject)
	}
	want := []report.Affected{{Sender: "news", Class: report.NeedsFixing, Messages: 45}, {Sender: "list", Class: report.Forwarded, Messages: 30}, {Sender: "one", Class: report.Unknown, Messages: 10}}
	if !slices.Equal(reject.Worst, want) {
		t.Errorf("the worst are %v", reject.Worst)
	}
	if none := report.Simulate(nil, "reject"); none.Affected.Total() != 0 || none.Worst != nil {
		t.Errorf("of nothing: %+v", none)
	}
}

// What the verdict stands on comes from the reports themselves, and from those
// alone that somebody vouches for.
func TestEvidenceComesOutOfReports(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.Mails = signedBy{"signed", "reporter.example"}
	spam := fail("198.51.100.7", 11)
	spam.disposition = "reject"
	held := rec{ip: "198.51.100.8", count: 3, dkim: "fail", spf: "fail", reason: "forwarded", disposition: "quarantine"}
	bySPF := rec{ip: "192.0.2.1", count: 20, dkim: "fail", spf: "pass"}
	for n, d := range week("reporter.example", pass("192.0.2.1", 50), bySPF, fail("192.0.2.1", 4), spam, held) {
		if n == 7 {
			d.recs = nil // nothing seen that day
		}
		if n == 6 {
			d.domain = "news.example.org"
		}
		b.take(t, mailOf(d, "signed"))
	}
	forged := doc{org: "other.example", id: "f", domain: "example.org", begin: day, recs: []rec{fail("192.0.2.1", 10_000)}}
	b.take(t, mailOf(forged, ""))

	as, _ := b.assess(t)
	if got := as.On.Reported; got != (report.Reported{Reporters: 1, OneReporter: "reporter.example", Nulls: 1, Subdomains: 1}) {
		t.Errorf("reported: %+v", got)
	}
	if got := as.On.Pace.Signed; got != 7*50 {
		t.Errorf("%d messages are signed", got)
	}
	f := report.LastDays(now, 28)
	f.Domain = as.On.ID
	failing, err := b.Failing(t.Context(), b.org.ID, f)
	if err != nil {
		t.Fatal(err)
	}
	if i := report.Simulate(failing, "quarantine"); i.Affected != (report.Split{Fix: 28}) || i.Stopped != 7*14 {
		t.Errorf("p=quarantine: %+v", i)
	}
	i := report.Simulate(failing, "reject")
	if i.Affected != (report.Split{Fix: 28, Forwarded: 21}) || i.Stopped != 77 || len(i.Worst) != 2 || i.Worst[0].Sender != "192.0.2.1" {
		t.Errorf("p=reject: %+v", i)
	}
}

func TestGrowthIsSeenInTheLastDays(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	for n, d := range append(week("one.example", pass("192.0.2.1", 10)), week("two.example", pass("192.0.2.1", 10))...) {
		d.begin = now.Truncate(24*time.Hour).AddDate(0, 0, n%8-12)
		if n%8 >= 6 {
			d.recs = []rec{pass("192.0.2.1", 400)}
		}
		b.take(t, d.xml())
	}
	as, _ := b.assess(t)
	if as.Standing != report.Growing || as.On.Pace.Before != 2*6*10 || as.On.Pace.Week != 2*2*400 {
		t.Errorf("standing %d, %+v", as.Standing, as.On.Pace)
	}
}
