package reportweb

import (
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/report"
)

func TestEverySkippedRowIsListedWithItsReason(t *testing.T) {
	t.Parallel()
	var rep report.Report
	for i, code := range []finding.Code{
		dmarcrpt.BadNoRow, dmarcrpt.BadRepeated, dmarcrpt.BadNoSource, dmarcrpt.BadSource,
		dmarcrpt.BadNoCount, dmarcrpt.BadCount, dmarcrpt.BadCountLarge,
	} {
		rep.Bad = append(rep.Bad, dmarcrpt.BadRecord{Seq: i + 1, Code: code})
	}
	for i, f := range findings(rep) {
		if !strings.HasPrefix(f.What, fmt.Sprintf("Row %d: ", i+1)) || !strings.HasSuffix(f.What, ".") || strings.Contains(f.What+f.Note, string(rep.Bad[i].Code)) {
			t.Errorf("%s: the page says %q, %q", rep.Bad[i].Code, f.What, f.Note)
		}
	}
}

func TestSkippedRowsSayWhatIsNotCounted(t *testing.T) {
	t.Parallel()
	known, unknown := dmarcrpt.BadRecord{Seq: 2, Code: dmarcrpt.BadSource, Detail: "999.1.1.1", Messages: 3}, dmarcrpt.BadRecord{Seq: 3, Code: dmarcrpt.BadCount, Detail: "x"}
	for want, rep := range map[string]report.Report{
		"1 row could not be read and is not counted, which leaves out 3 messages.":                      {BadRecords: 1, Bad: []dmarcrpt.BadRecord{known}},
		"2 rows could not be read and are not counted, which leaves out at least 3 messages.":           {BadRecords: 2, Bad: []dmarcrpt.BadRecord{known, unknown}},
		"2 rows could not be read and are not counted; how many messages that leaves out is not known.": {BadRecords: 2, Bad: []dmarcrpt.BadRecord{unknown}},
	} {
		rep.Repairs = []finding.Repair{{Code: dmarcrpt.RepairSkipped, Detail: string(dmarcrpt.BadSource), Count: int(rep.BadRecords)}}
		found := findings(rep)
		if found[0].What != want || found[0].Note != "" {
			t.Errorf("the page says %q, %q, want %q", found[0].What, found[0].Note, want)
		}
		if rep.Bad[0].Seq == 2 && found[1].Note != "It says “999.1.1.1”. The row is about 3 messages." {
			t.Errorf("of the row it says %q", found[1].Note)
		}
	}
}
