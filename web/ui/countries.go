package ui

import (
	"sendvery.com/sendvery/web/format"
)

// Countries is the map of where messages come from, with its table.
type Countries struct {
	ID      string // unique in the page; letters only
	Since   string // the days, for the table: "28 Oct – 24 Nov 2026"
	Rows    []CountryRow
	Unknown int64 // messages from addresses whose country is not known
}

// CountryRow is the messages from one country.
type CountryRow struct {
	Code  string // two letters of ISO 3166-1, in capitals
	Href  string // the same page, narrowed to the country; empty = no link
	Split Split
}

func (c Countries) rows() []SplitRow {
	out := make([]SplitRow, len(c.Rows))
	for i, r := range c.Rows {
		out[i] = SplitRow{Name: format.Country(r.Code), Href: r.Href, Split: r.Split}
	}
	return out
}

// located is how many messages have a country.
func (c Countries) located() int64 {
	s := sumSplits(c.rows())
	return s.Total()
}

// summary is the map in one sentence, for who cannot see it.
func (c Countries) summary() string {
	text := "Map of " + format.Of(c.located(), "message", "messages") + " from " + format.Of(len(c.Rows), "country", "countries")
	var top SplitRow
	for _, r := range c.rows() {
		if r.Split.Total() > top.Split.Total() {
			top = r
		}
	}
	if top.Name != "" {
		text += ", most of them from " + top.Name + ", " + format.Percent(top.Split.Total(), c.located())
	}
	return text + ". The table below has every country."
}

// level is the step of the map's colours, 1 to 5: each but the first is about
// three times the one before it, up to the largest country.
func level(n, largest int64) int {
	for i, least := range [...]float64{0.3, 0.1, 0.03, 0.01} {
		if float64(n) >= least*float64(largest) {
			return 5 - i
		}
	}
	return 1
}

// mapSteps are the classes of the legend, from the fewest messages to the most.
var mapSteps = [...]string{"bg-step-1", "bg-step-2", "bg-step-3", "bg-step-4", "bg-step-5"}

type countriesJSON struct {
	Countries []countryJSON     `json:"countries"`
	Classes   []volumeClassJSON `json:"classes"`
	Total     int64             `json:"total"`
}

type countryJSON struct {
	Code   string  `json:"code"`
	Name   string  `json:"name"`
	Href   string  `json:"href,omitempty"`
	Level  int     `json:"level"`
	Counts []int64 `json:"counts"`
}

// data is what scripts/map.js draws.
func (c Countries) data() countriesJSON {
	out := countriesJSON{Countries: []countryJSON{}, Classes: classesJSON(), Total: c.located()}
	largest := int64(0)
	for _, r := range c.Rows {
		largest = max(largest, r.Split.Total())
	}
	for _, r := range c.Rows {
		country := countryJSON{Code: r.Code, Name: format.Country(r.Code), Href: r.Href, Level: level(r.Split.Total(), largest)}
		for _, class := range Classes {
			country.Counts = append(country.Counts, r.Split.of(class))
		}
		out.Countries = append(out.Countries, country)
	}
	return out
}
