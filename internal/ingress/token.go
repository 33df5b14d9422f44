package ingress

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
)

// Tokens are the values that are good for one purpose: one, or a new one and
// the one whose place it takes. Only their digests are held.
type Tokens [][sha256.Size]byte

// NewTokens makes Tokens of the values.
func NewTokens(values ...string) (t Tokens) {
	for _, v := range values {
		t = append(t, sha256.Sum256([]byte(v)))
	}
	return t
}

func (t Tokens) none() bool { return len(t) == 0 }

// shown reports whether the request shows one of the tokens (RFC 6750 section
// 2.1). It takes the same time whatever is shown, nothing included.
func (t Tokens) shown(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	digest := sha256.Sum256([]byte(token))
	right := 0
	for _, known := range t {
		right |= subtle.ConstantTimeCompare(digest[:], known[:])
	}
	return right == 1 && strings.EqualFold(scheme, "Bearer")
}
