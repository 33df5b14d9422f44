package httpio_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"sendvery.com/sendvery/internal/httpio"
)

func TestClientAddressBelievesTheOperatorsProxiesOnly(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hops      int
		forwarded []string
		want      string
	}{
		"no proxy":                          {0, nil, "192.0.2.1"},
		"no proxy, and a claim":             {0, []string{"198.51.100.7"}, "192.0.2.1"},
		"one proxy":                         {1, []string{"198.51.100.7"}, "198.51.100.7"},
		"one proxy, claims before its own":  {1, []string{"203.0.113.9, 10.0.0.1, 198.51.100.7"}, "198.51.100.7"},
		"one proxy, claims in other fields": {1, []string{"203.0.113.9", "198.51.100.7"}, "198.51.100.7"},
		"two proxies":                       {2, []string{"198.51.100.7, 192.0.2.2"}, "198.51.100.7"},
		"two proxies, and a claim":          {2, []string{"203.0.113.9, 198.51.100.7", "192.0.2.2"}, "198.51.100.7"},
		"past the proxies":                  {2, []string{"198.51.100.7"}, "192.0.2.1"},
		"past the proxies without a field":  {1, nil, "192.0.2.1"},
		"what is no address":                {1, []string{"unknown"}, "192.0.2.1"},
		"nothing":                           {1, []string{""}, "192.0.2.1"},
		"IPv6":                              {1, []string{"2001:db8::7"}, "2001:db8::7"},
		"IPv4 in IPv6":                      {1, []string{"::ffff:198.51.100.7"}, "198.51.100.7"},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil) // from 192.0.2.1
		r.Header["X-Forwarded-For"] = tt.forwarded
		if got := httpio.ClientAddress(r, tt.hops); got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}
