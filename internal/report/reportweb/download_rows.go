package reportweb

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"io"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
)

// column is one of a table to take along. Its value is text, a number, or nil.
type column[T any] struct {
	name  string
	value func(T) any
}

// sumColumns are those of the messages by day, domain, sender and class.
var sumColumns = []column[report.DaySum]{
	{"day", func(d report.DaySum) any { return format.ISODay(d.Day) }},
	{"domain", func(d report.DaySum) any { return d.Domain.String() }},
	{"sender", func(d report.DaySum) any { return sender.FullName(d.Sender) }},
	{"class", func(d report.DaySum) any { return string(classes[d.Class]) }},
	{"messages", func(d report.DaySum) any { return d.Messages }},
	{"authenticated", func(d report.DaySum) any { return d.Sure }},
	{"dkim_aligned", func(d report.DaySum) any { return d.DKIM }},
	{"spf_aligned", func(d report.DaySum) any { return d.SPF }},
}

// rowColumns are those of the records of reports.
var rowColumns = []column[report.Row]{
	{"day", func(r report.Row) any { return format.ISODay(r.Day) }},
	{"domain", func(r report.Row) any { return r.Domain.String() }},
	{"receiver", func(r report.Row) any { return r.Reporter }},
	{"receiver_domain", func(r report.Row) any { return r.ReporterDomain }},
	{"source_address", func(r report.Row) any { return r.SourceIP.String() }},
	{"source_name", func(r report.Row) any { return sent(r.Name) }},
	{"country", func(r report.Row) any { return r.Country }},
	{"sender", func(r report.Row) any { return sender.FullName(r.Sender) }},
	{"class", func(r report.Row) any { return string(classes[r.Class]) }},
	{"dkim", func(r report.Row) any { return resultWords[r.DKIM] }},
	{"spf", func(r report.Row) any { return resultWords[r.SPF] }},
	{"disposition", func(r report.Row) any { return r.Disposition.String() }},
	{"header_from", func(r report.Row) any { return r.HeaderFrom }},
	{"envelope_from", func(r report.Row) any { return sent(r.EnvelopeFrom) }},
	{"envelope_to", func(r report.Row) any { return sent(r.EnvelopeTo) }},
	{"messages", func(r report.Row) any { return r.Messages }},
	{"report_id", func(r report.Row) any { return r.ReportID }},
	{"authenticated", func(r report.Row) any { return trustWords[r.Trust] }},
}

// resultWords name an evaluated result: whether it passes for DMARC.
var resultWords = map[report.Result]string{
	report.ResultMissing: "", report.ResultPass: "pass", report.ResultFail: "fail", report.ResultOther: "other",
}

// trustWords say whether somebody vouches for the report.
var trustWords = map[report.Trust]string{report.Unchecked: "not checked", report.Vouched: "yes", report.Unvouched: "no"}

// sent is what may not have been sent: nil then.
func sent(s *string) any {
	if s == nil {
		return nil
	}
	return *s
}

// writeCSV writes rows as a table with a head (RFC 4180). Text that a
// spreadsheet would compute begins with an apostrophe.
func writeCSV[T any](w io.Writer, columns []column[T], each func(func(T) error) error) error {
	out := csv.NewWriter(w)
	line := make([]string, len(columns))
	for i, c := range columns {
		line[i] = c.name
	}
	if err := out.Write(line); err != nil {
		return err
	}
	err := each(func(row T) error {
		for i, c := range columns {
			line[i] = cell(c.value(row))
		}
		return out.Write(line)
	})
	if err != nil {
		return err
	}
	out.Flush()
	return out.Error()
}

func cell(value any) string {
	switch v := value.(type) {
	case string:
		return format.Cell(v)
	case int64:
		return strconv.FormatInt(v, 10)
	}
	return ""
}

// writeJSON writes rows as one array of objects, a line each (RFC 8259).
func writeJSON[T any](w io.Writer, columns []column[T], each func(func(T) error) error) error {
	out := bufio.NewWriter(w)
	before := "[\n{"
	err := each(func(row T) error {
		_, _ = out.WriteString(before) // an error stays until Flush
		before = ",\n{"
		for i, c := range columns {
			value, err := json.Marshal(c.value(row))
			if err != nil {
				return err
			}
			if i > 0 {
				_ = out.WriteByte(',')
			}
			_, _ = out.WriteString(`"` + c.name + `":`)
			_, _ = out.Write(value)
		}
		return out.WriteByte('}')
	})
	if err != nil {
		return err
	}
	end := "\n]\n"
	if before[0] == '[' {
		end = "[]\n"
	}
	_, _ = out.WriteString(end)
	return out.Flush()
}

// fileName names what is taken: whose, which days, and what.
func fileName(of string, from, to time.Time, what string) string {
	return of + "-" + format.ISODay(from) + "-" + format.ISODay(to) + "-" + what
}
