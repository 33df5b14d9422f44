package ui

import (
	"net/url"
	"slices"
	"strconv"
)

// Address returns the path of a page inside the organization with its query.
func (o Org) Address(rest string, query url.Values) string {
	p := o.Path(rest)
	if q := query.Encode(); q != "" {
		p += "?" + q
	}
	return p
}

// With returns the query with one value changed; "" takes it away, and a
// change of filter begins at the top of the list again.
func With(query url.Values, name, value string) url.Values {
	out := url.Values{}
	for k, v := range query {
		out[k] = v
	}
	out.Del("before")
	out.Del("page")
	if out.Del(name); value != "" {
		out.Set(name, value)
	}
	return out
}

// ranges are the lengths of time to choose from, in days.
var ranges = [...]int{7, 28, 90}

const defaultDays = 28

// LongestRange is the most days that a picker offers.
const LongestRange = 90

// DaysOf returns the length of time that a query chooses, in days.
func DaysOf(query url.Values) int {
	n, _ := strconv.Atoi(query.Get("days")) // anything else is the default
	if slices.Contains(ranges[:], n) {
		return n
	}
	return defaultDays
}

// DayChoices are the links to the same page with another length of time.
func DayChoices(o Org, rest string, query url.Values) []Choice {
	var out []Choice
	for _, d := range ranges {
		out = append(out, Choice{Text: "Last " + strconv.Itoa(d) + " days", Chosen: d == DaysOf(query),
			Href: o.Address(rest, With(query, "days", strconv.Itoa(d)))})
	}
	return out
}

// DomainChoices are the links to the same page about all or one of the domains.
func DomainChoices(o Org, rest string, query url.Values, names []string) []Choice {
	out := []Choice{{Text: "All domains", Chosen: query.Get("domain") == "", Href: o.Address(rest, With(query, "domain", ""))}}
	for _, name := range names {
		out = append(out, Choice{Text: name, Chosen: query.Get("domain") == name, Href: o.Address(rest, With(query, "domain", name))})
	}
	return out
}

// ReportList is one of the lists in the section of reports.
type ReportList string

// The lists.
const (
	ReportsList   ReportList = "reports"
	MailsList     ReportList = "receipts"
	ReportersList ReportList = "reporters"
	FailuresList  ReportList = "failures"
)

// ReportLists are the tabs of the section of reports; failures says whether
// the person may see failure reports.
func ReportLists(o Org, chosen ReportList, failures bool) []Choice {
	tab := func(text string, l ReportList) Choice {
		return Choice{Text: text, Chosen: l == chosen, Href: o.Path(string(l))}
	}
	out := []Choice{tab("Reports", ReportsList), tab("Mails", MailsList), tab("Reporters", ReportersList)}
	if failures {
		out = append(out, tab("Failure reports", FailuresList))
	}
	return out
}
