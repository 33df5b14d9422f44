package sender_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/internal/uid"
)

// said is what is said of the senders of an organization, by key.
func said(t *testing.T, b *bench, m member) string {
	t.Helper()
	return one[string](t, b, m, `SELECT coalesce(string_agg(concat_ws(':', sender, review, note, reviewed_by = $1), ' ' ORDER BY sender), '') FROM senders`, m.Person)
}

// events are the reviews in the record of changes, the oldest first.
func events(t *testing.T, b *bench, m member) (list []string) {
	t.Helper()
	entries, _, err := b.Trail.Events(t.Context(), m.ID, audit.Query{Limit: 50})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range slices.Backward(entries) {
		if e.Action == "sender.review" {
			list = append(list, e.Subject+" of "+e.Detail["domain"]+": "+e.Detail["from"]+" → "+e.Detail["to"])
		}
	}
	return list
}

func TestReviewsAndTakingThemBack(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	m, other := b.orgs[0], b.orgs[1]
	for _, m := range b.orgs {
		b.store(t, m, mail{ip: "192.0.2.1", messages: 1}, mail{ip: "192.0.2.2", messages: 1}, mail{ip: "192.0.2.3", messages: 1})
	}
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"192.0.2.3"}, sender.NotMine, ""); err != nil {
		t.Fatal(err)
	}
	former, err := b.Review(t.Context(), m.Access, m.domain, []string{"192.0.2.3", "192.0.2.1", "192.0.2.1"}, sender.Authorised, " the shop\x00 ")
	if err != nil || len(former) != 2 || former[0].Key != "192.0.2.1" || former[0].At != nil || former[1].Verdict != sender.NotMine || *former[1].By != m.Person || !former[1].At.Equal(now) {
		t.Fatalf("%+v, %v", former, err)
	}
	if got := said(t, b, m); got != "192.0.2.1:authorised:the shop:t 192.0.2.2:: 192.0.2.3:authorised:the shop:t" {
		t.Errorf("after a review: %s", got)
	}
	if _, err := b.Restore(t.Context(), m.Access, map[domain.ID][]sender.Opinion{m.domain: former}); err != nil {
		t.Fatal(err)
	}
	if got := said(t, b, m); got != "192.0.2.1:: 192.0.2.2:: 192.0.2.3:not_mine::t" {
		t.Errorf("after it was taken back: %s", got)
	}
	if _, err := b.Restore(t.Context(), m.Access, map[domain.ID][]sender.Opinion{m.domain: former}); err != nil {
		t.Fatal(err)
	}
	_, err = b.Restore(t.Context(), m.Access, map[domain.ID][]sender.Opinion{m.domain: {{Key: "192.0.2.2", Verdict: sender.NotMine}}, uid.New[domain.Domain](): {{Key: "192.0.2.2"}}})
	if got := said(t, b, m); !fault.Is(err, fault.NotFound) || got != "192.0.2.1:: 192.0.2.2:: 192.0.2.3:not_mine::t" {
		t.Errorf("of two domains one is not there: %s, %v", got, err)
	}
	want := []string{
		"192.0.2.3 of example.org: unreviewed → not mine",
		"192.0.2.1 of example.org: unreviewed → authorised", "192.0.2.3 of example.org: not mine → authorised",
		"192.0.2.1 of example.org: authorised → unreviewed", "192.0.2.3 of example.org: authorised → not mine",
	}
	if got := events(t, b, m); !slices.Equal(got, want) {
		t.Errorf("recorded: %q", got)
	}
	if got := said(t, b, other); strings.Contains(got, "mine") || strings.Contains(got, "authorised") {
		t.Errorf("the other organization's: %s", got)
	}
}

func TestReviewsThatAreRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t, 2)
	m := b.orgs[0]
	b.store(t, m, mail{ip: "192.0.2.1", messages: 1})
	many := make([]string, sender.MaxReviewed+1)
	for _, test := range []struct {
		what    string
		domain  domain.ID
		keys    []string
		verdict sender.Verdict
		note    string
		kind    fault.Kind
	}{
		{"no sender", m.domain, nil, sender.Authorised, "", fault.Invalid},
		{"too many", m.domain, many, sender.Authorised, "", fault.Invalid},
		{"no verdict", m.domain, []string{"192.0.2.1"}, "mine", "", fault.Invalid},
		{"a long note", m.domain, []string{"192.0.2.1"}, sender.Authorised, strings.Repeat("é", sender.MaxNote+1), fault.Invalid},
		{"one that is not there", m.domain, []string{"192.0.2.1", "192.0.2.9"}, sender.Authorised, "", fault.NotFound},
		{"no domain", uid.New[domain.Domain](), []string{"192.0.2.1"}, sender.Authorised, "", fault.NotFound},
		{"a foreign domain", b.orgs[1].domain, []string{"192.0.2.1"}, sender.Authorised, "", fault.NotFound},
	} {
		if _, err := b.Review(t.Context(), m.Access, test.domain, test.keys, test.verdict, test.note); !fault.Is(err, test.kind) {
			t.Errorf("%s: %v", test.what, err)
		}
	}
	if got := said(t, b, m); got != "192.0.2.1::" {
		t.Errorf("afterwards: %s", got)
	}
	if got := events(t, b, m); len(got) != 0 {
		t.Errorf("recorded: %q", got)
	}
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"192.0.2.1"}, sender.Unreviewed, strings.Repeat("é", sender.MaxNote)); err != nil {
		t.Errorf("a note without a verdict: %v", err)
	}
}

// What a person says of an address holds, whatever becomes known of it.
func TestReviewOfAnAddressIsNotLost(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	b.store(t, m, mail{ip: "192.0.2.1", messages: 5}, mail{ip: "192.0.2.2", messages: 5}, mail{ip: "192.0.2.3", messages: 5}, mail{ip: "192.0.2.4", messages: 5})
	b.find(t)
	for ip, v := range map[string]sender.Verdict{"192.0.2.1": sender.NotMine, "192.0.2.2": sender.Authorised} {
		if _, err := b.Review(t.Context(), m.Access, m.domain, []string{ip}, v, ""); err != nil {
			t.Fatal(err)
		}
	}
	b.Names = &books{names: map[string]string{"192.0.2.1": "a.isp.example", "192.0.2.2": "o1.ptr.sendgrid.net", "192.0.2.3": "c.isp.example", "192.0.2.4": "d.isp.example"}}
	b.find(t)
	check := func(want map[string]string) {
		t.Helper()
		for ip, key := range want {
			if got := b.known(t, m, ip); got != key {
				t.Errorf("%s is known as %s, want %s", ip, got, key)
			}
		}
	}
	check(map[string]string{"192.0.2.1": "192.0.2.1", "192.0.2.2": "192.0.2.2", "192.0.2.3": "isp.example"})
	if split, _ := b.split(t, m); split.Fix != 5 || split.Unknown != 15 {
		t.Errorf("%+v", split)
	}

	// Strangers that are not the owner's do not become so by passing.
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"isp.example"}, sender.NotMine, "a spammer"); err != nil {
		t.Fatal(err)
	}
	b.exec(t, m, `UPDATE sources SET own = true, identified_at = NULL WHERE source_ip = '192.0.2.3'`, nil)
	b.find(t)
	check(map[string]string{"192.0.2.3": "isp.example/passing"})
	if got := said(t, b, m); got != "192.0.2.1:not_mine::t 192.0.2.2:authorised::t 192.0.2.3:: 192.0.2.4:: isp.example:not_mine:a spammer:t isp.example/passing:not_mine:a spammer:t" {
		t.Errorf("said: %s", got)
	}
	// Once the owner knows these, what they say of the others is about the others.
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"isp.example/passing"}, sender.Unreviewed, ""); err != nil {
		t.Fatal(err)
	}
	b.exec(t, m, `UPDATE sources SET own = true, identified_at = NULL WHERE source_ip = '192.0.2.4'`, nil)
	b.find(t)
	if got := one[string](t, b, m, `SELECT review FROM senders WHERE sender = 'isp.example/passing'`); got != "" {
		t.Errorf("carried over once more: %s", got)
	}

	// Taken back, the address is what is known of it.
	if _, err := b.Review(t.Context(), m.Access, m.domain, []string{"192.0.2.1", "192.0.2.2"}, sender.Unreviewed, ""); err != nil {
		t.Fatal(err)
	}
	b.at = b.at.Add(7*24*time.Hour + time.Second)
	b.find(t)
	check(map[string]string{"192.0.2.1": "isp.example", "192.0.2.2": "sendgrid"})
}
