package netowner

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"sendvery.com/sendvery/internal/dns"
)

// The zones of Team Cymru's "IP to ASN mapping" service.
const (
	origins4 = "origin.asn.cymru.com"
	origins6 = "origin6.asn.cymru.com"
	systems  = "asn.cymru.com"
)

// askCymru asks which system announces an address, and whose that is. The
// country is that of the registration.
func askCymru(ctx context.Context, txt TXT, ip netip.Addr) (Network, error) {
	records, err := txt.LookupTXT(ctx, question(ip))
	if err != nil {
		return Network{}, passing(err)
	}
	n := origin(records)
	if n.ASN == 0 {
		return n, nil
	}
	records, err = txt.LookupTXT(ctx, fmt.Sprintf("AS%d.%s", n.ASN, systems))
	if err != nil {
		return n, passing(err)
	}
	// 64500 | DE | ripencc | 2000-03-30 | EXAMPLE-AS Example Ltd, DE
	fields := split(records[0])
	if len(fields) == 5 {
		name := fields[4]
		if at := strings.LastIndex(name, ", "); at > 0 && country(name[at+2:]) != "" {
			name = name[:at]
		}
		n.Owner = owner(name)
	}
	return n, nil
}

// passing is the error, unless it says that there is no answer and will be none.
func passing(err error) error {
	if dns.ReasonOf(err) != dns.Temporary {
		return nil
	}
	return err
}

// question is the name that an address is asked for by.
func question(ip netip.Addr) string {
	labels, zone := []string{}, origins6
	if ip.Is4() {
		zone = origins4
		for _, b := range ip.AsSlice() {
			labels = append(labels, strconv.Itoa(int(b)))
		}
	} else {
		labels = strings.Split(hex.EncodeToString(ip.AsSlice()), "")
	}
	slices.Reverse(labels)
	return strings.Join(labels, ".") + "." + zone
}

// origin is what the narrowest of the announced networks says: the first
// system of "64500 64501 | 192.0.2.0/24 | DE | ripencc | 2000-03-30".
func origin(records []string) (n Network) {
	narrowest := -1
	for _, r := range records {
		fields := split(r)
		if len(fields) < 3 {
			continue
		}
		prefix, err := netip.ParsePrefix(fields[1])
		if err != nil || prefix.Bits() <= narrowest {
			continue
		}
		first, _, _ := strings.Cut(fields[0], " ")
		narrowest, n = prefix.Bits(), Network{ASN: number(first), Country: country(fields[2])}
	}
	return n
}

func split(record string) []string {
	fields := strings.Split(record, "|")
	for i, f := range fields {
		fields[i] = strings.TrimSpace(f)
	}
	return fields
}
