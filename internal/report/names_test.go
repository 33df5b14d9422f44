package report_test

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/report"
)

// phoneBook resolves by a table; an address that is not in it cannot be
// looked up just now.
type phoneBook struct {
	mu    sync.Mutex
	names map[string]string
	asked []string
}

// ConfirmedName implements report.NameResolver.
func (p *phoneBook) ConfirmedName(_ context.Context, ip netip.Addr) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, ip.String())
	name, ok := p.names[ip.String()]
	if !ok {
		return "", errors.New("no answer in time")
	}
	return name, nil
}

// look does the job and returns who was asked for.
func (p *phoneBook) look(t *testing.T, b *bench) []string {
	t.Helper()
	p.asked = nil
	if err := b.LookUpNames(t.Context(), report.LookUpNames{}); err != nil {
		t.Fatal(err)
	}
	slices.Sort(p.asked)
	return p.asked
}

func TestConfirmedNamesMakeSenders(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	at := now
	b.Now = func() time.Time { return at }
	book := &phoneBook{names: map[string]string{"192.0.2.1": "a.out.provider.example", "2001:db8::2": "b.out.provider.example", "192.0.2.3": "printer.example.org", "192.0.2.4": "evilexample.org", "192.0.2.5": ""}}
	b.Names = book
	b.take(t, doc{org: "reporter.example", id: "r", domain: "example.org", begin: day, recs: []rec{
		pass("192.0.2.1", 10), pass("2001:db8::2", 20), fail("192.0.2.3", 5), fail("192.0.2.4", 6), fail("192.0.2.5", 7), fail("192.0.2.6", 8)}}.xml())

	if got := book.look(t, b); len(got) != 6 {
		t.Errorf("asked for %v", got)
	}
	sum, err := b.Summarise(t.Context(), b.org.ID, report.LastDays(now, 60))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]report.SenderTotal{}
	for _, s := range sum.Senders {
		got[s.Sender] = s
	}
	if s := got["provider.example"]; s.Addresses != 2 || s.Passing != 30 {
		t.Errorf("two addresses of one provider: %+v", s)
	}
	if s := got["printer.example.org"]; s.Fix != 5 {
		t.Errorf("a host within the domain that never passed: %+v, want it to need fixing", s)
	}
	if s := got["evilexample.org"]; s.Unknown != 6 {
		t.Errorf("a name that only ends alike: %+v, want it unknown", s)
	}
	if got["192.0.2.5"].Unknown != 7 || got["192.0.2.6"].Unknown != 8 {
		t.Errorf("addresses without a name: %+v", got)
	}

	if got := book.look(t, b); len(got) != 0 {
		t.Errorf("at once asked again for %v", got)
	}
	at = at.Add(time.Hour)
	if got := book.look(t, b); !slices.Equal(got, []string{"192.0.2.6"}) {
		t.Errorf("an hour later asked for %v, want the one without an answer", got)
	}
	at = at.Add(30*24*time.Hour + time.Second)
	if got := book.look(t, b); len(got) != 6 {
		t.Errorf("after thirty days asked for %v, want all", got)
	}
}
