package report_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/spool"
)

// randomFilter chooses each thing now and then.
func randomFilter(random *rand.Rand, domains []domain.Domain) report.Filter {
	f := report.LastDays(now, 1+random.IntN(60))
	maybe := func(set func()) {
		if random.IntN(4) == 0 {
			set()
		}
	}
	maybe(func() { f.Domain = domains[random.IntN(len(domains))].ID })
	maybe(func() { f.Class = report.Class(1 + random.IntN(4)) })
	maybe(func() { f.Reporter = []string{"one.example", "two.example"}[random.IntN(2)] })
	maybe(func() { f.Sender = fmt.Sprintf("192.0.2.%d", 120+random.IntN(12)) })
	maybe(func() {
		f.Network = netip.MustParsePrefix([]string{"192.0.2.120/29", "2001:db8:1::/48"}[random.IntN(2)])
	})
	maybe(func() { f.Country = report.UnknownCountry })
	maybe(func() { f.Disposition = dmarcrpt.DispositionNone })
	maybe(func() { f.DKIM = report.Outcome(1 + random.IntN(2)) })
	maybe(func() { f.SPF = report.Outcome(1 + random.IntN(2)) })
	return f
}

func TestWhatIsTakenAgreesWithThePages(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	makeFacts(t, b, 5)
	domains, err := b.domains.List(t.Context(), b.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	random, some := rand.New(rand.NewPCG(5, 11)), 0
	for range 30 {
		f := randomFilter(random, domains)
		page := sums(t, b, f)[0]
		got, lines, rows := taken(t, b, f)
		h, err := b.Holding(t.Context(), b.org.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		if got != [2]report.Split{page, page} {
			t.Errorf("%+v: the page says %v, sums and records come to %v", f, page, got)
		}
		if h.Messages != page.Total() || h.Sums != lines || h.Rows != rows {
			t.Errorf("%+v: counted as %+v, taken were %d sums and %d records of %d messages", f, h, lines, rows, page.Total())
		}
		if page.Total() > 0 {
			some++
		}
	}
	if some < 8 {
		t.Errorf("only %d filters chose anything", some)
	}
}

// taken adds up what a filter's sums and records hold, and counts both.
func taken(t *testing.T, b *bench, f report.Filter) (s [2]report.Split, lines, rows int64) {
	t.Helper()
	add := func(s *report.Split, c report.Class, n int64) {
		*map[report.Class]*int64{report.Passing: &s.Passing, report.Forwarded: &s.Forwarded, report.NeedsFixing: &s.Fix, report.Unknown: &s.Unknown}[c] += n
	}
	err := b.EachSum(t.Context(), b.org.ID, f, func(d report.DaySum) error {
		lines++
		add(&s[0], d.Class, d.Messages)
		return nil
	})
	if err == nil {
		err = b.EachRow(t.Context(), b.org.ID, f, func(r report.Row) error {
			rows++
			add(&s[1], r.Class, r.Messages)
			return nil
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return s, lines, rows
}

func TestFiltersOfReportsChooseTheirMessages(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	plain := doc{org: "one.example", id: "1", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 5)}}
	odd := doc{org: "one.example", id: "2", domain: "example.org", begin: day, recs: []rec{{ip: "192.0.2.2", count: 7, dkim: "pass", spf: "fail", disposition: "discard"}}}
	b.take(t, plain.xml(), odd.xml())
	f := report.LastDays(now, 60)
	for repair, want := range map[string]int64{"": 12, string(dmarcrpt.RepairDisposition): 7, "nothing": 0} {
		f.Repair = dmarcrpt.RepairDisposition
		if repair != string(f.Repair) {
			f.Repair = ""
		}
		if repair == "nothing" {
			f.Repair = "nothing"
		}
		got, _, _ := taken(t, b, f)
		if got[0].Total() != want || got[1].Total() != want {
			t.Errorf("repaired by %q: %v, want %d messages", repair, got, want)
		}
	}
	f.Repair, f.Doubted = "", true
	if got, _, rows := taken(t, b, f); rows != 0 {
		t.Errorf("doubted: %v", got)
	}
}

func TestOriginalsOfAFilter(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	var mails []string
	for i, ip := range []string{"192.0.2.1", "192.0.2.2"} {
		mails = append(mails, doc{org: "one.example", id: fmt.Sprint(i), domain: "example.org", begin: day, recs: []rec{pass(ip, 1)}}.xml())
	}
	b.take(t, mails...)
	f := report.LastDays(now, 60)
	for sender, want := range map[string]int64{"": 2, "192.0.2.2": 1, "192.0.2.9": 0} {
		f.Sender = sender
		h, err := b.Holding(t.Context(), b.org.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		var n, size int64
		err = b.EachOriginal(t.Context(), b.org.ID, f, func(_ report.ReceiptID, file *spool.File) error {
			n, size = n+1, size+file.Size()
			return nil
		})
		if err != nil || n != want || h.Originals != want || h.Size != size {
			t.Errorf("of %q: %d originals of %d bytes, counted as %+v, want %d, %v", sender, n, size, h, want, err)
		}
	}
}
