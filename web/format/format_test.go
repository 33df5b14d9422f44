package format_test

import (
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/web/format"
)

// plain makes the thin spaces of an answer readable in a failure.
func plain(s string) string {
	return strings.NewReplacer(format.Thin, " ", format.Fixed, " ").Replace(s)
}

func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{format.Count(0), "0"},
		{format.Count(999), "999"},
		{format.Count(1000), "1 000"},
		{format.Count(41203), "41 203"},
		{format.Count(1234567), "1 234 567"},
		{format.Count(-1234), "−1 234"},
		{format.Of(1, "message", "messages"), "1 message"},
		{format.Of(0, "message", "messages"), "0 messages"},
		{format.Of(2500, "message", "messages"), "2 500 messages"},
		{format.Percent(0, 0), "–"},
		{format.Percent(0, 10), "0.0 %"},
		{format.Percent(10, 10), "100.0 %"},
		{format.Percent(987, 1000), "98.7 %"},
		{format.Percent(1, 100000), "< 0.1 %"},
		{format.Percent(99999, 100000), "> 99.9 %"},
		{format.Bytes(812), "812 B"},
		{format.Bytes(4200), "4.2 kB"},
		{format.Bytes(999_960), "1.0 MB"},
		{format.Bytes(1_300_000), "1.3 MB"},
		{format.Middle("short.example", 20), "short.example"},
		{format.Middle("mail-sor-f69.outbound.example.net", 21), "mail-sor-f…xample.net"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("got %q, want %q", plain(c.got), c.want)
		}
	}
}

func TestMoney(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ got, want string }{
		{format.Money(599, "usd"), "$5.99"},
		{format.Money(0, "usd"), "$0.00"},
		{format.Money(5, "USD"), "$0.05"},
		{format.Money(-320, "usd"), "−$3.20"},
		{format.Money(123450, "eur"), "€1 234.50"},
		{format.Money(100, "gbp"), "£1.00"},
		{format.Money(-125000, "chf"), "−1 250.00 CHF"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("got %q, want %q", plain(c.got), c.want)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ got, want string }{
		{format.When(now.Add(-3*time.Second), now).Relative, "just now"},
		{format.When(now.Add(-40*time.Second), now).Relative, "40 s ago"},
		{format.When(now.Add(-150*time.Minute), now).Relative, "2 h ago"},
		{format.When(now.Add(-30*time.Hour), now).Relative, "1 day ago"},
		{format.When(now.Add(-72*time.Hour), now).Relative, "3 days ago"},
		{format.When(now.AddDate(0, -6, 0), now).Relative, "on 21 May 2026"},
		{format.When(now.Add(15*time.Minute), now).Relative, "in 15 min"},
		{format.When(time.Time{}, now).Relative, ""},
		{format.When(now, now).UTC, "21 Nov 2026, 12:00:00 UTC"},
		{format.When(now, now).ISO, "2026-11-21T12:00:00Z"},
		{format.Span(now.AddDate(0, 0, -3), now), "18 – 21 Nov 2026"},
		{format.Span(now.AddDate(0, -1, 0), now), "21 Oct – 21 Nov 2026"},
		{format.Span(now.AddDate(-1, 0, 0), now), "21 Nov 2025 – 21 Nov 2026"},
		{format.Span(now, now), "21 Nov 2026"},
		{format.For(3500 * time.Millisecond), "4 s"},
		{format.For(61 * time.Second), "2 min"},
		{format.For(3 * time.Hour), "3 h"},
		{format.For(48 * time.Hour), "2 days"},
	} {
		if plain(c.got) != c.want {
			t.Errorf("got %q, want %q", plain(c.got), c.want)
		}
	}
}

func TestCellIsNeverAFormula(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "", "example.org": "example.org", "1 = 1": "1 = 1", "=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\t=1": "'\t'=1", "\r=1": "'\r'=1", "x;=1": "x;'=1", "x;\"=1": "x;'\"=1", "a\t+1": "a\t'+1", "＝1": "'＝1", "\n=1": "'\n'=1", "a-b;c": "a-b;c", "a\n\n=1": "a\n\n'=1", ";\t=1": ";\t'=1",
	} {
		if got := format.Cell(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
