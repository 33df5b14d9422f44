package oauth

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
)

// claims are the parts of an ID token (OpenID Connect Core section 2) that we
// look at.
type claims struct {
	Audience audience `json:"aud"`
	Email    string   `json:"email"`
	Username string   `json:"preferred_username"`
}

// audience is one name or a list of them.
type audience []string

// UnmarshalJSON implements json.Unmarshaler.
func (a *audience) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*a = audience{one}
		return nil
	}
	var list []string
	err := json.Unmarshal(b, &list)
	*a = list
	return err
}

// maxAddress is the longest mail address that is taken, in bytes (RFC 5321
// section 4.5.3.1.3, without the brackets).
const maxAddress = 254

// addressOf reads the account's mail address out of an ID token that came
// straight from the token end point: over TLS, so that its signature need not
// be checked (OpenID Connect Core section 3.1.3.7, point 6).
func addressOf(token, client string) (string, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", errors.New("there is no ID token")
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(parts[1], "="))
	if err != nil {
		return "", errors.New("the ID token cannot be read")
	}
	var c claims
	if err := json.Unmarshal(payload, &c); err != nil {
		return "", errors.New("the ID token cannot be read")
	}
	if !slices.Contains(c.Audience, client) {
		return "", errors.New("the ID token is for another client")
	}
	for _, address := range []string{c.Email, c.Username} {
		if isAddress(address) {
			return address, nil
		}
	}
	return "", errors.New("the ID token holds no mail address")
}

// isAddress reports whether it can be the user name of a mailbox: an address
// without characters that mean something to a mail server.
func isAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && local != "" && domain != "" && len(s) <= maxAddress &&
		!strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f })
}
