package authres_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/authres"
)

func text(r authres.Results) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s:", r.AuthservID)
	for _, res := range r.Results {
		fmt.Fprintf(&b, " %s=%s", res.Method, res.Value)
		for _, name := range slices.Sorted(maps.Keys(res.Properties)) {
			fmt.Fprintf(&b, " %s=%s", name, res.Properties[name])
		}
		b.WriteByte(';')
	}
	return b.String()
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ field, want string }{
		{"mx.example.org; none", "mx.example.org:"},
		{"mx.example.org 1; spf=pass smtp.mailfrom=example.net", "mx.example.org: spf=pass smtp.mailfrom=example.net;"},
		{"MX.example.org;\r\n\tdkim=pass header.d=Example.net header.s=s1 header.b=\"ab+/c=\";\r\n dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=example.net",
			"mx.example.org: dkim=pass header.b=ab+/c= header.d=Example.net header.s=s1; dmarc=pass header.from=example.net;"},
		{"mx.example.org; dkim=pass (2048-bit key; unprotected) header.d=a.example; dkim=fail reason=\"bad; (signature)\" header.d=b.example",
			"mx.example.org: dkim=pass header.d=a.example; dkim=fail header.d=b.example reason=bad; (signature);"},
		{"spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=example.net; dmarc=pass action=none\r\n header.from=example.net;compauth=pass reason=100",
			": spf=pass smtp.mailfrom=example.net; dmarc=pass action=none header.from=example.net; compauth=pass reason=100;"},
		{"mx.example.org; dkim/1=PASS (a (nested \\) one)) header.i=@example.net", "mx.example.org: dkim=pass header.i=@example.net;"},
		{"mx.example.org; dkim = pass header.d = example.net", "mx.example.org: dkim=pass header.d=example.net;"},
		{"mx.example.org; dkim=pass header.b=x=y== header.d=a.example header.d=b.example", "mx.example.org: dkim=pass header.b=x=y== header.d=a.example;"},
		{"", ":"},
	} {
		got, err := authres.Parse(test.field)
		if err != nil || text(got) != test.want {
			t.Errorf("%q: %v\ngot  %s\nwant %s", test.field, err, text(got), test.want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for _, field := range []string{
		"mx.example.org; dkim=pass (no end", "mx.example.org; dkim=\"no end", "mx.example.org; dkim pass", "mx.example.org; ( ( )",
		strings.Repeat("a", 20<<10),
	} {
		if got, err := authres.Parse(field); err == nil {
			t.Errorf("%.40q: %s", field, text(got))
		}
	}
}

// FuzzParse: no panic, and nothing that is read holds what separates words.
func FuzzParse(f *testing.F) {
	f.Add("mx.example.org; dkim=pass (a;b) header.d=example.net; spf=fail reason=\"x;y\"")
	f.Add("spf=pass smtp.mailfrom=example.net;;; none")
	f.Fuzz(func(t *testing.T, field string) {
		r, err := authres.Parse(field)
		if err != nil {
			return
		}
		for _, res := range r.Results {
			if strings.ContainsAny(res.Method, " ;=") {
				t.Fatalf("%q: method %q", field, res.Method)
			}
		}
	})
}
