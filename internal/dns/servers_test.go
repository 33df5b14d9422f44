package dns

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/dns/dnsfake"
)

func TestServersComeInTheirOrder(t *testing.T) {
	t.Parallel()
	s := serve(t, dnsfake.Zone{
		Records: []string{
			"_imaps._tcp.example.org. 300 IN SRV 20 1 993 last.example.org.",
			"_imaps._tcp.example.org. 300 IN SRV 10 5 993 light.example.org.",
			"_imaps._tcp.example.org. 300 IN SRV 10 50 1993 Heavy.Example.org.",
			"_pop3s._tcp.example.org. 300 IN SRV 0 0 0 .",
			"example.org. 300 IN MX 20 mx2.example.org.", "example.org. 300 IN MX 10 MX1.example.org.",
			"nomail.example. 300 IN MX 0 .",
			`odd.example. 300 IN MX 0 a\032b.example.`,
			`_imaps._tcp.odd.example. 300 IN SRV 0 0 993 a\032b.example.`,
		},
		Behave: map[string]dnsfake.Behaviour{"broken.example": dnsfake.ServFail, "_imaps._tcp.broken.example": dnsfake.ServFail},
	})
	r := resolver(t, Config{Servers: []string{s.Addr}})
	srv, err := r.LookupSRV(t.Context(), "_imaps._tcp.example.org")
	want := []SRV{{10, 50, 1993, "heavy.example.org"}, {10, 5, 993, "light.example.org"}, {20, 1, 993, "last.example.org"}}
	if d := cmp.Diff(want, srv); err != nil || d != "" {
		t.Error(err, d)
	}
	none, err := r.LookupSRV(t.Context(), "_pop3s._tcp.example.org")
	if d := cmp.Diff([]SRV{{Target: "."}}, none); err != nil || d != "" {
		t.Error(err, d)
	}
	mx, err := r.LookupMX(t.Context(), "example.org")
	if d := cmp.Diff([]MX{{10, "mx1.example.org"}, {20, "mx2.example.org"}}, mx); err != nil || d != "" {
		t.Error(err, d)
	}
	if mx, err := r.LookupMX(t.Context(), "nomail.example"); err != nil || !cmp.Equal(mx, []MX{{0, "."}}) {
		t.Error(mx, err)
	}
	// A name with a blank in it is kept whole, for the caller to refuse.
	if mx, err := r.LookupMX(t.Context(), "odd.example"); err != nil || len(mx) != 1 || mx[0].Target == "a" {
		t.Error(mx, err)
	}
	for name, want := range map[string]Reason{"nothing.example": Absent, "broken.example": Temporary, "a..b": Malformed} {
		if _, err := r.LookupMX(t.Context(), name); ReasonOf(err) != want {
			t.Errorf("MX of %s: %v, want %s", name, err, want)
		}
		if _, err := r.LookupSRV(t.Context(), "_imaps._tcp."+name); ReasonOf(err) != want {
			t.Errorf("SRV of %s: %v, want %s", name, err, want)
		}
	}
}
