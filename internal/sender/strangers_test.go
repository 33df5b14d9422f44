package sender_test

import (
	"log/slog"
	"net/netip"
	"testing"

	"sendvery.com/sendvery/internal/netowner"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
)

// reports reads and adds up what a bench stores.
func (b *bench) reports() *report.Service {
	return &report.Service{DB: b.db.DB, Log: slog.New(slog.DiscardHandler), Now: b.Now}
}

// split is how the messages of a domain divide over the classes, once its days
// are added up anew. Check must agree.
func (b *bench) split(t *testing.T, m member) (report.Split, report.Standing) {
	t.Helper()
	s := b.reports()
	for more := true; more; {
		var err error
		if more, err = s.SumSome(t.Context(), m.ID); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Check(t.Context(), m.ID, func(d report.Difference) {
		if d.Of != report.ReportTotal { // aligned messages, which the bench does not count
			t.Errorf("check: %s", d)
		}
	}); err != nil {
		t.Fatal(err)
	}
	sum, err := s.Summarise(t.Context(), m.ID, report.LastDays(b.at, 28))
	if err != nil {
		t.Fatal(err)
	}
	var days report.Split
	for _, d := range sum.Days {
		days = days.Add(d.Split)
	}
	if days != sum.Domains[0].Split {
		t.Errorf("days have %+v, the domain %+v", days, sum.Domains[0].Split)
	}
	return days, sum.Assess(m.domain).Standing
}

// Whoever shares a network, an access provider or a web host with the owner is
// a stranger all the same.
func TestStrangersNextToTheOwnerStayStrangers(t *testing.T) {
	t.Parallel()
	for what, p := range map[string]*books{
		"network":         {names: map[string]string{"192.0.2.1": "", "198.51.100.7": ""}, networks: map[string]netowner.Network{"192.0.2.1": {ASN: 64500}, "198.51.100.7": {ASN: 64500}}},
		"access provider": {names: map[string]string{"192.0.2.1": "static-1.isp.example", "198.51.100.7": "dyn-4711.isp.example"}},
		"web host":        {names: map[string]string{"192.0.2.1": "dd1.kasserver.com", "198.51.100.7": "dd2.kasserver.com"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, 1)
			m := b.orgs[0]
			b.Names = p
			if p.networks != nil {
				b.Networks = p
			}
			for n := range 9 {
				d := now.AddDate(0, 0, -2-n)
				b.store(t, m, mail{ip: "192.0.2.1", messages: 50, own: true, envelope: "example.org", day: d}, mail{ip: "198.51.100.7", messages: 80, day: d})
			}
			b.find(t)
			split, standing := b.split(t, m)
			if split != (report.Split{Passing: 450, Unknown: 720}) || standing == report.NotSafe {
				t.Errorf("%+v, standing %d", split, standing)
			}
		})
	}
}

// An address that begins to pass leaves the strangers, and goes back to them
// when nobody vouches for that any more: its days move along.
func TestAddressChangesSides(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	b.Names = &books{names: map[string]string{"192.0.2.1": "a.isp.example", "192.0.2.2": "b.isp.example"}}
	b.store(t, m, mail{ip: "192.0.2.1", messages: 5}, mail{ip: "192.0.2.2", messages: 7})
	b.find(t)
	if split, _ := b.split(t, m); split != (report.Split{Unknown: 12}) {
		t.Errorf("at first: %+v", split)
	}
	reports := &report.Service{DB: b.db.DB, Trail: b.Trail, Log: slog.New(slog.DiscardHandler), Now: b.Now}
	if counts, err := reports.Import(t.Context(), m.ID, []report.File{aReport(1, false)}); err != nil || counts[report.Accepted] != 1 {
		t.Fatal(counts, err)
	}
	if one[bool](t, b, m, `SELECT own FROM senders WHERE sender = 'isp.example'`) {
		t.Error("passing mail of one address makes all of isp.example the owner's")
	}
	b.find(t)
	if a, c := b.known(t, m, "192.0.2.2"), b.known(t, m, "192.0.2.1"); a != "isp.example" || c != "isp.example/passing" {
		t.Errorf("known as %s and %s", a, c)
	}
	if n := one[int](t, b, m, `SELECT coalesce(sum(t.messages), 0) FROM messages t JOIN senders s ON s.sender = t.sender WHERE t.source_ip = $1 AND s.own`, netip.MustParseAddr("192.0.2.1")); n != 6 {
		t.Errorf("%d messages are of the owner's sender", n)
	}
	if _, standing := b.split(t, m); standing == report.NoData {
		t.Error("no data")
	}
}

// Failing mail of who passes mail on is forwarded, whatever passes there, until
// the owner says that it sends for them.
func TestRelaysPassMailOn(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	b.Names = &books{names: map[string]string{"192.0.2.1": "mail.example.org", "198.51.100.7": "fwd1.mailhop.org", "198.51.100.8": "mx0a-1.pphosted.com"}}
	for n := range 9 {
		d := now.AddDate(0, 0, -2-n)
		b.store(t, m, mail{ip: "192.0.2.1", messages: 50, own: true, envelope: "example.org", day: d}, mail{ip: "198.51.100.7", messages: 2, envelope: "mailhop.org", day: d},
			mail{ip: "198.51.100.8", messages: 3, own: true, signer: "example.org", envelope: "srs.pphosted.com", day: d}, mail{ip: "198.51.100.8", messages: 1, day: d})
	}
	b.find(t)
	split, standing := b.split(t, m)
	if split != (report.Split{Passing: 9 * 53, Forwarded: 9 * 3}) || standing == report.NotSafe {
		t.Errorf("%+v, standing %d", split, standing)
	}
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"proofpoint"}, sender.Authorised, "our gateway"); err != nil {
		t.Fatal(err)
	}
	split, standing = b.split(t, m)
	if split != (report.Split{Passing: 9 * 53, Forwarded: 9 * 2, Fix: 9}) || standing != report.NotSafe {
		t.Errorf("once it is authorised: %+v, standing %d", split, standing)
	}
	// The catalogue may learn that a provider passes mail on: days are judged anew.
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"proofpoint"}, sender.Unreviewed, ""); err != nil {
		t.Fatal(err)
	}
	b.exec(t, m, `UPDATE sources SET tie = '', identified_at = NULL`, nil)
	b.exec(t, m, `UPDATE senders SET relay = false`, nil)
	b.exec(t, m, `DELETE FROM daily_unjudged`, nil)
	b.find(t)
	if n := one[int](t, b, m, `SELECT count(*) FROM daily_unjudged`); n != 1 {
		t.Errorf("%d domains are to be judged anew", n)
	}
	if split, _ = b.split(t, m); split.Forwarded != 9*3 {
		t.Errorf("judged anew: %+v", split)
	}
}
