package reportweb

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/finding"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// rangeFilter reads days and domain out of an address: what a verdict is
// about. Any further filter would judge a part as if it were the whole.
func (h *Web) rangeFilter(query url.Values, domains []domain.Domain) report.Filter {
	f := report.LastDays(h.now(), days(query))
	if to, err := time.Parse(time.DateOnly, query.Get("to")); err == nil {
		f.From, f.To = to.AddDate(0, 0, 1-days(query)), to
	}
	if from, err := time.Parse(time.DateOnly, query.Get("from")); err == nil {
		f.From = from
	}
	if f.From.After(f.To) || f.Days() > maxDays {
		f.From = f.To.AddDate(0, 0, 1-maxDays)
	}
	f.Group = groupOf(query)
	if name := query.Get("domain"); name != "" {
		f.Domain = uid.New[domain.Domain]() // of a name that is not watched nothing is chosen
		for _, d := range domains {
			if d.Name.String() == name {
				f.Domain = d.ID
			}
		}
	}
	return f
}

// The values of an address that choose messages, and what stands for them.
var (
	dispositions = map[string]report.Filter{
		"none":       {Disposition: dmarcrpt.DispositionNone},
		"quarantine": {Disposition: dmarcrpt.DispositionQuarantine},
		"reject":     {Disposition: dmarcrpt.DispositionReject},
	}
	outcomes = map[string]report.Outcome{"pass": report.Passes, "fail": report.Fails}
)

// messageFilter reads the whole filter of a list out of its address. What is
// no value chooses nothing; of a network that is none the sentence says so.
func (h *Web) messageFilter(query url.Values, domains []domain.Domain) (f report.Filter, ipError string) {
	f = h.rangeFilter(query, domains)
	f.Class, f.Reporter, f.Sender = classOf(query.Get("class")), query.Get("reporter"), query.Get("sender")
	f.Repair, f.Doubted = finding.Code(query.Get("repair")), query.Get("authenticated") == "no"
	f.Disposition = dispositions[query.Get("disposition")].Disposition
	f.DKIM, f.SPF = outcomes[query.Get("dkim")], outcomes[query.Get("spf")]
	f.Country = strings.ToUpper(query.Get("country"))
	if ip := query.Get("ip"); ip != "" {
		network, err := parseNetwork(ip)
		if err != nil {
			return f, "This is neither an address nor a network. Write it like 192.0.2.1 or 192.0.2.0/24."
		}
		f.Network = network
	}
	return f, ""
}

func parseNetwork(s string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(s); err == nil {
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		return p, nil
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
}

// filterNames are the values of an address that choose messages, in the order
// in which they are shown, with their labels.
var filterNames = [...]struct{ name, label string }{
	{"class", "Verdict"}, {"sender", "Sender"}, {"reporter", "Receiver"}, {"ip", "Address"}, {"country", "Country"},
	{"disposition", "Disposition"}, {"dkim", "DKIM"}, {"spf", "SPF"}, {"repair", "Repaired"}, {"authenticated", "Report mail"},
}

// filtered reports whether an address chooses some messages of its days and
// domain only.
func filtered(query url.Values) bool {
	return slices.ContainsFunc(filterNames[:], func(f struct{ name, label string }) bool { return query.Get(f.name) != "" })
}

// filterBar is what narrows a page and the form to do so; without are the
// filters that the page has another way to choose.
func filterBar(a org.Access, rest string, query url.Values, ipError string, without ...string) ui.FilterBar {
	bar := ui.FilterBar{Action: path(a, rest, nil), ClearHref: path(a, rest, query), Open: ipError != ""}
	cleared := query
	for _, f := range filterNames {
		value := query.Get(f.name)
		if value == "" || slices.Contains(without, f.name) {
			continue
		}
		cleared = with(cleared, f.name, "")
		bar.Chips = append(bar.Chips, ui.FilterChip{Label: f.label, Value: filterWords(f.name, value), Href: path(a, rest, with(query, f.name, ""))})
	}
	if from, to := query.Get("from"), query.Get("to"); from != "" || to != "" {
		cleared = with(with(cleared, "from", ""), "to", "")
		bar.Chips = append(bar.Chips, ui.FilterChip{Label: "Days", Value: dayWords(from, to), Href: path(a, rest, with(with(query, "from", ""), "to", ""))})
	}
	bar.ClearHref = path(a, rest, cleared)
	for _, field := range filterFields(query, ipError) {
		if !slices.Contains(without, field.Name) {
			bar.Fields = append(bar.Fields, field)
		}
	}
	for _, name := range []string{"domain", "days", "group", "repair", "authenticated"} {
		if v := query.Get(name); v != "" && !strings.HasPrefix(rest, "domains/") {
			bar.Kept = append(bar.Kept, ui.FilterValue{Name: name, Value: v})
		}
	}
	return bar
}

// dayWords names a range of days as it stands in an address.
func dayWords(from, to string) string {
	day := func(s string) string {
		if t, err := time.Parse(time.DateOnly, s); err == nil {
			return format.Day(t)
		}
		return "…"
	}
	if from == to {
		return day(from)
	}
	return day(from) + " – " + day(to)
}

// filterWords is a value of an address in words.
func filterWords(name, value string) string {
	words := map[string]string{"pass": "passes, aligned", "fail": "does not pass", "none": "delivered", "quarantine": "quarantined", "reject": "rejected", "no": "not authenticated"}
	switch name {
	case "class":
		return ui.Class(value).Word()
	case "sender":
		return sender.FullName(value)
	case "country":
		return countryWord(value)
	case "dkim", "spf", "disposition", "authenticated":
		if w := words[value]; w != "" {
			return w
		}
	}
	return value
}

// countryWord names a country of a filter.
func countryWord(code string) string {
	if code == report.UnknownCountry {
		return "not known"
	}
	return format.Country(strings.ToUpper(code))
}

func filterFields(query url.Values, ipError string) []ui.Field {
	outcome := []ui.Option{{Text: "All"}, {Value: "pass", Text: "Passes, aligned"}, {Value: "fail", Text: "Does not pass"}}
	fields := []ui.Field{
		{Name: "class", Label: "Verdict", Options: []ui.Option{{Text: "All"}}},
		{Name: "disposition", Label: "What the receiver did", Options: []ui.Option{{Text: "All"}, {Value: "none", Text: "Delivered"}, {Value: "quarantine", Text: "Quarantined"}, {Value: "reject", Text: "Rejected"}}},
		{Name: "dkim", Label: "DKIM", Options: outcome},
		{Name: "spf", Label: "SPF", Options: outcome},
		{Name: "sender", Label: "Sender", Placeholder: "example.net", MaxLength: 255},
		{Name: "reporter", Label: "Receiver", Placeholder: "google.com", MaxLength: 255},
		{Name: "ip", Label: "Address or network", Placeholder: "192.0.2.0/24", MaxLength: 50, Error: ipError},
		{Name: "country", Label: "Country", Placeholder: "DE", MaxLength: 2, Help: "Two letters."},
		{Name: "from", Label: "From day", Type: "date"},
		{Name: "to", Label: "To day", Type: "date"},
	}
	for _, c := range ui.Classes {
		fields[0].Options = append(fields[0].Options, ui.Option{Value: string(c), Text: c.Word()})
	}
	for i := range fields {
		fields[i].Value = query.Get(fields[i].Name)
		if fields[i].Type == "" && fields[i].Options == nil {
			fields[i].Autocomplete = "off"
		}
	}
	return fields
}
