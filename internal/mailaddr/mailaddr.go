// Package mailaddr gives e-mail addresses of people one form.
package mailaddr

import (
	"net/mail"
	"strings"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
)

// Parse folds an e-mail address to the form that identifies a person. The whole
// address is folded to lower case: no provider in use tells them apart. What is
// no address is Invalid in the field "email".
func Parse(input string) (string, error) {
	bad := fault.InvalidFields(fault.Fields{"email": "Type a whole e-mail address, such as you@example.org."})
	input = strings.TrimSpace(input)
	if input == "" || len(input) > 254 {
		return "", bad
	}
	parsed, err := mail.ParseAddress(input)
	if err != nil || parsed.Name != "" || strings.ContainsAny(parsed.Address, " \t\r\n\"") {
		return "", bad
	}
	local, host, _ := strings.Cut(parsed.Address, "@")
	name, err := fqdn.Parse(host)
	if err != nil {
		return "", bad
	}
	folded := strings.ToLower(local) + "@" + name.String()
	// What needed quotes would need them in every header that we write.
	if again, err := mail.ParseAddress(folded); err != nil || again.Address != folded {
		return "", bad
	}
	return folded, nil
}
