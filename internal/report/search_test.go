package report_test

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/report"
)

func TestSearchFindsEachKindOfThing(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "shop.example", "my-shop.example")
	b.take(t, doc{org: "Big-Mail.example", id: "Ab.1_2", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 5)}}.xml())
	find := func(q string) report.Found {
		t.Helper()
		f, err := b.Search(t.Context(), b.org.ID, q)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	if f := find(" SHOP "); !slices.Equal(f.Domains, []fqdn.Name{"shop.example", "my-shop.example"}) {
		t.Errorf("a part of a name: %v", f.Domains)
	}
	if f := find("0.2"); !slices.Equal(f.Senders, []report.FoundSender{{Sender: "192.0.2.1", Domains: 1}}) || f.Network.IsValid() {
		t.Errorf("a part of a sender: %+v", f)
	}
	if f := find("192.0.2.1"); len(f.Senders) != 1 || f.Network != netip.MustParsePrefix("192.0.2.1/32") {
		t.Errorf("an address: %+v", f)
	}
	if f := find("2001:db8::1/32"); len(f.Senders) != 0 || f.Network != netip.MustParsePrefix("2001:db8::/32") {
		t.Errorf("a network: %+v", f)
	}
	if f := find("ig-mail"); !slices.Equal(f.Reporters, []report.FoundReporter{{Reporter: "big-mail.example", Reports: 1}}) {
		t.Errorf("a part of a receiver: %+v", f)
	}
	if f := find("Ab.1_2"); len(f.Reports) != 1 || f.Reports[0].Messages != 5 {
		t.Errorf("the id of a report: %+v", f)
	}
	for _, q := range []string{"", " ", "%", "_", "ab", "'; --"} {
		if f := find(q); len(f.Domains)+len(f.Senders)+len(f.Reporters)+len(f.Reports) != 0 {
			t.Errorf("%q finds %+v", q, f)
		}
	}
}

func TestReportsWithLongIdsAreStoredAndFound(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	random := rand.New(rand.NewPCG(1, 2))
	id := make([]byte, 6000) // random: what repeats is stored short
	for i := range id {
		id[i] = "abcdefghijklmnopqrstuvwxyz0123456789"[random.IntN(36)]
	}
	b.take(t, doc{org: "one.example", id: string(id), domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 5)}}.xml())
	if f, err := b.Search(t.Context(), b.org.ID, string(id)); err != nil || len(f.Reports) != 1 {
		t.Errorf("%v, %v", f.Reports, err)
	}
}

func TestGroupChoosesItsDomains(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	for _, d := range []string{"example.org", "example.net"} {
		b.take(t, doc{org: "one.example", id: d, domain: d, begin: day, recs: []rec{pass("192.0.2.1", 5)}}.xml())
	}
	f := report.LastDays(now, 60)
	f.Group = b.groupOf(t, "example.net")
	if got := sums(t, b, f); got[0].Passing != 5 || got[0] != got[1] || got[0] != got[2] {
		t.Errorf("days, senders and domains come to %v", got)
	}
	sum, err := b.Summarise(t.Context(), b.org.ID, f)
	if err != nil || len(sum.Domains) != 1 || sum.ReportCount != 1 {
		t.Errorf("%d domains, %d reports, %v", len(sum.Domains), sum.ReportCount, err)
	}
}
