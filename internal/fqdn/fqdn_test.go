package fqdn_test

import (
	"errors"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/fqdn"
)

func TestParse(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 63)
	for _, test := range []struct {
		in   string
		want fqdn.Name
		err  error
	}{
		{"example.com", "example.com", nil},
		{" Example.COM. ", "example.com", nil},
		{"bücher.example", "xn--bcher-kva.example", nil},
		{"BÜCHER.example", "xn--bcher-kva.example", nil},
		{"XN--bcher-kva.example", "xn--bcher-kva.example", nil},
		{"faß.example", "xn--fa-hia.example", nil},
		{"example。com", "example.com", nil},
		{"_dmarc.example.com", "_dmarc.example.com", nil},
		{"com", "com", nil},
		{long + ".example", fqdn.Name(long + ".example"), nil},
		{"", "", fqdn.ErrEmpty},
		{".", "", fqdn.ErrEmpty},
		{"a..b", "", fqdn.ErrEmpty},
		{".example.com", "", fqdn.ErrEmpty},
		{long + "a.example", "", fqdn.ErrLength},
		{strings.Repeat("a.", 127) + "example", "", fqdn.ErrLength},
		{strings.Repeat("ü", 2000), "", fqdn.ErrLength},
		{"exa mple.com", "", fqdn.ErrCharacter},
		{"<script>.com", "", fqdn.ErrCharacter},
		{"-a.example", "", fqdn.ErrCharacter},
		{"a-.example", "", fqdn.ErrCharacter},
		{"xn--zzzzzz99999.example", "", fqdn.ErrCharacter},
		{"a\x00.example", "", fqdn.ErrCharacter},
		{"b\xc3h.example", "", fqdn.ErrCharacter},
		{"b\ufffdh.example", "", fqdn.ErrCharacter},
		{"192.0.2.1", "", fqdn.ErrAddress},
	} {
		got, err := fqdn.Parse(test.in)
		if got != test.want || !errors.Is(err, test.err) {
			t.Errorf("Parse(%.40q) = %.40q, %v, want %.40q, %v", test.in, got, err, test.want, test.err)
		}
	}
}

func TestOrganizational(t *testing.T) {
	t.Parallel()
	for in, want := range map[fqdn.Name]fqdn.Name{
		"example.com": "example.com", "a.b.example.com": "example.com", "a.example.co.uk": "example.co.uk",
		"me.github.io": "me.github.io", "a.me.github.io": "me.github.io", "co.uk": "", "com": "",
		"a.example.test": "example.test",
	} {
		if got := in.Organizational(); got != want {
			t.Errorf("%s: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[fqdn.Name]struct {
		suffix fqdn.Name
		listed bool
	}{"a.co.uk": {"co.uk", true}, "a.github.io": {"github.io", true}, "a.invalid": {"invalid", false}} {
		if suffix, listed := in.PublicSuffix(); suffix != want.suffix || listed != want.listed {
			t.Errorf("%s: %s %v", in, suffix, listed)
		}
	}
}

func TestHierarchy(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		n, of  fqdn.Name
		below  bool
		within bool
	}{
		{"a.example.com", "example.com", true, true},
		{"example.com", "example.com", false, true},
		{"notexample.com", "example.com", false, false},
		{"example.com", "a.example.com", false, false},
		{"example.com", "", false, false},
	} {
		if got := test.n.IsSubdomainOf(test.of); got != test.below {
			t.Errorf("%s below %s: %v", test.n, test.of, got)
		}
		if got := test.n.Within(test.of); got != test.within {
			t.Errorf("%s within %s: %v", test.n, test.of, got)
		}
	}
	known := func(n fqdn.Name) bool { return n == "example.com" || n == "b.example.com" }
	for in, want := range map[fqdn.Name]fqdn.Name{"a.b.example.com": "b.example.com", "c.example.com": "example.com", "example.com": "example.com", "example.net": "", "": ""} {
		if got, ok := fqdn.Nearest(in, known); got != want || ok != (want != "") {
			t.Errorf("nearest to %s: %q, %v", in, got, ok)
		}
	}
	if up, ok := fqdn.Name("a.b").Parent(); up != "b" || !ok {
		t.Errorf("parent %q %v", up, ok)
	}
	if _, ok := fqdn.Name("b").Parent(); ok {
		t.Error("a top-level domain has a parent")
	}
	if u := fqdn.MustParse("xn--bcher-kva.example").Unicode(); u != "bücher.example" {
		t.Errorf("Unicode %q", u)
	}
}

// FuzzParse: what is accepted is stable and made of legal characters.
func FuzzParse(f *testing.F) {
	f.Add("Bücher.example.")
	f.Add("xn--bcher-kva.example")
	f.Add("a。b")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := fqdn.Parse(s)
		if err != nil {
			return
		}
		again, err := fqdn.Parse(n.String())
		if err != nil || again != n {
			t.Fatalf("%q → %q → %q, %v", s, n, again, err)
		}
		if strings.Trim(n.String(), "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || len(n) > 253 {
			t.Fatalf("%q → %q", s, n)
		}
	})
}
