package sender_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"sync"
	"testing"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/netowner"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
)

// anyNetwork has an answer for every address, another one each round.
type anyNetwork struct{ round int }

func (a anyNetwork) Network(_ context.Context, ip netip.Addr) (netowner.Network, error) {
	return netowner.Network{ASN: 64500 + uint32(int(ip.As4()[3])+a.round)%7, Country: "DE"}, nil
}

// aReport has rows from many addresses, in one order or the other.
func aReport(id int, backwards bool) report.File {
	var b strings.Builder
	fmt.Fprintf(&b, `<feedback><report_metadata><org_name>r.example</org_name><email>d@r.example</email><report_id>%d</report_id>`+
		`<date_range><begin>%d</begin><end>%d</end></date_range></report_metadata><policy_published><domain>example.org</domain><p>none</p></policy_published>`,
		id, now.AddDate(0, 0, -1).Unix(), now.AddDate(0, 0, -1).Unix()+80_000)
	for i := range 200 {
		if backwards {
			i = 199 - i
		}
		fmt.Fprintf(&b, `<record><row><source_ip>192.0.2.%d</source_ip><count>1</count><policy_evaluated><disposition>none</disposition><dkim>%s</dkim><spf>fail</spf>`+
			`</policy_evaluated></row><identifiers><header_from>example.org</header_from></identifiers><auth_results><spf><domain>example.org</domain><result>fail</result></spf></auth_results></record>`,
			i, []string{"pass", "fail"}[(i+id)%2])
	}
	b.WriteString(`</feedback>`)
	return report.File{Name: "r.xml", Size: int64(b.Len()), Content: strings.NewReader(b.String())}
}

// Reports come in, people say what they think and addresses become known as
// something else, all at once: nobody fails, and in the end all fits together.
func TestSendersMeetReportsAndReviews(t *testing.T) {
	t.Parallel()
	b := newBench(t, 1)
	m := b.orgs[0]
	reports := &report.Service{DB: b.db.DB, Trail: dbtest.Trail(t), Log: slog.New(slog.DiscardHandler), Now: b.Now}
	var group sync.WaitGroup
	for writer := range 2 {
		group.Go(func() {
			for i := range 8 {
				counts, err := reports.Import(t.Context(), m.ID, []report.File{aReport(writer*100+i, writer == 1)})
				if err != nil || counts[report.Accepted]+counts[report.Repaired] != 1 {
					t.Errorf("import: %v, %v", counts, err)
				}
			}
		})
	}
	group.Go(func() {
		for round := range 8 {
			s := &sender.Service{DB: b.db.DB, Trail: b.Trail, Networks: anyNetwork{round}, Log: b.Log, Now: b.Now}
			if err := s.Find(t.Context(), sender.Find{}); err != nil {
				t.Errorf("find: %v", err)
			}
			b.exec(t, m, `UPDATE sources SET identified_at = NULL WHERE source_ip = '192.0.2.7'`, nil)
		}
	})
	group.Go(func() {
		for i := range 20 {
			key := fmt.Sprintf("AS%d", 64500+i%7)
			_, err := b.Review(t.Context(), m.Access, m.domain, []string{key}, []sender.Verdict{sender.Authorised, sender.NotMine}[i%2], "")
			if err != nil && !strings.Contains(err.Error(), "no such sender") {
				t.Errorf("review: %v", err)
			}
		}
	})
	group.Wait()
	b.Networks = anyNetwork{}
	b.find(t)
	if n := one[int](t, b, m, `SELECT count(*) FROM sources WHERE sender NOT LIKE 'AS%' OR identified_at IS NULL OR country <> 'DE'`); n != 0 {
		t.Errorf("%d addresses are not identified", n)
	}
	if n := one[int](t, b, m, `SELECT count(*) FROM sources s LEFT JOIN senders k ON k.domain_id = s.domain_id AND k.sender = s.sender WHERE k.sender IS NULL OR s.own AND NOT k.own`); n != 0 {
		t.Errorf("%d addresses are known as somebody who is not there, or not the owner's", n)
	}
}
