package report_test

import (
	"testing"

	"sendvery.com/sendvery/internal/report"
)

// What passing mail says of a sender depends on who else is known as the same.
// Whoever begins or ceases to be the domain's own among others is identified
// anew.
func TestPassingMailSpeaksForItsSenderAsFarAsItIsTied(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	b.take(t, doc{org: "reporter.example", id: "a", domain: "example.org", begin: day, recs: []rec{fail("192.0.2.1", 1), fail("192.0.2.2", 1), fail("192.0.2.3", 1)}}.xml())
	for ip, tie := range map[string]report.Tie{"192.0.2.1": report.TieSpeaks, "192.0.2.2": report.TieStrangers, "192.0.2.3": report.TieOwner} {
		b.admin(t, `UPDATE sources SET tie = $2, sender = 'known-' || host(source_ip), identified_at = now() WHERE source_ip = $1::text::inet`, ip, string(tie))
	}
	if err := b.Rebuild(t.Context(), b.org.ID, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	state := func() string {
		return one[string](t, b, `SELECT string_agg(concat_ws(' ', host(s.source_ip), s.own::text, k.own::text, CASE WHEN s.identified_at IS NULL THEN 'due' END), ', ' ORDER BY s.source_ip)
			FROM sources s JOIN senders k USING (domain_id, sender)`)
	}
	if got, want := state(), "192.0.2.1 false false, 192.0.2.2 false false, 192.0.2.3 false true"; got != want {
		t.Errorf("at first %s, want %s", got, want)
	}
	b.take(t, doc{org: "reporter.example", id: "b", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 5), pass("192.0.2.2", 5), pass("192.0.2.3", 5)}}.xml())
	if got, want := state(), "192.0.2.1 true true, 192.0.2.2 true false due, 192.0.2.3 true true"; got != want {
		t.Errorf("once mail passes %s, want %s", got, want)
	}
	if got := b.differences(t); got != "" {
		t.Errorf("differences: %s", got)
	}
	b.take(t, doc{org: "reporter.example", id: "b", domain: "example.org", begin: day, recs: []rec{fail("192.0.2.1", 5)}}.xml())
	b.choose(t, 2, 0, report.Replace, "accepted replaced accepted")
	if got, want := state(), "192.0.2.1 false false due, 192.0.2.2 false false due, 192.0.2.3 false true due"; got != want {
		t.Errorf("once that is taken back %s, want %s", got, want)
	}
	if got := b.differences(t); got != "" {
		t.Errorf("differences: %s", got)
	}
}
