package reportweb

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// sampleSummary is some weeks of a domain with senders of all classes.
func sampleSummary(days, senders int) printed {
	made := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	f := report.LastDays(made, days)
	p := printed{of: "łódź.example", slug: "xn--d-uga0v.example", single: true, filter: f, made: made}
	d := report.DomainTotal{ID: uid.New[domain.Domain](), Name: "xn--d-uga0v.example", Days: days, Policy: "none"}
	for i := range days {
		s := report.Split{Passing: int64(300 + 40*(i%7)), Forwarded: int64(9 + i%5), Fix: int64(12 + i%11), Unknown: int64(i % 4)}
		p.sum.Days = append(p.sum.Days, report.DayTotal{Day: f.From.AddDate(0, 0, i), Split: s})
		d.Split = d.Split.Add(s)
	}
	p.sum.Domains = []report.DomainTotal{d}
	for i := range senders {
		s := report.SenderTotal{Sender: fmt.Sprintf("mail%d.łódź.example", i), DomainID: d.ID, Domain: d.Name, Split: report.Split{Passing: int64(900 - 8*i)}, LastDay: f.To}
		switch i % 4 {
		case 0:
			s.Sender, s.Split, s.Recent = "microsoft", report.Split{Passing: 40, Fix: 300}, report.Recent{Fix: 300}
		case 1:
			s.Split.Unknown = 9000
		case 2:
			s.Split.Forwarded = 90
		}
		p.sum.Senders = append(p.sum.Senders, s)
	}
	p.sum.SenderCount = int64(senders)
	for i := range 6 {
		p.reporters = append(p.reporters, report.ReporterTotal{Reporter: fmt.Sprintf("receiver%d.example", i), Reports: int64(28 - i), Messages: int64(4000 - 600*i), Aligned: int64(3900 - 600*i), LastDay: f.To})
	}
	return p
}

func TestPrintedSummarySaysWhatThePageSays(t *testing.T) {
	t.Parallel()
	p := sampleSummary(28, 9)
	made, err := p.document()
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("PRINT_SAMPLE"); path != "" {
		if err := os.WriteFile(path, made, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got := words(t, made)
	one := p.sum.Domains[0]
	for _, want := range []string{"łódź.example", "mail1.łódź.example", verdictSentence(p.sum.Assess(one.ID), one), format.Count(one.Passing), format.Span(p.filter.From, p.filter.To),
		ui.NeedsFixing.Word(), "receiver5.example", "selector1._domainkey"} {
		if !strings.Contains(got, spaces(want)) {
			t.Errorf("the document lacks %q", want)
		}
	}
}

func TestPrintedSummaryIsBounded(t *testing.T) {
	t.Parallel()
	p := sampleSummary(maxDays, 500)
	p.single = false
	for len(p.sum.Domains) < 300 {
		d := p.sum.Domains[0]
		d.ID, d.Name = uid.New[domain.Domain](), fqdn.Name(fmt.Sprintf("domain%d.example", len(p.sum.Domains)))
		p.sum.Domains = append(p.sum.Domains, d)
	}
	made, err := p.document()
	if err != nil {
		t.Fatal(err)
	}
	if path := os.Getenv("PRINT_LONG"); path != "" {
		if err := os.WriteFile(path, made, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if pages := bytes.Count(made, []byte("/Type /Page\n")); pages > 12 || len(made) > 1<<20 {
		t.Errorf("%d pages, %d bytes", pages, len(made))
	}
}

// The colours of paper are those of the light theme.
func TestPrintedColoursAreThoseOfThePages(t *testing.T) {
	t.Parallel()
	theme, err := os.ReadFile("../../../web/styles/theme.css")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range ui.Classes {
		for name, color := range map[string]struct{ Red, Green, Blue int }{"fill": prints[c], "ink": inks[c]} {
			want := fmt.Sprintf("--%s-%s: #%02x%02x%02x;", name, c, color.Red, color.Green, color.Blue)
			if !strings.Contains(string(theme), want) {
				t.Errorf("the theme has no %s", want)
			}
		}
	}
}

// words is the text of a document whose fonts take letters as UTF-16, one space
// between words.
func words(t *testing.T, pdf []byte) string {
	t.Helper()
	var all strings.Builder
	for rest := pdf; ; {
		_, after, found := bytes.Cut(rest, []byte("stream\n"))
		if !found {
			return spaces(all.String())
		}
		var content []byte
		content, rest, _ = bytes.Cut(after, []byte("\nendstream"))
		if z, err := zlib.NewReader(bytes.NewReader(content)); err == nil {
			if plain, err := io.ReadAll(z); err == nil {
				all.WriteString(shown(plain))
			}
		}
	}
}

// shown is what the operators Tj of a page show (ISO 32000-1 section 9.4.3).
func shown(page []byte) string {
	var all strings.Builder
	for rest := page; ; {
		_, after, found := bytes.Cut(rest, []byte("("))
		if !found {
			return all.String()
		}
		var units []byte
		i := 0
		for ; i < len(after) && after[i] != ')'; i++ {
			if after[i] == '\\' {
				if i++; after[i] == 'r' {
					units = append(units, '\r')
					continue
				}
			}
			units = append(units, after[i])
		}
		var text []uint16
		for j := 0; j+1 < len(units); j += 2 {
			text = append(text, uint16(units[j])<<8|uint16(units[j+1]))
		}
		all.WriteString(string(utf16.Decode(text)) + " ")
		rest = after[min(i, len(after)):]
	}
}

func spaces(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\u00a0' || r == '\u202f' || r == '\n' }), " ")
}
