package reportweb

import (
	"strings"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
)

// findings are the repairs and the rows that were left out.
func findings(rep report.Report) []Finding {
	out := repairs(rep.Repairs)
	for i, r := range rep.Repairs {
		if r.Code == dmarcrpt.RepairSkipped {
			out[i].What = skippedRows(rep)
		}
	}
	for _, b := range rep.Bad {
		f := Finding{What: "Row " + format.Count(b.Seq) + ": " + dmarcrpt.BadRecordSentence(b.Code), Note: format.Sample(b.Detail, 1)}
		if b.Code == dmarcrpt.BadRepeated {
			f.Note = "The value is “" + b.Detail + "”."
		}
		if b.Messages > 0 {
			f.Note = strings.TrimSpace(f.Note + " The row is about " + format.Of(b.Messages, "message", "messages") + ".")
		}
		out = append(out, f)
	}
	return out
}

// repairs are a sentence each, and what was found.
func repairs(list []finding.Repair) []Finding {
	var out []Finding
	for _, r := range list {
		f := Finding{What: report.Reason(r.Code).Sentence(), Note: format.Sample(r.Detail, r.Count)}
		switch r.Code {
		case dmarcrpt.RepairSkipped: // its detail is the code of the first
			f.What, f.Note = format.Of(r.Count, "row", "rows")+" could not be read and "+agree(r.Count, "is", "are")+" not counted. The report's page lists each with its reason.", ""
		case dmarcrpt.RepairLongPeriod:
			f.Note = "It covers " + r.Detail + "."
		}
		out = append(out, f)
	}
	return out
}

func agree(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// skippedRows says how much of a report is not counted, as far as that is known.
func skippedRows(rep report.Report) string {
	var messages int64
	unknown := rep.BadRecords > int64(len(rep.Bad))
	for _, b := range rep.Bad {
		messages += b.Messages
		unknown = unknown || b.Messages == 0
	}
	rows := format.Of(rep.BadRecords, "row", "rows") + " could not be read and " + agree(int(rep.BadRecords), "is", "are") + " not counted"
	switch {
	case messages == 0:
		return rows + "; how many messages that leaves out is not known."
	case unknown:
		return rows + ", which leaves out at least " + format.Of(messages, "message", "messages") + "."
	}
	return rows + ", which leaves out " + format.Of(messages, "message", "messages") + "."
}
