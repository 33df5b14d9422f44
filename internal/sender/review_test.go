package sender_test

import (
	"slices"
	"strings"
	"testing"

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
	if _, err := b.Restore(t.Context(), m.Access, m.domain, former); err != nil {
		t.Fatal(err)
	}
	if got := said(t, b, m); got != "192.0.2.1:: 192.0.2.2:: 192.0.2.3:not_mine::t" {
		t.Errorf("after it was taken back: %s", got)
	}
	if _, err := b.Restore(t.Context(), m.Access, m.domain, former); err != nil {
		t.Fatal(err)
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
