package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/plaintext"
	"sendvery.com/sendvery/internal/reading"
)

type parseCommand struct {
	Limits reading.Limits `embed:"" prefix:"limit-"`
	Paths  []string       `arg:"" name:"path" help:"Files and folders with reports or report mails."`
}

func (c *parseCommand) problems() error { return c.Limits.Check() }

// Run implements the command.
func (c *parseCommand) Run(p *process) error { return parse(p.ctx, c, p.stdout, p.stderr) }

// parsed is one line of output. The keys and their order are an interface.
type parsed struct {
	File       string   `json:"file"`
	Kind       string   `json:"kind"`
	Verdict    string   `json:"verdict"`
	Reason     string   `json:"reason"`
	Repairs    []string `json:"repairs"`
	OrgName    string   `json:"org_name"`
	ReportID   string   `json:"report_id"`
	Domain     string   `json:"domain"`
	Begin      int64    `json:"begin"`
	End        int64    `json:"end"`
	Records    int      `json:"records"`
	Messages   int64    `json:"messages"`
	Aligned    int64    `json:"aligned"`
	BadRecords int      `json:"bad_records"`
}

// parse reads files and folders without a database and prints one JSON object
// a line for every report, or for every file that holds none. An error means
// that at least one file got no verdict.
func parse(ctx context.Context, c *parseCommand, stdout, stderr io.Writer) error {
	p := &parser{reader: reading.NewReader(c.Limits, time.Now), out: stdout}
	unread := 0
	for file, err := range files(c.Paths) {
		if err == nil {
			err = p.file(ctx, file)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("parse: %w", ctx.Err())
		}
		if err != nil {
			unread++
			fmt.Fprintln(stderr, plaintext.String(fmt.Sprintf("%s: %v", file, err)))
		}
	}
	if unread > 0 {
		return fmt.Errorf("parse: %d files could not be read", unread)
	}
	return nil
}

// parser prints what is found in one file after the other. It implements
// reading.Visitor.
type parser struct {
	reader *reading.Reader
	out    io.Writer
	line   parsed // of the open report
	lines  int    // printed for the file
	path   string
}

func (p *parser) file(ctx context.Context, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return nil
	}
	p.path, p.lines = path, 0
	var none reading.Outcome
	src := mimepart.Source{ReaderAt: f, Size: info.Size(), Name: filepath.Base(path)}
	for mail, err := range mimepart.Messages(src) {
		if err != nil {
			return err
		}
		outcome, err := p.reader.Read(ctx, mail, p)
		if err != nil {
			return err
		}
		if none.Noticed == nil {
			none = outcome
		}
	}
	if p.lines > 0 {
		return nil
	}
	return p.Refused(&reading.Report{}, none.Noticed)
}

// Begin implements reading.Visitor.
func (p *parser) Begin(r *reading.Report) error {
	p.line = p.describe(r)
	return nil
}

// Record implements reading.Visitor.
func (p *parser) Record(*dmarcrpt.Record) error { return nil }

// End implements reading.Visitor.
func (p *parser) End(s *reading.Summary) error {
	p.line.Verdict = "accepted"
	p.line.Records, p.line.BadRecords = s.Records, s.BadRecords
	p.line.Messages, p.line.Aligned = s.Messages, s.Aligned
	for _, r := range s.Repairs {
		p.line.Repairs = append(p.line.Repairs, repairText(r))
	}
	return p.print()
}

// Refused implements reading.Visitor.
func (p *parser) Refused(r *reading.Report, refusal *finding.Refusal) error {
	p.line = p.describe(r)
	p.line.Verdict, p.line.Reason = "refused", refusal.Error()
	return p.print()
}

func (p *parser) print() error {
	p.lines++
	var b bytes.Buffer
	out := json.NewEncoder(&b)
	out.SetEscapeHTML(false)
	if err := out.Encode(&p.line); err != nil {
		return err
	}
	_, err := p.out.Write(harmless(b.Bytes()))
	return err
}

// harmless escapes, in a line of JSON, the characters that plaintext removes
// from text and that a file name may have: on a terminal they are commands.
func harmless(line []byte) []byte {
	var out []byte
	for len(line) > 1 {
		r, n := utf8.DecodeRune(line)
		if plaintext.Visible(r) {
			out = append(out, line[:n]...)
		} else {
			for _, unit := range utf16.Encode([]rune{r}) {
				out = fmt.Appendf(out, "\\u%04x", unit)
			}
		}
		line = line[n:]
	}
	return append(out, line...)
}

func (p *parser) describe(r *reading.Report) parsed {
	l := parsed{File: p.path, Kind: r.Kind.String(), Repairs: []string{}, Domain: r.Domain().String()}
	switch {
	case r.Aggregate != nil:
		a := r.Aggregate
		l.OrgName, l.ReportID, l.Begin, l.End = a.Reporter(), a.ReportID, a.Begin, a.End
	case r.TLS != nil:
		t := r.TLS
		l.OrgName, l.ReportID, l.Begin, l.End = t.OrgName, t.ReportID, t.Begin, t.End
	case r.Failure != nil:
		f := r.Failure
		l.OrgName, l.ReportID, l.Begin, l.End = f.ReporterDomain.String(), f.ReportID, f.ArrivedAt, f.ArrivedAt
	}
	return l
}

// repairText is a repair as one word for programs, and its detail and number
// for people.
func repairText(r finding.Repair) string {
	text := string(r.Code)
	if r.Detail != "" {
		text += ": " + r.Detail
	}
	if r.Count > 1 {
		text += fmt.Sprintf(" (%d times)", r.Count)
	}
	return text
}
