package plaintext_test

import (
	"testing"

	"sendvery.com/sendvery/internal/plaintext"
)

func TestAppend(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		in, want string
		done     plaintext.Cleaning
	}{
		{"", "", 0},
		{" \r\n\tabc \n", "abc", 0},
		{"a\r\nb\tc", "a  b c", 0},
		{"été 日本", "été 日本", 0},
		{"a\x00b\x1b[31m\x7f", "ab[31m", plaintext.Invisible},
		{"\u0085\u009b", "", plaintext.Invisible},
		{"pay\u202epal\u2066\u200b\ufeff\u00ad", "paypal", plaintext.Invisible},
		{"a\u2028b\U000e0041", "ab", plaintext.Invisible},
		{"a\xffb\x91", "a\ufffdb\ufffd", plaintext.Invalid},
		{"\x00\xff", "\ufffd", plaintext.Invisible | plaintext.Invalid},
		{"\u00a0a\u3000", "a", 0},
	} {
		got, done := plaintext.Append([]byte("x"), []byte(test.in))
		if string(got) != "x"+test.want || done != test.done {
			t.Errorf("%q: %q, %b, want %q, %b", test.in, got[1:], done, test.want, test.done)
		}
		if s := plaintext.String(test.in); s != test.want {
			t.Errorf("String(%q) = %q, want %q", test.in, s, test.want)
		}
	}
}
