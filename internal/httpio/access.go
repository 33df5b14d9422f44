package httpio

import (
	"cmp"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5/middleware"
)

// Noted logs each request with what it came to: the route's pattern, which
// holds no token, and neither path nor client.
func Noted(log *slog.Logger) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			began := time.Now()
			answer := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
			defer func() { // also after a panic that ends the connection
				log.InfoContext(r.Context(), "answered", "method", r.Method, "route", Route(r),
					"status", cmp.Or(answer.Status(), http.StatusOK), "bytes", answer.BytesWritten(), "ms", time.Since(began).Milliseconds())
			}()
			next.ServeHTTP(answer, r)
		})
	}
}
