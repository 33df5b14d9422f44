package report_test

import (
	"fmt"
	"slices"
	"testing"
)

// TestGroupsThatAreReadAheadKeepTheirOrder has what disturbs a group in the
// midst of several: a mail that the database refuses, one that is streamed, and
// the same report on both sides of a border between groups.
func TestGroupsThatAreReadAheadKeepTheirOrder(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.admin(t, `ALTER TABLE records ADD CONSTRAINT poison CHECK (messages <> 666)`)
	large := doc{org: "reporter.example", id: "large", domain: "example.org", begin: day}
	for n := range 5001 {
		large.recs = append(large.recs, pass(fmt.Sprintf("198.51.%d.%d", n>>8, n&255), 1))
	}
	const mails = 450
	var raws, want []string
	for i := range mails {
		raws, want = append(raws, simple(fmt.Sprint(i), 1)), append(want, "accepted")
	}
	raws[205], want[205] = simple("bad", 666), "refused"
	raws[300] = large.xml()
	raws[410], want[410] = raws[10], "known"
	raws[420], want[420] = ordinary, "no_report"
	b.take(t, raws...)
	if got := b.verdicts(t); !slices.Equal(got, want) {
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("mail %d is %s, want %s", i, got[i], want[i])
			}
		}
		t.Errorf("%d verdicts", len(got))
	}
	if n := one[int64](t, b, `SELECT sum(messages) FROM messages_by_receiver`); n != mails-4+5001 {
		t.Errorf("%d messages are counted", n)
	}
}
