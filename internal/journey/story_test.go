package journey

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"sendvery.com/sendvery/internal/demo"
)

// story is what the demonstration mailbox of this program tells.
func (p *program) story() demo.Story {
	p.t.Helper()
	content, err := os.ReadFile(filepath.Join(p.home, "demonstration.json"))
	if err != nil {
		p.t.Fatal(err)
	}
	var told struct{ Start time.Time }
	if err := json.Unmarshal(content, &told); err != nil {
		p.t.Fatal(err)
	}
	return demo.Story{Start: told.Start, Seed: demo.Seed}
}

// totals returns what a correct import counts for the days from from on, by domain.
func (p *program) totals(from time.Time) map[string]demo.Totals {
	p.t.Helper()
	s := p.story()
	_, all := s.Mails(p.began)
	_, before := s.Mails(from) // a day is told when it is over
	out := map[string]demo.Totals{}
	for name, sum := range all.Domains {
		b := before.Domains[name]
		out[name] = demo.Totals{
			Reports: sum.Reports - b.Reports, Records: sum.Records - b.Records,
			Messages: sum.Messages - b.Messages, Aligned: sum.Aligned - b.Aligned,
		}
	}
	if len(out) != 3 {
		p.t.Fatalf("the story is about %d domains", len(out))
	}
	return out
}

func sum(byDomain map[string]demo.Totals) (s demo.Totals) {
	for _, d := range byDomain {
		s.Reports, s.Records, s.Messages, s.Aligned = s.Reports+d.Reports, s.Records+d.Records, s.Messages+d.Messages, s.Aligned+d.Aligned
	}
	return s
}
