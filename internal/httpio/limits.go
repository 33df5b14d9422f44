package httpio

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/limit"
)

// RateLimits has each answer say which limits the request met and what is left
// of them (draft-ietf-httpapi-ratelimit-headers), and after how many seconds
// it is worth trying again when one of them has nothing left (RFC 9110 section
// 10.2.3). Turns are taken before the answer begins.
func RateLimits(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var turns []limit.Turn
		watch := func(t limit.Turn) {
			if t.Wait > 0 {
				w.Header().Set("Retry-After", seconds(t.Wait))
			}
			if t.Name == "" {
				return
			}
			if i := slices.IndexFunc(turns, func(before limit.Turn) bool { return before.Name == t.Name }); i >= 0 {
				turns[i] = t
			} else {
				turns = append(turns, t)
			}
			writeLimits(w.Header(), turns)
		}
		next.ServeHTTP(w, r.WithContext(limit.Watch(r.Context(), watch)))
	})
}

func writeLimits(h http.Header, turns []limit.Turn) {
	var policies, states []string
	for _, t := range turns {
		policies = append(policies, fmt.Sprintf("%q;q=%d;w=%s", t.Name, t.Burst, seconds(t.Per)))
		states = append(states, fmt.Sprintf("%q;r=%d;t=%s", t.Name, t.Left, seconds(t.Full)))
	}
	h.Set("RateLimit-Policy", strings.Join(policies, ", "))
	h.Set("RateLimit", strings.Join(states, ", "))
}

// seconds is a time in whole seconds, none of it lost.
func seconds(d time.Duration) string { return strconv.FormatInt(int64(math.Ceil(d.Seconds())), 10) }
