package report_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/report"
)

// A receipt names everything that was repaired, of every kind of report.
func TestReceiptNamesAllRepairs(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	odd := strings.NewReplacer("192.0.2.1<", "999.0.2.1<", "<spf>pass</spf></policy", "<spf>softfail</spf></policy")
	tls := strings.NewReplacer(`"sts"`, `"odd"`, `session-count":3`, `session-count":"3"`)
	b.take(t,
		odd.Replace(doc{org: "odd.example", id: "1", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 3), pass("192.0.2.2", 1)}}.xml()),
		tls.Replace(tlsDoc{id: "t-1", policies: []tlsPolicy{{"example.org", 3, 1}}}.json()),
	)
	list, _, err := b.Receipts(t.Context(), b.org.ID, report.ReceiptQuery{Limit: 10})
	if err != nil || len(list) != 2 {
		t.Fatalf("%d receipts, %v", len(list), err)
	}
	want := []string{"unknown_policy_type count_as_text", "evaluation_not_pass_or_fail records_skipped"}
	for i, r := range list { // the latest first
		_, items, err := b.Receipt(t.Context(), b.org.ID, r.ID)
		if err != nil || len(items) != 1 {
			t.Fatalf("%d items, %v", len(items), err)
		}
		var codes []string
		for _, f := range items[0].Repairs {
			codes = append(codes, string(f.Code))
		}
		if r.Repairs != 2 || len(codes) != 2 || !strings.Contains(want[i], codes[0]) || !strings.Contains(want[i], codes[1]) {
			t.Errorf("%s: %d repairs in the list, %v on its page", r.Title(), r.Repairs, codes)
		}
	}
}
