package ui

import (
	"strings"
	"testing"
)

func TestChartSaysWhichDaysHoldLongReports(t *testing.T) {
	t.Parallel()
	v := Volume{ID: "v", Days: []VolumeDay{{Day: "2026-11-09", Passing: 1}, {Day: "2026-11-10", Passing: 5, Long: 2}, {Day: "2026-11-11", Passing: 1, Long: 1}}}
	var page strings.Builder
	if err := VolumeChart(v).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	const sentence = "3 reports cover more than two days; their messages are counted on the day in the middle."
	for what, want := range map[string]string{
		"sentence": `aria-hidden="true">` + sentence, "description": sentence + ` The table below has every day."`, "table": "with 2 reports over more than two days",
		"data": `"day":"2026-11-10","counts":[5,0,0,0],"long":2`, "legend": "Holds a report over more than two days",
	} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("%s: the chart lacks %q:\n%s", what, want, page.String())
		}
	}
	v.Days = v.Days[:1]
	page.Reset()
	if err := VolumeChart(v).Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(page.String(), "two days") || strings.Contains(page.String(), `"long"`) {
		t.Error("it says so without any")
	}
}
