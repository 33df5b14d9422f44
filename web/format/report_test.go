package format_test

import (
	"testing"

	"sendvery.com/sendvery/web/format"
)

func TestLanguage(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{"en": "English", "EN-us": "English", "de_AT": "German", "tlh": "tlh", "": ""} {
		if got := format.Language(tag); got != want {
			t.Errorf("%q is %q, want %q", tag, got, want)
		}
	}
}

func TestSample(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		quoted string
		times  int
		want   string
	}{
		{"", 1, ""}, {"", 3, "3 times."}, {"15", 1, "It says “15”."}, {"15", 3, "3 times; the first says “15”."},
	} {
		if got := format.Sample(c.quoted, c.times); got != c.want {
			t.Errorf("%q, %d times: %q, want %q", c.quoted, c.times, got, c.want)
		}
	}
}
