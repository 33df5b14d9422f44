package reading_test

import (
	"bytes"
	"flag"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
)

var update = flag.Bool("update", false, "write the golden files of this package")

// clock is a moment after all good periods.
func clock() time.Time { return time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC) }

// fixture is a file or mail with something unusual about it.
type fixture struct {
	name, data string
}

// golden reads the fixtures and compares what is told about each with the
// golden file, which a person has compared with what should be told. Of the
// details only those stand there that good, the same without any of it, lacks.
func golden(t *testing.T, file, good string, fixtures []fixture) {
	t.Helper()
	r := reading.NewReader(reading.Limits{}, clock)
	usual := strings.Split(transcribe(t, r, []byte(good)), "\n")
	var b strings.Builder
	for _, f := range fixtures {
		b.WriteString(f.name + "\n")
		for line := range strings.Lines(transcribe(t, r, []byte(f.data))) {
			if !strings.HasPrefix(line, "    ") || !slices.Contains(usual, strings.TrimSuffix(line, "\n")) {
				b.WriteString(line)
			}
		}
		b.WriteString("\n")
	}
	path := filepath.Join("testdata", file+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, wanted := strings.Split(b.String(), "\n\n"), strings.Split(string(want), "\n\n")
	for i := range max(len(got), len(wanted)) {
		if i >= len(got) || i >= len(wanted) {
			t.Fatalf("%d fixtures, the golden file has %d; write it with -update", len(got), len(wanted))
		}
		if got[i] != wanted[i] {
			t.Errorf("got\n%s\nwant\n%s", got[i], wanted[i])
		}
	}
}

// transcribe reads a file or mail and writes down all that is told about it.
func transcribe(t *testing.T, r *reading.Reader, data []byte) string {
	t.Helper()
	var s transcript
	src := mimepart.Source{ReaderAt: bytes.NewReader(data), Size: int64(len(data)), Name: "file"}
	for mail, err := range mimepart.Messages(src) {
		if err != nil {
			t.Fatal(err)
		}
		out, err := r.Read(t.Context(), mail, &s)
		if err != nil {
			t.Fatal(err)
		}
		if out.NotReport() {
			s.linef("  not a report: %s", out.Noticed.Code)
		}
	}
	return s.b.String()
}

// transcript is a reading.Visitor that writes down what it is told.
type transcript struct {
	b       strings.Builder
	head    *reading.Report
	records []string
}

func (s *transcript) linef(format string, args ...any) { fmt.Fprintf(&s.b, format+"\n", args...) }

func (s *transcript) Begin(r *reading.Report) error {
	s.head, s.records = r, nil
	return nil
}

func (s *transcript) Record(r *dmarcrpt.Record) error {
	line := fmt.Sprintf("    %d: %s × %d, %s", r.Seq, r.SourceIP, r.Count, r.Disposition)
	if r.DispositionSent != r.Disposition.String() {
		line += fmt.Sprintf(" (%q)", r.DispositionSent)
	}
	line += fmt.Sprintf(", dkim %q, spf %q", r.EvaluatedDKIM, r.EvaluatedSPF)
	if r.Aligned() {
		line += " aligned"
	}
	line += ", from " + r.HeaderFrom
	if r.HasEnvelopeFrom {
		line += fmt.Sprintf(", envelope %q", r.EnvelopeFrom)
	}
	if r.EnvelopeTo != "" {
		line += ", to " + r.EnvelopeTo
	}
	for _, v := range r.Reasons {
		line += fmt.Sprintf("\n       reason %q", v)
	}
	for i, v := range r.DKIM {
		if i == 2 {
			line += fmt.Sprintf("\n       and %d more", len(r.DKIM)-i)
			break
		}
		line += fmt.Sprintf("\n       dkim %q", v)
	}
	for _, v := range r.SPF {
		line += fmt.Sprintf("\n       spf %q", v)
	}
	s.records = append(s.records, line)
	return nil
}

func (s *transcript) End(sum *reading.Summary) error {
	s.linef("  accepted %s; %d records, %d messages, %d aligned, %d bad", describe(s.head), sum.Records, sum.Messages, sum.Aligned, sum.BadRecords)
	s.details()
	for _, r := range sum.Repairs {
		s.linef("    %s ×%d %s", r.Code, r.Count, r.Detail)
	}
	for _, line := range s.records {
		s.linef("%s", line)
	}
	if sum.Aggregate != nil {
		for _, e := range sum.Aggregate.Extensions {
			s.linef("    beside: %d %s %q", e.Record, e.Name, e.Text)
		}
		for _, bad := range sum.Aggregate.Bad {
			s.linef("    %d: skipped, %s %s", bad.Seq, bad.Code, bad.Detail)
		}
	}
	return nil
}

func (s *transcript) Refused(r *reading.Report, refusal *finding.Refusal) error {
	s.linef("  refused %s", describe(r))
	s.linef("    %s: %s", refusal.Code, refusal.Error())
	return nil
}

// describe gives the values by which a report is known.
func describe(r *reading.Report) string {
	text := r.Kind.String()
	period := func(begin, end int64) string {
		if begin|end == 0 {
			return "no period"
		}
		const layout = "2006-01-02 15:04:05"
		return time.Unix(begin, 0).UTC().Format(layout) + " to " + time.Unix(end, 0).UTC().Format(layout)
	}
	switch {
	case r.Aggregate != nil:
		a := r.Aggregate
		text += fmt.Sprintf(" %q about %q, id %.60q, %s", a.Reporter(), a.Policy.Domain, a.ReportID, period(a.Begin, a.End))
		if a.RFC9990() {
			text += ", RFC 9990"
		}
	case r.TLS != nil:
		text += fmt.Sprintf(" %q about %q, id %q, %s", r.TLS.OrgName, r.Domain(), r.TLS.ReportID, period(r.TLS.Begin, r.TLS.End))
	case r.Failure != nil:
		f := r.Failure
		text += fmt.Sprintf(" %q about %q, id %q, %s", f.ReporterDomain, f.Domain, f.ReportID, period(f.ArrivedAt, f.ArrivedAt))
	}
	if r.Label != "file" && r.Label != "" {
		text += ", in " + r.Label
	}
	return text
}

// details gives what the head of a report says besides.
func (s *transcript) details() {
	switch {
	case s.head.Aggregate != nil:
		a := s.head.Aggregate
		p, e := a.Policy, a.Policy.Effective()
		s.linef("    version %q, namespace %q, generator %q, email %q, contact %q", a.Version, a.Namespace, a.Generator, a.Email, a.ExtraContactInfo)
		s.linef("    policy p=%s sp=%s np=%s adkim=%s aspf=%s pct=%s fo=%s t=%s; in force p=%s sp=%s np=%s adkim=%s aspf=%s pct=%d",
			p.P, p.SP, p.NP, p.ADKIM, p.ASPF, p.Pct, p.FO, p.Testing, e.P, e.SP, e.NP, e.ADKIM, e.ASPF, e.Pct)
		for _, e := range a.Errors {
			s.linef("    the reporter says %q", e)
		}
	case s.head.TLS != nil:
		for _, p := range s.head.TLS.Policies {
			s.linef("    policy %s %q mx %q: %d successful, %d failed", p.Type, p.DomainSent, p.MXHosts, p.Successful, p.Failed)
			for _, f := range p.Failures {
				s.linef("      %q", f)
			}
		}
	case s.head.Failure != nil:
		f := s.head.Failure
		source := ""
		if f.SourceIP != (netip.Addr{}) {
			source = f.SourceIP.String()
		}
		s.linef("    from %s, failed %q, alignment %q, delivery %q, agent %q, sample from %q", source, f.AuthFailure, f.IdentityAlignment, f.DeliveryResult, f.UserAgent, f.Sample.FromDomain)
	}
}
