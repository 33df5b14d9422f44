// Package netowner says whose network an address is in and in which country:
// by files of the operator's (MMDB), or by Team Cymru's zone in DNS.
package netowner

import (
	"context"
	"net/netip"
	"strings"
)

// Network is whose an address is. The zero value is nobody's known.
type Network struct {
	ASN     uint32 // number of its autonomous system (RFC 6793); 0 = not known
	Owner   string // of that, as registered
	Country string // ISO 3166-1, two capital letters; "" = not known
}

// TXT looks up TXT records.
type TXT interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Finder finds networks by what it is given. What files say comes before what
// DNS says, and DNS is not asked for what files say.
type Finder struct {
	Files []*File
	DNS   TXT // nil: Team Cymru is not asked
}

// Network finds an address's network. An address that is nobody's in public
// has none. An error means that it is not known just now.
func (f *Finder) Network(ctx context.Context, ip netip.Addr) (Network, error) {
	ip = ip.Unmap().WithZone("")
	var found Network
	if !ip.IsGlobalUnicast() || ip.IsPrivate() {
		return found, nil
	}
	for _, file := range f.Files {
		n, err := file.find(ip)
		if err != nil {
			return Network{}, err
		}
		found = found.or(n)
	}
	if f.DNS == nil || found.ASN != 0 {
		return found, nil
	}
	n, err := askCymru(ctx, f.DNS, ip)
	return found.or(n), err
}

// or fills in what is not known.
func (n Network) or(other Network) Network {
	if n.ASN == 0 {
		n.ASN, n.Owner = other.ASN, other.Owner
	}
	if n.Country == "" {
		n.Country = other.Country
	}
	return n
}

// country is a country code, or "" when it is none.
func country(s string) string {
	s = strings.ToUpper(strings.TrimSpace(s))
	if len(s) != 2 || strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
		return ""
	}
	return s
}

// owner is a name of an owner as it is kept: one line of bounded length.
func owner(s string) string {
	const most = 200
	s = strings.ToValidUTF8(strings.Join(strings.Fields(s), " "), "")
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "")
	}
	return s
}
