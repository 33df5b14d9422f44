package httpio

import (
	"context"
	"crypto/rand"
	"net/http"
)

type traceKey struct{}

// Traced gives every request a name of its own, by which a person can report
// a failure and the log finds it. What a client sends as one is not believed.
func Traced(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), traceKey{}, rand.Text()[:12])
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// Trace returns the request's name.
func Trace(r *http.Request) string { return TraceOf(r.Context()) }

// TraceOf returns the name of the request that a context belongs to, "" for
// any other.
func TraceOf(ctx context.Context) string {
	trace, _ := ctx.Value(traceKey{}).(string)
	return trace
}
