package reportweb

import (
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
		if f.What == "" || f.Where == "" {
			t.Errorf("%s: the page says %q at %q", rep.Bad[i].Code, f.What, f.Where)
		}
	}
}
