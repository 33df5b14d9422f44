package report

import (
	"strings"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailauth"
)

// Trust says whether somebody vouches for a report: anybody can write a mail
// that claims to be one.
type Trust int16

// The degrees of trust.
const (
	// Unchecked: report mails are not authenticated on this installation.
	Unchecked Trust = iota
	// Vouched: the mail is authenticated, as RFC 9990 section 3.5.1 demands, as
	// the reporter that the report names; or a person of the organization
	// handed the report in or chose it.
	Vouched
	// Unvouched: the mail is not authenticated, or as somebody else. The report
	// is shown and changes no advice.
	Unvouched
)

// trust says whether somebody vouches for a report of the item that names its
// reporter by a domain, or by a name.
func (it *item) trust(domain, name string) Trust {
	switch {
	case !it.source.ByMail():
		return Vouched
	case it.auth == nil:
		return Unchecked
	case it.auth.Result == mailauth.Pass && NamesReporter(it.auth.Domain, domain, name):
		return Vouched
	}
	return Unvouched
}

// NamesReporter reports whether the domain that a mail is authenticated as is
// the one that the report in it names as its reporter's: by the domain of the
// address, or by an organization's name that is a domain, or the name in front of one ("Yahoo" and
// yahoo.com), because some reporters' addresses are in another domain of theirs.
func NamesReporter(authenticated fqdn.Name, domain, name string) bool {
	own := authenticated.Organizational()
	if own == "" {
		return false
	}
	for _, claimed := range [...]string{domain, name} {
		if d, err := fqdn.Parse(claimed); err == nil && d.Organizational() == own {
			return true
		}
	}
	label, _, _ := strings.Cut(own.String(), ".")
	return strings.EqualFold(name, label)
}
