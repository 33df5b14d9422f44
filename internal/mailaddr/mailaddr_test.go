package mailaddr_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailaddr"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for input, want := range map[string]string{
		"ada@example.org":           "ada@example.org",
		"  Ada@Example.ORG \n":      "ada@example.org",
		"ada+tag@example.org":       "ada+tag@example.org",
		"ada@bücher.example":        "ada@xn--bcher-kva.example",
		"ada@xn--bcher-kva.example": "ada@xn--bcher-kva.example",
		"<ada@example.org>":         "ada@example.org",
		"O'Hara@example.org":        "o'hara@example.org",
		"":                          "", "ada": "", "@example.org": "", "ada@": "", "ada@example.org.": "", "ada@192.0.2.1": "", "ada@[192.0.2.1]": "",
		"Ada <ada@example.org>": "", "ada@example.org, bob@example.org": "", "ada bob@example.org": "", `"ada bob"@example.org`: "",
		`"a,b"@example.org`: "", `"a>b"@example.org`: "", `"a@b"@example.org`: "", "ada@example.org\r\nBcc: x@example.net": "", "a\x00da@example.org": "",
		"ada@exam ple.org": "", "ada@-example.org": "", "ada@example..org": "", strings.Repeat("a", 250) + "@example.org": "", "a\xff@example.org": "",
	} {
		got, err := mailaddr.Parse(input)
		if got != want {
			t.Errorf("%q: %q, want %q", input, got, want)
		}
		if want == "" && fault.FieldsOf(err)["email"] == "" {
			t.Errorf("%q: no sentence: %v", input, err)
		}
	}
}
