package format

import "testing"

func TestCountriesHaveNames(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]string{"DE": "Germany", "AD": "Andorra", "ZW": "Zimbabwe", "CI": "Côte d’Ivoire", "XK": "Kosovo", "QQ": "QQ", "": ""} {
		if got := Country(code); got != want {
			t.Errorf("Country(%q) = %q, want %q", code, got, want)
		}
	}
	for code, name := range countries() {
		if len(code) != 2 || name == "" {
			t.Errorf("the list holds %q, named %q", code, name)
		}
	}
}
