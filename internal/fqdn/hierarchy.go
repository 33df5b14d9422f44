package fqdn

import (
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Parent returns the name above n ("a.example.com" → "example.com"), or
// false when n is a top-level domain.
func (n Name) Parent() (Name, bool) {
	_, above, ok := strings.Cut(string(n), ".")
	return Name(above), ok
}

// IsSubdomainOf reports whether n lies strictly below parent.
func (n Name) IsSubdomainOf(parent Name) bool {
	return parent != "" && len(n) > len(parent)+1 &&
		strings.HasSuffix(string(n), string(parent)) && n[len(n)-len(parent)-1] == '.'
}

// Within reports whether n is parent or lies below it.
func (n Name) Within(parent Name) bool { return n == parent || n.IsSubdomainOf(parent) }

// PublicSuffix returns the public suffix of n, from the ICANN and the private
// section of the list, and whether it is listed (an unlisted top-level
// domain counts as a suffix of its own).
func (n Name) PublicSuffix() (suffix Name, listed bool) {
	s, icann := publicsuffix.PublicSuffix(string(n))
	// The package documents this: an unmanaged suffix without a dot is the
	// default rule, one with a dot is from the private section.
	return Name(s), icann || strings.Contains(s, ".")
}

// Organizational returns the organizational domain of n: the public suffix
// and one label (RFC 7489 section 3.2). It is empty when n is itself a public
// suffix.
func (n Name) Organizational() Name {
	s, err := publicsuffix.EffectiveTLDPlusOne(string(n))
	if err != nil {
		return ""
	}
	return Name(s)
}

// Nearest returns n or the nearest name above it for which known answers
// true, and false when there is none.
func Nearest(n Name, known func(Name) bool) (Name, bool) {
	for ok := n != ""; ok; n, ok = n.Parent() {
		if known(n) {
			return n, true
		}
	}
	return "", false
}
