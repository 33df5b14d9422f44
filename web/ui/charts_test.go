package ui

import (
	"strings"
	"testing"

	"github.com/a-h/templ"
)

func draw(t *testing.T, c templ.Component) string {
	t.Helper()
	var page strings.Builder
	if err := c.Render(t.Context(), &page); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

func expect(t *testing.T, page string, wants ...string) {
	t.Helper()
	for _, want := range wants {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing in:\n%s", want, page)
		}
	}
}

func TestFlowDrawsTheLargestSendersAndTheOthersAsOne(t *testing.T) {
	t.Parallel()
	f := Flow{ID: "flow", Senders: []SplitRow{{Name: "small", Href: "/small", Split: Split{Unknown: 1}}}, OthersHref: "/all",
		Fates: []FlowFate{{Class: Passing, Fate: Delivered, Messages: 9000, Href: "/delivered"}}}
	for range drawnSenders {
		f.Senders = append(f.Senders, SplitRow{Name: "large", Split: Split{Passing: 1000, Fix: 1}})
	}
	f.Senders = append(f.Senders, SplitRow{Name: "tiny", Split: Split{Unknown: 2}})
	data := f.data()
	last := data.Nodes[drawnSenders]
	if last.Name != "2 others" || last.N != 3 || last.Href != "/all" || last.Class != Unknown {
		t.Errorf("the last of the senders is %+v", last)
	}
	widths := map[int64]int64{}
	for _, l := range data.Links {
		widths[l.N] = l.Width
	}
	if data.Total != 8011 || widths[1000] != 1000 || widths[1] != 64 {
		t.Errorf("of %d messages the ribbons are %v wide", data.Total, widths)
	}
	expect(t, draw(t, FlowChart(f)), `<a class="quiet-link" href="/small">`, `href="/delivered">9`+"\u202f"+`000</a>`, "from 10 senders: passing 8\u202f000, needs fixing 8, unknown 3. Receivers: delivered 9\u202f000")
}

func TestHeatCellsSayTheirShare(t *testing.T) {
	t.Parallel()
	for want, cell := range map[string]HeatCell{
		"heat-0": {}, "heat-1": {Part: 49, Whole: 100}, "heat-2": {Part: 1, Whole: 2}, "heat-3": {Part: 80, Whole: 100}, "heat-4": {Part: 989, Whole: 1000}, "heat-5": {Part: 99, Whole: 100},
	} {
		if got := cell.look(); got != want {
			t.Errorf("%+v looks %s, want %s", cell, got, want)
		}
	}
	page := draw(t, Heat(HeatMap{Label: "Shares", Head: "Receiver", Outcome: "passed", Days: []string{"2026-10-31", "2026-11-01", "2026-11-02"},
		Rows: []HeatRow{{Name: "google.com", Cells: []HeatCell{{Part: 0, Whole: 2, Href: "/day"}, {}, {Part: 2, Whole: 2}}}}}))
	expect(t, page, `href="/day" title="0.0`+"\u202f"+`% of 2 passed"`, ">Oct</span>", ">Nov</span>", "Sun 1 Nov 2026")
	if n := strings.Count(page, ">Nov</span>"); n != 1 {
		t.Errorf("a month is named %d times", n)
	}
}

func TestMapKnowsItsCountries(t *testing.T) {
	t.Parallel()
	c := Countries{ID: "map", Unknown: 7, Rows: []CountryRow{{Code: "DE", Href: "/de", Split: Split{Passing: 1000}}, {Code: "QQ", Split: Split{Unknown: 9}}}}
	expect(t, draw(t, WorldMap(c)), "1\u202f009 messages from 2 countries, most of them from Germany, 99.1\u202f%.", `href="/de"`, "7 messages without a known country",
		`{"code":"DE","name":"Germany","href":"/de","level":5,"counts":[1000,0,0,0]}`, `{"code":"QQ","name":"QQ","level":1,"counts":[0,0,0,9]}`)
}

func TestMarksStandInTheTableEvenOnSilentDays(t *testing.T) {
	t.Parallel()
	v := Volume{ID: "v", Days: []VolumeDay{{Day: "2026-11-09"}, {Day: "2026-11-10"}}, Marks: []VolumeMark{{Day: "2026-11-09", Text: "p=reject"}}}
	page := draw(t, VolumeChart(v))
	expect(t, page, "Mon 9 Nov 2026", ">p=reject</span>")
	if strings.Contains(page, "Tue 10 Nov 2026") {
		t.Error("a day without messages and marks has a row")
	}
}

func TestSparkSaysWhatItDraws(t *testing.T) {
	t.Parallel()
	expect(t, draw(t, Spark(Trend{PerDay: []float64{4, 1200, 7}})), `aria-label="Per day between 4 and 1`+"\u202f"+`200, on the last day 7"`)
	expect(t, draw(t, Spark(Trend{PerDay: []float64{0.26, 0, 31.4}, ByMonth: true})), `aria-label="Per day, by month, between 0 and 31, in the last month 31"`)
	expect(t, draw(t, Spark(Trend{PerDay: []float64{0, 0.26}, ByMonth: true})), `in the last month 0.3"`, `points="2.0,18.0 86.0,2.0"`)
	expect(t, draw(t, Spark(Trend{PerDay: []float64{9.97, 0.03}, ByMonth: true})), `between under 0.1 and 10, in the last month under 0.1"`)
	if page := draw(t, Spark(Trend{PerDay: []float64{4}})); page != "" {
		t.Errorf("one day is a line: %s", page)
	}
}

func TestChecklistEnds(t *testing.T) {
	t.Parallel()
	list := Checklist{Items: []ChecklistItem{{Text: "One", Done: true}, {Text: "Wait"}, {Text: "Two", Href: "/two"}, {Text: "Three", Href: "/three"}}}
	page := draw(t, SetUp(list))
	expect(t, page, "1 of 4 done", `href="/two" aria-label="Do this now: Two"`)
	if n := strings.Count(page, "btn-primary"); n != 1 {
		t.Errorf("%d things are to be done first", n)
	}
	for i := range list.Items {
		list.Items[i].Done = true
	}
	if page := draw(t, SetUp(list)); page != "" {
		t.Errorf("after everything is done there is %s", page)
	}
}

func TestDrawerIsThereWhenItHasATitle(t *testing.T) {
	t.Parallel()
	expect(t, draw(t, SideDrawer(Drawer{Title: "One sender", CloseHref: "/senders"})), "<dialog", " open", `data-close-href="/senders"`, `href="/senders" data-dialog-close`)
	if page := draw(t, SideDrawer(Drawer{})); page != `<div id="drawer"></div>` {
		t.Errorf("closed it is %s", page)
	}
}
