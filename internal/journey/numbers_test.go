package journey

import (
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/demo"
)

// findsTheNumbersRight compares the pages with what the story has told.
func (j *journey) findsTheNumbersRight() {
	j.open(j.org + "/domains/example.org?days=90")
	want := j.program.totals(j.firstDay())
	for name, told := range want {
		j.open(j.org + "/domains/" + name + "?days=90")
		shown := look[demo.Totals](j.tab, `[...document.querySelectorAll("[aria-label='Receivers that report'] tbody tr")].reduce((sum, row) => {
			const number = (s) => Number(s.replace(/\s/g, ""));
			const [aligned, messages] = row.cells[3].querySelector("data").title.split(" of ").map(number);
			return {Reports: sum.Reports + number(row.cells[1].innerText), Messages: sum.Messages + messages, Aligned: sum.Aligned + aligned, Records: sum.Records};
		}, {Reports: 0, Messages: 0, Aligned: 0, Records: 0})`)
		shown.Records = told.Records // no page adds these up
		if shown != told {
			j.Errorf("%s in 90 days: the page adds up to %+v, the story tells %+v", name, shown, told)
		}
	}
	all := sum(want)
	j.open(j.org + "/?days=90")
	j.reads(fmt.Sprintf("of %d messages passed.", all.Messages), fmt.Sprintf("%d reports", all.Reports))

	// The list without a bound of days: every report of the story, once.
	whole := sum(j.program.totals(time.Time{}))
	j.open(j.org + "/reports?from=2000-01-01")
	j.reads(fmt.Sprintf("%d reports", whole.Reports))
}
