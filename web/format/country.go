package format

import (
	_ "embed"
	"strings"
	"sync"
)

//go:embed countries.tsv
var countryList string

// countries maps two letters of ISO 3166-1, and XK, to short English names;
// read once, never changed.
var countries = sync.OnceValue(func() map[string]string {
	names := map[string]string{}
	for line := range strings.Lines(countryList) {
		code, name, _ := strings.Cut(strings.TrimSpace(line), "\t")
		names[code] = name
	}
	return names
})

// Country names the country of a two-letter code in capitals, "Germany" for
// "DE". A code that is not in the list is its own name.
func Country(code string) string {
	if name := countries()[code]; name != "" {
		return name
	}
	return code
}
