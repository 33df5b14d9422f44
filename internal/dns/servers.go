package dns

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/miekg/dns"
)

// SRV is a server of a service (RFC 2782).
type SRV struct {
	Priority, Weight uint16
	Port             uint16
	Target           string // lower case, without the final dot; "." = the service is not offered
}

// MX is a mail server of a domain (RFC 5321 section 5.1).
type MX struct {
	Preference uint16
	Target     string // as in SRV; "." = the domain takes no mail (RFC 7505)
}

// LookupSRV returns the servers of a service such as _imaps._tcp.example.org:
// by priority, and then by weight, the heaviest first. At least one, else *Error.
func (r *Resolver) LookupSRV(ctx context.Context, name string) ([]SRV, error) {
	texts, err := r.look(ctx, name, dns.TypeSRV)
	if err != nil {
		return nil, err
	}
	all := make([]SRV, len(texts))
	for i, text := range texts {
		s := &all[i]
		if _, err := fmt.Sscanf(text, "%d %d %d %s", &s.Priority, &s.Weight, &s.Port, &s.Target); err != nil {
			return nil, &Error{Reason: Malformed, Name: name, Type: "SRV", Cause: err}
		}
	}
	slices.SortFunc(all, func(x, y SRV) int {
		return cmp.Or(cmp.Compare(x.Priority, y.Priority), cmp.Compare(y.Weight, x.Weight), cmp.Compare(x.Target, y.Target))
	})
	return all, nil
}

// LookupMX returns the mail servers of a domain, the preferred first. At least
// one, else *Error.
func (r *Resolver) LookupMX(ctx context.Context, name string) ([]MX, error) {
	texts, err := r.look(ctx, name, dns.TypeMX)
	if err != nil {
		return nil, err
	}
	all := make([]MX, len(texts))
	for i, text := range texts {
		if _, err := fmt.Sscanf(text, "%d %s", &all[i].Preference, &all[i].Target); err != nil {
			return nil, &Error{Reason: Malformed, Name: name, Type: "MX", Cause: err}
		}
	}
	slices.SortFunc(all, func(x, y MX) int {
		return cmp.Or(cmp.Compare(x.Preference, y.Preference), cmp.Compare(x.Target, y.Target))
	})
	return all, nil
}
