// Package fqdn gives domain names one form: lower case, A-labels, no trailing
// dot, checked lengths and characters. It knows public suffixes and
// organizational domains.
package fqdn

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Name is a normalised domain name: ASCII, lower case, at least one label, no
// trailing dot, labels of 1 to 63 octets, at most 253 octets (RFC 1035 section
// 2.3.4). Make one with Parse; the empty Name stands for "none".
type Name string

// Limits of RFC 1035 section 2.3.4.
const (
	maxName  = 253
	maxLabel = 63
)

// The reasons why Parse refuses a name.
var (
	ErrEmpty     = errors.New("empty domain name")
	ErrLength    = errors.New("domain name or label too long")
	ErrCharacter = errors.New("character not allowed in a domain name")
	ErrAddress   = errors.New("an IP address, not a domain name")
)

// Parse normalises s: surrounding white space and one trailing dot are
// dropped, capitals folded, U-labels converted to A-labels (UTS 46, not
// transitional). Underscores are allowed, because DNS names of policy records
// have them. An IPv4 address is not a name.
func Parse(s string) (Name, error) {
	s = strings.TrimSpace(s)
	s = strings.TrimSuffix(s, ".")
	if s == "" {
		return "", ErrEmpty
	}
	// 1,000 octets is more than any U-label form of a legal name; idna is not
	// asked to work on more.
	if len(s) > 1000 {
		return "", ErrLength
	}
	// idna would encode the replacement character like any other.
	if !utf8.ValidString(s) || strings.ContainsRune(s, utf8.RuneError) {
		return "", ErrCharacter
	}
	n := lowerASCII(s)
	if !isASCII(n) || strings.Contains(n, "xn--") {
		a, err := profile().ToASCII(s)
		if err != nil {
			return "", fmt.Errorf("%w: %w", ErrCharacter, err)
		}
		n = strings.TrimSuffix(lowerASCII(a), ".")
	}
	if err := check(n); err != nil {
		return "", err
	}
	return Name(n), nil
}

// MustParse is Parse for constants in code and tests; it panics on an error.
func MustParse(s string) Name {
	n, err := Parse(s)
	if err != nil {
		panic(fmt.Sprintf("fqdn: %q: %v", s, err))
	}
	return n
}

func profile() *idna.Profile {
	return idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckJoiners(true),
		idna.StrictDomainName(false), idna.Transitional(false))
}

func check(n string) error {
	if n == "" {
		return ErrEmpty
	}
	if len(n) > maxName {
		return ErrLength
	}
	last := ""
	for label := range strings.SplitSeq(n, ".") {
		if err := checkLabel(label); err != nil {
			return err
		}
		last = label
	}
	if allDigits(last) {
		return ErrAddress
	}
	return nil
}

func checkLabel(label string) error {
	if label == "" {
		return ErrEmpty
	}
	if len(label) > maxLabel {
		return ErrLength
	}
	for i := range len(label) {
		c := label[i]
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '_':
		case c == '-' && i > 0 && i < len(label)-1:
		default:
			return ErrCharacter
		}
	}
	return nil
}

func allDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// lowerASCII folds A to Z only: other capitals are the business of UTS 46.
func lowerASCII(s string) string {
	for i := range len(s) {
		if c := s[i]; c >= 'A' && c <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if c := b[i]; c >= 'A' && c <= 'Z' {
					b[i] = c + 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

// String returns the name in A-label form.
func (n Name) String() string { return string(n) }

// Unicode returns the name with U-labels, for display beside the A-label form.
func (n Name) Unicode() string {
	u, err := profile().ToUnicode(string(n))
	if err != nil {
		return string(n)
	}
	return u
}
