package sender_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/netowner"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/sender"
)

// books answer by tables; an address that is not in one cannot be looked up
// just now.
type books struct {
	mu       sync.Mutex
	names    map[string]string
	networks map[string]netowner.Network
	asked    []string
}

func (p *books) ConfirmedName(_ context.Context, ip netip.Addr) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, "name of "+ip.String())
	name, ok := p.names[ip.String()]
	if !ok {
		return "", errors.New("no answer in time")
	}
	return name, nil
}

func (p *books) Network(_ context.Context, ip netip.Addr) (netowner.Network, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked = append(p.asked, "network of "+ip.String())
	n, ok := p.networks[ip.String()]
	if !ok {
		return n, errors.New("no answer in time")
	}
	return n, nil
}

// took returns what was asked since.
func (p *books) took() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	slices.Sort(asked)
	return asked
}

func TestAddressesBecomeSenders(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	first, second := b.orgs[0], b.orgs[1]
	p := &books{
		names: map[string]string{"192.0.2.1": "o1.ptr.sendgrid.net", "192.0.2.2": "", "192.0.2.3": "printer.example.org", "192.0.2.4": "mta.isp.example"},
		networks: map[string]netowner.Network{"192.0.2.1": {ASN: 11377, Owner: "SendGrid", Country: "US"}, "192.0.2.2": {ASN: 64500, Owner: "Example", Country: "DE"},
			"192.0.2.3": {}, "192.0.2.4": {}},
	}
	b.Names, b.Networks = p, p
	b.store(t, first, mail{ip: "192.0.2.1", messages: 5, own: true, envelope: "example.org"}, mail{ip: "192.0.2.2", messages: 1}, mail{ip: "192.0.2.3", messages: 1},
		mail{ip: "192.0.2.4", messages: 3, signer: "mandrillapp.com", envelope: "example.org"})
	b.store(t, second, mail{ip: "192.0.2.4", messages: 3}, mail{ip: "2001:db8::5", messages: 1})
	b.find(t)

	for _, test := range []struct {
		m       member
		ip, key string
		country string
		own     bool
	}{
		{first, "192.0.2.1", "sendgrid", "US", true},
		{first, "192.0.2.2", "AS64500", "DE", false},
		{first, "192.0.2.3", "printer.example.org", "", true},
		{first, "192.0.2.4", "mandrill", "", false},
		{second, "192.0.2.4", "isp.example", "", false}, // what one organization's mail shows is no fact for another
		{second, "2001:db8::5", "2001:db8::5", "", false},
	} {
		if key := b.known(t, test.m, test.ip); key != test.key {
			t.Errorf("%s is known as %s, want %s", test.ip, key, test.key)
		}
		if c := one[string](t, b, test.m, `SELECT country FROM sources WHERE source_ip = $1`, netip.MustParseAddr(test.ip)); c != test.country {
			t.Errorf("%s is in %q, want %q", test.ip, c, test.country)
		}
		if own := one[bool](t, b, test.m, `SELECT own FROM senders WHERE sender = $1`, test.key); own != test.own {
			t.Errorf("%s is the owner's: %v, want %v", test.key, own, test.own)
		}
	}
	var i sender.Identity
	if err := json.Unmarshal([]byte(one[string](t, b, first, `SELECT evidence::text FROM sources WHERE source_ip = '192.0.2.4'`)), &i); err != nil {
		t.Fatal(err)
	}
	if i.Basis != sender.Signed || i.Host != "mta.isp.example" || i.Signer != "mandrillapp.com" {
		t.Errorf("stored evidence: %+v", i)
	}
	want := now.AddDate(0, 0, -2).Truncate(24 * time.Hour)
	for _, m := range b.orgs {
		if from := one[time.Time](t, b, m, `SELECT from_day FROM daily_stale`); !from.Equal(want) {
			t.Errorf("sums are stale from %s, want %s", from, want)
		}
	}
}

func TestLookUpsAreRepeatedAndBounded(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	p := &books{names: map[string]string{"192.0.2.1": ""}, networks: map[string]netowner.Network{"192.0.2.1": {}}}
	b.Names = p
	b.store(t, m, mail{ip: "192.0.2.1", messages: 1}, mail{ip: "192.0.2.6", messages: 1})
	b.find(t)
	if got := p.took(); !slices.Equal(got, []string{"name of 192.0.2.1", "name of 192.0.2.6"}) {
		t.Errorf("at first asked for %v", got)
	}
	b.find(t)
	if got := p.took(); len(got) != 0 {
		t.Errorf("at once asked again for %v", got)
	}
	b.Networks = p // switched on later: what is there already is looked up too
	b.find(t)
	if got := p.took(); !slices.Equal(got, []string{"network of 192.0.2.1", "network of 192.0.2.6"}) {
		t.Errorf("once networks are looked up asked for %v", got)
	}
	b.at = b.at.Add(time.Hour)
	p.names["192.0.2.6"] = "mta.isp.example"
	b.find(t)
	if got := p.took(); !slices.Equal(got, []string{"name of 192.0.2.6", "network of 192.0.2.6"}) {
		t.Errorf("an hour later asked for %v, want what had no answer", got)
	}
	if key := b.known(t, m, "192.0.2.6"); key != "isp.example" {
		t.Errorf("after the second look-up it is known as %s", key)
	}
	b.at = b.at.Add(30 * 24 * time.Hour)
	delete(p.names, "192.0.2.6")
	b.find(t)
	if got := p.took(); len(got) != 4 {
		t.Errorf("after thirty days asked for %v, want all", got)
	}
	if key := b.known(t, m, "192.0.2.6"); key != "isp.example" {
		t.Errorf("a look-up that failed took the name away: %s", key)
	}
}

// Pauses of look-ups without an answer double up to a day, and addresses that
// no organization has any more are forgotten.
func TestLookUpsTireAndFactsAreForgotten(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	p := &books{names: map[string]string{"192.0.2.1": ""}}
	b.Names = p
	b.store(t, m, mail{ip: "192.0.2.1", messages: 1}, mail{ip: "192.0.2.2", messages: 1})
	b.find(t)
	p.took()
	var hours []int
	for hour := 1; hour <= 24*6; hour++ {
		b.at = b.at.Add(time.Hour)
		b.find(t)
		if len(p.took()) > 0 {
			hours = append(hours, hour)
		}
	}
	if want := []int{1, 3, 7, 15, 31, 55, 79, 103, 127}; !slices.Equal(hours, want) {
		t.Errorf("asked again after %v hours, want %v", hours, want)
	}
	p.names["192.0.2.2"] = "mta.isp.example"
	b.at = b.at.Add(24 * time.Hour)
	b.find(t)
	delete(p.names, "192.0.2.2")
	b.at = b.at.Add(30 * 24 * time.Hour)
	b.find(t)
	p.took()
	b.at = b.at.Add(time.Hour)
	b.find(t)
	if got := p.took(); !slices.Equal(got, []string{"name of 192.0.2.2"}) {
		t.Errorf("an hour after the first failure since an answer asked for %v", got)
	}

	b.exec(t, m, `DELETE FROM sources WHERE source_ip = '192.0.2.2'`, nil)
	b.at = b.at.Add(31 * 24 * time.Hour)
	b.find(t)
	if got := p.took(); !slices.Equal(got, []string{"name of 192.0.2.1"}) {
		t.Errorf("asked for %v, want the address that is left", got)
	}
	if n := one[int](t, b, m, `SELECT count(*) FROM ip_facts`); n != 1 {
		t.Errorf("%d addresses are remembered", n)
	}
}

func TestWhatIsPassedOnOrDoubtedShowsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	b.store(t, m,
		mail{ip: "192.0.2.1", messages: 5, signer: "sendgrid.net", envelope: "example.org", forwarding: 1},
		mail{ip: "192.0.2.2", messages: 5, signer: "sendgrid.net", envelope: "example.org", trust: 2},
		mail{ip: "192.0.2.3", messages: 5, signer: "sendgrid.net"},
		mail{ip: "192.0.2.4", messages: 5, signer: "sendgrid.net", envelope: "example.org", trust: 1})
	b.find(t)
	for ip, key := range map[string]string{"192.0.2.1": "192.0.2.1", "192.0.2.2": "192.0.2.2", "192.0.2.3": "192.0.2.3", "192.0.2.4": "sendgrid"} {
		if got := b.known(t, m, ip); got != key {
			t.Errorf("%s is known as %s, want %s", ip, got, key)
		}
	}
}

func TestIdentityIsFoundAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	p := &books{names: map[string]string{"192.0.2.1": "mta.isp.example"}}
	b.Names = p
	b.store(t, m, mail{ip: "192.0.2.1", messages: 1, own: true, envelope: "example.org", day: now.AddDate(0, 0, -9)})
	b.find(t)
	b.exec(t, m, `DELETE FROM daily_stale`, nil) // the sums are right again
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"isp.example/passing"}, sender.Authorised, "our branch office"); err != nil {
		t.Fatal(err)
	}

	// Mail that comes in meanwhile shows more; a week later that is noticed.
	b.store(t, m, mail{ip: "192.0.2.1", messages: 9, signer: "mandrillapp.com", envelope: "example.org"})
	b.find(t)
	if key := b.known(t, m, "192.0.2.1"); key != "isp.example/passing" {
		t.Errorf("before the week is over: %s", key)
	}
	b.at = b.at.Add(7*24*time.Hour + time.Second)
	b.find(t)
	if key := b.known(t, m, "192.0.2.1"); key != "mandrill" {
		t.Errorf("a week later: %s", key)
	}
	if from := one[time.Time](t, b, m, `SELECT from_day FROM daily_stale`); !from.Equal(now.AddDate(0, 0, -9).Truncate(24 * time.Hour)) {
		t.Errorf("sums are stale from %s, want the first day of the address", from)
	}
	if v := one[string](t, b, m, `SELECT review || ' ' || note FROM senders WHERE sender = 'isp.example/passing'`); v != "authorised our branch office" {
		t.Errorf("the review is now %q", v)
	}
	if v := one[string](t, b, m, `SELECT review FROM senders WHERE sender = 'mandrill'`); v != "" {
		t.Errorf("a review was carried over to another sender: %q", v)
	}
	// What nobody has an opinion on and no sum speaks of is forgotten.
	b.exec(t, m, `DELETE FROM daily_stale`, nil)
	b.at = b.at.Add(8 * 24 * time.Hour)
	b.find(t)
	if n := one[int](t, b, m, `SELECT count(*) FROM senders`); n != 2 {
		t.Errorf("%d senders are left, want the present one and the reviewed one", n)
	}
}

func TestChangedFactsAndCatalogueAreApplied(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	p := &books{names: map[string]string{"192.0.2.1": "mta.isp.example"}}
	b.Names = p
	for _, m := range b.orgs {
		b.store(t, m, mail{ip: "192.0.2.1", messages: 1})
	}
	b.find(t)
	b.at = b.at.Add(30 * 24 * time.Hour)
	p.names["192.0.2.1"] = "mail.improvmx.com"
	b.find(t)
	for _, m := range b.orgs {
		if key := b.known(t, m, "192.0.2.1"); key != "improvmx" {
			t.Errorf("after its name changed it is known as %s", key)
		}
	}
	system := func(sql string) (n int) {
		err := b.db.InSystem(t.Context(), func(ctx context.Context, tx postgres.Tx) error { return tx.QueryRow(ctx, sql).Scan(&n) })
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := system(`SELECT count(*) FROM ip_facts WHERE NOT applied OR revision <> 2`); n != 0 {
		t.Errorf("%d facts are not marked as applied", n)
	}

	// As if the program came with another catalogue.
	for _, m := range b.orgs {
		b.exec(t, m, `UPDATE sources SET sender = 'outdated'`, nil)
	}
	b.find(t)
	if key := b.known(t, b.orgs[0], "192.0.2.1"); key != "outdated" {
		t.Errorf("found anew without need: %s", key)
	}
	err := b.db.InSystem(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE catalogue_in_use SET version = 'older'`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	b.at = b.at.Add(time.Second)
	b.find(t)
	for _, m := range b.orgs {
		if key := b.known(t, m, "192.0.2.1"); key != "improvmx" {
			t.Errorf("with a new catalogue it is known as %s", key)
		}
	}
}

// Addresses of one organization whose results cannot be read keep nobody else
// waiting, nor those beside them.
func TestUnreadableAddressesStandInNobodysWay(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	bad, good := b.orgs[0], b.orgs[1]
	b.store(t, bad, mail{ip: "198.51.100.1", messages: 1})
	b.exec(t, bad, `UPDATE auth_results SET results = '[]'`, nil)
	b.exec(t, bad, `
		WITH many AS (SELECT n, '10.1.0.0'::inet + n AS ip FROM generate_series(1, 300) n),
		s AS (INSERT INTO sources (org_id, domain_id, source_ip, own, sender, first_day) SELECT @org, @domain, ip, false, host(ip), @day::date FROM many)
		INSERT INTO records (org_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding, source_ip)
		SELECT r.org_id, r.day, r.report_id, 10 + m.n, r.auth_id, 1, 0, 2, 2, 0, m.ip FROM records r, many m`,
		postgres.NamedArgs{"org": bad.ID, "domain": bad.domain, "day": now.AddDate(0, 0, -5)})
	b.store(t, bad, mail{ip: "198.51.100.2", messages: 1})
	b.store(t, good, mail{ip: "192.0.2.1", messages: 1})
	b.Names = &books{names: map[string]string{"192.0.2.1": "mta.isp.example", "198.51.100.2": "mta.isp.example"}}
	for range 3 { // each looks up what the one before has made known
		b.find(t)
	}
	if key := b.known(t, good, "192.0.2.1"); key != "isp.example" {
		t.Errorf("the other organization's is known as %s", key)
	}
	if key := b.known(t, bad, "198.51.100.2"); key != "isp.example" {
		t.Errorf("a readable one is known as %s", key)
	}
	if n := one[int](t, b, bad, `SELECT count(*) FROM sources WHERE sender <> host(source_ip) OR identified_at IS NULL`); n != 1 {
		t.Errorf("%d addresses, want the readable one alone", n)
	}
}
