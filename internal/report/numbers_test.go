package report_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/report"
)

// fact is one made record with what the test itself thinks of it.
type fact struct {
	report           int
	domain, reporter string
	day              time.Time
	ip               netip.Addr
	messages         int64
	class            report.Class
	dkim, spf        bool
}

// makeFacts stores random reports and returns their records, judged by the
// test's own reading of the definitions.
func makeFacts(t *testing.T, b *bench, seed uint64) []fact {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 7))
	pick := func(list ...string) string { return list[random.IntN(len(list))] }
	var ips []string
	for i := range 12 {
		ips = append(ips, fmt.Sprintf("192.0.2.%d", 120+i), fmt.Sprintf("2001:db8:%x::%x", i%3, i))
	}
	type made struct {
		fact
		pass, forwarded, own bool
	}
	var all []made
	var mails []string
	for n := range 30 {
		d := doc{org: pick("one.example", "two.example", "three.example"), id: fmt.Sprint(n), domain: pick("example.org", "example.net"),
			begin: day.AddDate(0, 0, random.IntN(20)-10-random.IntN(2)*random.IntN(120))}
		for range 1 + random.IntN(8) {
			r := rec{ip: pick(ips...), count: random.IntN(50), dkim: pick("pass", "fail", "fail"), spf: pick("pass", "fail", "fail", "softfail"), reason: pick("", "", "forwarded", "sampled_out")}
			d.recs = append(d.recs, r)
			pass, reason := r.dkim == "pass" || r.spf == "pass", r.reason == "forwarded"
			survived := r.dkim == "pass" && r.spf != "pass"
			all = append(all, made{fact: fact{report: n, domain: d.domain, reporter: d.org, day: d.begin, ip: netip.MustParseAddr(r.ip), messages: int64(r.count), dkim: r.dkim == "pass", spf: r.spf == "pass"},
				pass: pass, forwarded: reason, own: pass && !reason && !survived && r.count > 0})
		}
		mails = append(mails, d.xml())
	}
	// The sums of days hold some of them, the others are still to come there.
	b.take(t, mails[:20]...)
	if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
		t.Fatal(err)
	}
	b.take(t, mails[20:]...)
	own := map[string]bool{}
	for _, m := range all {
		own[m.domain+m.ip.String()] = own[m.domain+m.ip.String()] || m.own
	}
	facts := make([]fact, len(all))
	for i, m := range all {
		switch {
		case m.pass:
			m.class = report.Passing
		case m.forwarded:
			m.class = report.Forwarded
		case own[m.domain+m.ip.String()]:
			m.class = report.NeedsFixing
		default:
			m.class = report.Unknown
		}
		facts[i] = m.fact
	}
	return facts
}

// split sums what a filter of the test chooses.
func split(facts []fact, chosen func(fact) bool) (s report.Split) {
	for _, f := range facts {
		if !chosen(f) {
			continue
		}
		switch f.class {
		case report.Passing:
			s.Passing += f.messages
		case report.Forwarded:
			s.Forwarded += f.messages
		case report.NeedsFixing:
			s.Fix += f.messages
		case report.Unknown:
			s.Unknown += f.messages
		}
	}
	return s
}

func TestAllSumsAgreeWithTheRecords(t *testing.T) {
	t.Parallel()
	for seed := range uint64(2) {
		b := newBench(t, "example.org", "example.net")
		facts := makeFacts(t, b, seed)
		domains, err := b.domains.List(t.Context(), b.org.ID)
		if err != nil {
			t.Fatal(err)
		}
		all := report.LastDays(now, 200)
		for name, c := range map[string]struct {
			change func(*report.Filter)
			chosen func(fact) bool
		}{
			"everything":      {func(*report.Filter) {}, func(fact) bool { return true }},
			"some days":       {func(f *report.Filter) { f.From, f.To = day.AddDate(0, 0, -2), day.AddDate(0, 0, 3) }, func(f fact) bool { return !f.day.Before(day.AddDate(0, 0, -2)) && !f.day.After(day.AddDate(0, 0, 3)) }},
			"one day":         {func(f *report.Filter) { f.From, f.To = day, day }, func(f fact) bool { return f.day.Equal(day) }},
			"a domain":        {func(f *report.Filter) { f.Domain = domains[0].ID }, func(f fact) bool { return f.domain == domains[0].Name.String() }},
			"a class":         {func(f *report.Filter) { f.Class = report.NeedsFixing }, func(f fact) bool { return f.class == report.NeedsFixing }},
			"a reporter":      {func(f *report.Filter) { f.Reporter = "two.example" }, func(f fact) bool { return f.reporter == "two.example" }},
			"a sender":        {func(f *report.Filter) { f.Sender = "192.0.2.125" }, func(f fact) bool { return f.ip.String() == "192.0.2.125" }},
			"an IPv4 network": {func(f *report.Filter) { f.Network = netip.MustParsePrefix("192.0.2.127/29") }, func(f fact) bool { return netip.MustParsePrefix("192.0.2.120/29").Contains(f.ip) }},
			"all IPv4":        {func(f *report.Filter) { f.Network = netip.MustParsePrefix("0.0.0.0/0") }, func(f fact) bool { return f.ip.Is4() }},
			"an IPv6 network": {func(f *report.Filter) { f.Network = netip.MustParsePrefix("2001:db8:1::5/48") }, func(f fact) bool { return netip.MustParsePrefix("2001:db8:1::/48").Contains(f.ip) }},
			"all IPv6":        {func(f *report.Filter) { f.Network = netip.MustParsePrefix("::/0") }, func(f fact) bool { return f.ip.Is6() }},
			"one address":     {func(f *report.Filter) { f.Network = netip.MustParsePrefix("2001:db8:1::4/128") }, func(f fact) bool { return f.ip.String() == "2001:db8:1::4" }},
			"several at a time": {func(f *report.Filter) { f.Class, f.Reporter, f.Domain = report.Passing, "one.example", domains[1].ID }, func(f fact) bool {
				return f.class == report.Passing && f.reporter == "one.example" && f.domain == domains[1].Name.String()
			}},
			"nothing": {func(f *report.Filter) { f.Reporter = "nobody.example" }, func(fact) bool { return false }},
		} {
			f := all
			c.change(&f)
			want := split(facts, c.chosen)
			if got := sums(t, b, f); got != [3]report.Split{want, want, want} {
				t.Errorf("seed %d, %s: days, senders and domains come to %v, want %v each", seed, name, got, want)
			}
		}
		whole := split(facts, func(fact) bool { return true }).Total()
		for _, sql := range []string{`SELECT sum(messages)::bigint FROM records`, `SELECT sum(messages)::bigint FROM reports`, `SELECT sum(messages)::bigint FROM messages_by_receiver`} {
			if n := one[int64](t, b, sql); n != whole || whole == 0 {
				t.Errorf("seed %d: %s = %d, want %d", seed, sql, n, whole)
			}
		}
	}
}

// lost are the messages of a sender that fail, by class.
func lost(f report.Failing) (s report.Split) {
	n := f.Delivered + f.Quarantined + f.Rejected
	switch f.Class {
	case report.Passing:
		s.Passing = n
	case report.Forwarded:
		s.Forwarded = n
	case report.NeedsFixing:
		s.Fix = n
	case report.Unknown:
		s.Unknown = n
	}
	return s
}

// sums adds up days, senders and domains.
func sums(t *testing.T, b *bench, f report.Filter) (s [3]report.Split) {
	t.Helper()
	sum, err := b.Summarise(t.Context(), b.org.ID, f)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range sum.Days {
		s[0] = s[0].Add(d.Split)
	}
	for _, x := range sum.Senders {
		s[1] = s[1].Add(x.Split)
	}
	for _, d := range sum.Domains {
		s[2] = s[2].Add(d.Split)
	}
	return s
}

// chosenBy is a filter made of any of its parts, and what it chooses.
func chosenBy(random *rand.Rand, domains []domain.Domain) (f report.Filter, chosen func(fact) bool) {
	f = report.LastDays(now, 200)
	var tests []func(fact) bool
	some := func(n int) bool { return random.IntN(n) == 0 }
	if some(3) {
		f.From, f.To = day.AddDate(0, 0, random.IntN(6)-8-random.IntN(2)*random.IntN(120)), day.AddDate(0, 0, random.IntN(10))
	}
	if d := domains[random.IntN(len(domains))]; some(2) {
		f.Domain = d.ID
		tests = append(tests, func(f fact) bool { return f.domain == d.Name.String() })
	}
	if some(4) {
		f.Reporter = "two.example"
		tests = append(tests, func(f fact) bool { return f.reporter == "two.example" })
	}
	if class := report.Passing + report.Class(random.IntN(4)); some(3) {
		f.Class = class
		tests = append(tests, func(f fact) bool { return f.class == class })
	}
	if some(4) {
		f.Sender = "2001:db8:1::4"
		tests = append(tests, func(f fact) bool { return f.ip.String() == "2001:db8:1::4" })
	}
	if some(3) {
		f.Network = netip.MustParsePrefix("192.0.2.120/29")
		tests = append(tests, func(x fact) bool { return f.Network.Contains(x.ip) })
	}
	if some(4) {
		f.DKIM = report.Fails
		tests = append(tests, func(f fact) bool { return !f.dkim })
	}
	if some(4) {
		f.SPF = report.Passes
		tests = append(tests, func(f fact) bool { return f.spf })
	}
	return f, func(x fact) bool {
		if x.day.Before(f.From) || x.day.After(f.To) {
			return false
		}
		return !slices.ContainsFunc(tests, func(test func(fact) bool) bool { return !test(x) })
	}
}

func TestEveryNumberOfAFilterAgrees(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	facts := makeFacts(t, b, 3)
	domains, err := b.domains.List(t.Context(), b.org.ID)
	if err != nil {
		t.Fatal(err)
	}
	random, found := rand.New(rand.NewPCG(3, 9)), 0
	for n := range 200 {
		switch n {
		case 75: // what a person says changes what is shown at once
			b.admin(t, `UPDATE senders SET review = CASE WHEN own THEN 'not_mine' ELSE 'authorised' END WHERE sender < '192.0.2.126'`)
			for i, f := range facts {
				switch {
				case f.ip.String() >= "192.0.2.126" || !f.ip.Is4():
				case f.class == report.NeedsFixing:
					facts[i].class = report.Unknown
				case f.class == report.Unknown:
					facts[i].class = report.NeedsFixing
				}
			}
		case 140:
			if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
				t.Fatal(err)
			}
		}
		f, chosen := chosenBy(random, domains)
		want := split(facts, chosen)
		if want.Total() > 0 {
			found++
		}
		if got := sums(t, b, f); got != [3]report.Split{want, want, want} {
			t.Errorf("filter %d %+v: days, senders and domains come to %v, want %v each", n, f, got, want)
		}
		page, err := b.Senders(t.Context(), b.org.ID, report.SenderQuery{Filter: f, Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		var senders report.Split
		for i, s := range page.Senders {
			senders = senders.Add(s.Split)
			if got := drawn(f, page.Trends[i]); got != s.Total() {
				t.Errorf("filter %d %+v: the trend of %s comes to %d messages, the sender to %d", n, f, s.Sender, got, s.Total())
			}
		}
		if trends, err := b.SenderTrends(t.Context(), b.org.ID, f, page.Senders); err != nil || !reflect.DeepEqual(trends, page.Trends) {
			t.Errorf("filter %d %+v: trends are %v, %v, and with their senders %v", n, f, trends, err, page.Trends)
		}
		receivers, err := b.Reporters(t.Context(), b.org.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		_, spread, err := b.DomainSummary(t.Context(), b.org.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		var reported, aligned, daily, fates, countries int64
		for _, r := range receivers {
			reported, aligned = reported+r.Messages, aligned+r.Aligned
		}
		for _, r := range spread.Receivers {
			daily += r.Messages
		}
		for _, p := range spread.Fates {
			fates += p.Messages
		}
		for _, p := range spread.Countries {
			countries += p.Messages
		}
		holding := map[int]bool{}
		for _, x := range facts {
			if chosen(x) {
				holding[x.report] = true
			}
		}
		if lines, counted, _, err := b.Reports(t.Context(), b.org.ID, report.Query{Filter: f, Limit: 100}); err != nil || len(lines) != len(holding) || counted != int64(len(holding)) {
			t.Errorf("filter %d %+v: %d reports are listed and %d counted, %d hold such records, %v", n, f, len(lines), counted, len(holding), err)
		}
		if f.Sender != "" {
			if _, err := b.Sender(t.Context(), b.org.ID, f); err != nil {
				t.Errorf("filter %d %+v: %v", n, f, err)
			}
		}
		failing, err := b.Failing(t.Context(), b.org.ID, f)
		if err != nil {
			t.Fatal(err)
		}
		fails := report.Split{Passing: want.Passing}
		for _, x := range failing {
			fails = fails.Add(lost(x))
		}
		if fails != want {
			t.Errorf("filter %d %+v: what fails comes to %v, want %v", n, f, fails, want)
		}
		all := want.Total()
		if senders != want || int64(len(page.Senders)) != page.Total() || [5]int64{reported, aligned, daily, fates, countries} != [5]int64{all, want.Passing, all, all, all} {
			t.Errorf("filter %d %+v: want %v; senders %v of %d, receivers %d with %d passing, per day %d, fates %d, countries %d",
				n, f, want, senders, page.Total(), reported, aligned, daily, fates, countries)
		}
	}
	if found < 50 {
		t.Errorf("only %d filters chose anything", found)
	}
}

func TestReportsArePagedWithoutLossOrRepetition(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	var mails []string
	for i := range 40 {
		d := doc{org: "reporter.example", id: fmt.Sprint(i), domain: "example.org", begin: day.AddDate(0, 0, -i%3), recs: []rec{pass("192.0.2.1", 1)}}
		if i%2 == 0 {
			d.recs = append(d.recs, fail("2001:db8::1", 1))
		}
		mails = append(mails, d.xml())
	}
	b.take(t, mails...)
	for name, c := range map[string]struct {
		change func(*report.Filter)
		want   int
	}{
		"all": {func(*report.Filter) {}, 40}, "those of a network": {func(f *report.Filter) { f.Network = netip.MustParsePrefix("2001:db8::/32") }, 20},
		"those of a class": {func(f *report.Filter) { f.Class = report.Unknown }, 20}, "those of a sender": {func(f *report.Filter) { f.Sender = "192.0.2.1" }, 40},
	} {
		q := report.Query{Filter: report.LastDays(now, 60), Limit: 7}
		c.change(&q.Filter)
		seen := map[report.ID]bool{}
		var last report.Line
		for page := 0; ; page++ {
			lines, total, ever, err := b.Reports(t.Context(), b.org.ID, q)
			if err != nil || total != int64(c.want) || ever < 40 {
				t.Fatalf("%s: %d of %d, %v", name, total, ever, err)
			}
			for _, l := range lines {
				if seen[l.ID] {
					t.Errorf("%s: report %d stands on two pages", name, l.ID)
				}
				if last.ID != 0 && (l.Day.After(last.Day) || l.Day.Equal(last.Day) && l.ID > last.ID) {
					t.Errorf("%s: report %d is out of order", name, l.ID)
				}
				seen[l.ID], last = true, l
			}
			if len(lines) < q.Limit {
				break
			}
			q.Before = &report.Position{Day: last.Day, ID: last.ID}
		}
		if len(seen) != c.want {
			t.Errorf("%s: %d reports on the pages, want %d", name, len(seen), c.want)
		}
	}
}

func TestSendersThatNeedFixingAreAllKnownToTheVerdict(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net")
	recs := []rec{}
	for i := range 520 { // more than an overview lists, all of them failing
		ip := fmt.Sprintf("192.0.%d.%d", 2+i/250, i%250)
		recs = append(recs, pass(ip, 10), fail(ip, 100))
	}
	for i := range 10 {
		begin := day.AddDate(0, 0, -i)
		b.take(t, doc{org: "one.example", id: fmt.Sprint("small", i), domain: "example.net", begin: begin, recs: []rec{pass("198.51.100.1", 50), fail("198.51.100.1", 20)}}.xml())
		if i == 0 {
			b.take(t, doc{org: "one.example", id: "large", domain: "example.org", begin: begin, recs: recs}.xml())
		}
	}
	sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(now, 60))
	if err != nil {
		t.Fatal(err)
	}
	if n := len(sum.Blockers()); n != 521 {
		t.Errorf("%d senders need fixing, want 521", n)
	}
	list, err := b.Domains(t.Context(), b.org.ID, report.LastDays(now, 60), 0)
	if err != nil || len(list.Domains) != 2 {
		t.Fatal(list.Domains, err)
	}
	for _, d := range sum.Domains {
		if as, listed := sum.Assess(d.ID), list.Assess(d.ID); listed.Standing != as.Standing || len(listed.Blockers) != len(as.Blockers) {
			t.Errorf("%s: %d with %d blockers, in a list %d with %d", d.Name, as.Standing, len(as.Blockers), listed.Standing, len(listed.Blockers))
		}
		if as := sum.Assess(d.ID); d.Name == "example.net" && (as.Standing != report.NotSafe || len(as.Blockers) != 1) {
			t.Errorf("%s: %d with %d blockers", d.Name, as.Standing, len(as.Blockers))
		}
	}
}
