package app_test

import (
	"fmt"
	"net/url"
	"testing"

	"sendvery.com/sendvery/internal/apptest"
)

func TestFiltersInTheAddressNeverBreakAPage(t *testing.T) {
	t.Parallel()
	a := apptest.New(t)
	w := newWorld(t, a, "ada@first.example")
	for _, page := range []string{"", "domains", "domains/first.example", "senders", "reports", "receipts", "reporters", "mailboxes", "audit", "audit/events.csv"} {
		for name, query := range map[string]url.Values{
			"all of time": {"from": {"0001-01-01"}, "to": {"9999-12-31"}}, "turned around": {"from": {"2026-11-20"}, "to": {"2026-11-01"}},
			"no dates": {"from": {"yesterday"}, "to": {"x"}, "days": {"-1"}}, "endless days": {"days": {"999999999999999999999"}},
			"no network": {"ip": {"192.0.2.0/99"}}, "a zone": {"ip": {"fe80::1%eth0"}}, "mapped": {"ip": {"::ffff:192.0.2.1"}}, "all": {"ip": {"::/0"}},
			"strangers": {"domain": {"nothing.example"}, "class": {"x"}, "reporter": {"'; --"}, "sender": {"%"}, "action": {"'"}, "by": {"\x00"}, "verdict": {"x"}, "mailbox": {"x"}, "before": {"x"}, "repair": {`"}]`}, "source": {"x"}, "upload": {"x"}},
			"far away":  {"before": {"-9223372036854775808"}, "page": {"-1"}}, "farther": {"before": {"9999-99-99.9"}, "page": {"999999999999"}},
		} {
			p := w.owner.Get(t, w.owner.Home+page+"?"+query.Encode())
			if p.Status >= 500 || len(p.Body) > 1<<20 {
				t.Errorf("%s, %s: %d, %d bytes", page, name, p.Status, len(p.Body))
			}
		}
	}
	for _, id := range []string{"0", "-1", "9223372036854775807", "9223372036854775808", "x", "1e3", "%2e%2e"} {
		for _, page := range []string{"reports/" + id, "receipts/" + id, "receipts/" + id + "/original", "mailboxes/" + id, "reports/" + id + "?page=-1"} {
			if p := w.owner.Get(t, w.owner.Home+page); p.Status != 404 {
				t.Errorf("%s: %d, want 404", page, p.Status)
			}
		}
	}
	for _, page := range []string{"-1", "0", "x", "99999999999999999999", "2147483648"} {
		p := w.owner.Get(t, w.owner.Home+"reports/"+fmt.Sprint(w.report)+"?page="+page)
		if p.Status >= 500 {
			t.Errorf("page %s of a report: %d", page, p.Status)
		}
	}
}
