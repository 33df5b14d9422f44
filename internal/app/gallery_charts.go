package app

import (
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/web/ui"
)

// chartGallery shows the parts that pages are made of and that no sample page
// of a slice shows in every state.
func chartGallery() []galleryPage {
	return []galleryPage{
		{"parts", "charts", func(p ui.Page) templ.Component {
			p.Title = "Charts"
			return galleryCharts(p, sampleCharts())
		}},
		{"parts", "charts-small", func(p ui.Page) templ.Component {
			p.Title = "Charts of a few messages"
			return galleryCharts(p, smallCharts())
		}},
		{"parts", "drawer", func(p ui.Page) templ.Component {
			p.Title = "A drawer"
			return galleryDrawer(p, ui.Drawer{Title: "mta14.news.example.com", CloseHref: galleryPath + "drawer-closed"})
		}},
		{"parts", "drawer-closed", func(p ui.Page) templ.Component {
			p.Title = "A closed drawer"
			return galleryDrawer(p, ui.Drawer{})
		}},
		{"parts", "filters", func(p ui.Page) templ.Component {
			p.Title = "Filters and set-up"
			return galleryFilters(p, sampleFilters(false), sampleChecklist())
		}},
		{"parts", "filters-open", func(p ui.Page) templ.Component {
			p.Title = "Filters, open"
			return galleryFilters(p, sampleFilters(true), ui.Checklist{})
		}},
		{"parts", "hits", func(p ui.Page) templ.Component {
			p.Title = "Search results"
			return galleryHits(p, "example", sampleHits())
		}},
		{"parts", "hits-none", func(p ui.Page) templ.Component {
			p.Title = "Nothing found"
			return galleryHits(p, "no-such-thing", nil)
		}},
	}
}

// chartSamples are the charts of one page.
type chartSamples struct {
	Volume    ui.Volume
	Flow      ui.Flow
	Heat      ui.HeatMap
	Countries ui.Countries
}

func sampleCharts() chartSamples {
	volume := sampleVolume("volume")
	volume.Marks = []ui.VolumeMark{{Day: "2026-11-04", Text: "DKIM key changed"}, {Day: "2026-11-06", Text: "p=quarantine"}, {Day: "2026-11-14", Text: "alert"}}
	return chartSamples{Volume: volume, Flow: sampleFlow(), Heat: sampleHeat(), Countries: sampleCountries()}
}

// smallCharts are what a domain has on its first day.
func smallCharts() chartSamples {
	day := sampleNow().Format(time.DateOnly)
	return chartSamples{
		Volume:    ui.Volume{ID: "volume", Since: "21 Nov 2026", Days: []ui.VolumeDay{{Day: day, Passing: 3, Unknown: 1, Open: true}}},
		Flow:      ui.Flow{ID: "flow", Since: "21 Nov 2026", Senders: []ui.SplitRow{{Name: "mail.example.org", Split: ui.Split{Passing: 3}}, {Name: "198.51.100.77", Split: ui.Split{Unknown: 1}}}},
		Heat:      ui.HeatMap{Label: "Share passing per receiver and day", Head: "Receiver", Outcome: "passed", Days: []string{day}, Rows: []ui.HeatRow{{Name: "google.com", Cells: []ui.HeatCell{{Part: 3, Whole: 4}}}}},
		Countries: ui.Countries{ID: "countries", Since: "21 Nov 2026", Rows: []ui.CountryRow{{Code: "DE", Split: ui.Split{Passing: 3}}}, Unknown: 1},
	}
}

func sampleFlow() ui.Flow {
	list := galleryPath + "reports"
	return ui.Flow{
		ID: "flow", Since: "25 Oct – 21 Nov 2026", OthersHref: galleryPath + "senders", ClassHref: func(ui.Class) string { return list },
		Senders: []ui.SplitRow{
			{Name: "mail-lf1-f41.outbound.example.net", Href: list, Split: ui.Split{Passing: 30012}},
			{Name: "o365-eur05.mail.example", Href: list, Split: ui.Split{Passing: 8290, Fix: 8}},
			{Name: "lists.university.example", Href: list, Split: ui.Split{Forwarded: 1911, Passing: 420}},
			{Name: "mta14.news.example.com", Href: list, Split: ui.Split{Fix: 812}},
			{Name: "198.51.100.77", Href: list, Split: ui.Split{Unknown: 170}},
			{Name: "203.0.113.24", Href: list, Split: ui.Split{Fix: 96}},
			{Name: "crm.example.com", Href: list, Split: ui.Split{Passing: 64}},
			{Name: "shop.example.com", Href: list, Split: ui.Split{Passing: 31}},
			{Name: "198.51.100.9", Href: list, Split: ui.Split{Unknown: 12}},
			{Name: "2001:db8:4::17", Href: list, Split: ui.Split{Unknown: 3}},
		},
		Fates: []ui.FlowFate{
			{Class: ui.Passing, Fate: ui.Delivered, Messages: 38817, Href: list}, {Class: ui.Forwarded, Fate: ui.Delivered, Messages: 1800, Href: list}, {Class: ui.Forwarded, Fate: ui.Quarantined, Messages: 111, Href: list},
			{Class: ui.NeedsFixing, Fate: ui.Delivered, Messages: 204, Href: list}, {Class: ui.NeedsFixing, Fate: ui.Quarantined, Messages: 712, Href: list}, {Class: ui.Unknown, Fate: ui.Quarantined, Messages: 140, Href: list}, {Class: ui.Unknown, Fate: ui.Rejected, Messages: 45, Href: list},
		},
	}
}

func sampleHeat() ui.HeatMap {
	h := ui.HeatMap{Label: "Share passing per receiver and day", Head: "Receiver", Outcome: "passed"}
	for i := range 28 {
		h.Days = append(h.Days, sampleNow().AddDate(0, 0, i-27).Format(time.DateOnly))
	}
	for r, name := range []string{"google.com", "Outlook.com", "Yahoo", "gmx.net", "a-receiver-with-a-long-name.example", "mail.ru"} {
		row := ui.HeatRow{Name: name, Href: galleryPath + "reports"}
		for i := range int64(28) {
			whole := 1200/int64(r*r+1) + (i*37)%90
			cell := ui.HeatCell{Part: whole - whole*((i*int64(r+3))%11)/180, Whole: whole, Href: galleryPath + "reports"}
			switch {
			case (i+int64(r*5))%13 == 0:
				cell.Part = whole * (40 + i) / 100
			case r == 5 && i%4 > 1:
				cell = ui.HeatCell{}
			case r < 2:
				cell.Part = whole - i%3
			}
			row.Cells = append(row.Cells, cell)
		}
		h.Rows = append(h.Rows, row)
	}
	return h
}

func sampleCountries() ui.Countries {
	c := ui.Countries{ID: "countries", Since: "25 Oct – 21 Nov 2026", Unknown: 312}
	for code, split := range map[string]ui.Split{
		"US": {Passing: 24012, Forwarded: 1200, Fix: 812}, "IE": {Passing: 9310, Fix: 8}, "DE": {Passing: 3411, Forwarded: 610, Fix: 96, Unknown: 4}, "CZ": {Passing: 1620},
		"FR": {Passing: 410, Forwarded: 101}, "IN": {Unknown: 91}, "BR": {Unknown: 44, Passing: 3}, "AU": {Passing: 22}, "RU": {Unknown: 31}, "SG": {Passing: 12},
	} {
		c.Rows = append(c.Rows, ui.CountryRow{Code: code, Href: galleryPath + "reports", Split: split})
	}
	return c
}
