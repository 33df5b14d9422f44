package netowner

import (
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"github.com/oschwald/maxminddb-golang/v2"
)

// File is an MMDB file of networks, countries or both, in memory.
type File struct{ reader *maxminddb.Reader }

// Open reads a file. What happens to it afterwards is not noticed.
func Open(path string) (*File, error) {
	content, err := os.ReadFile(path) // not mapped: who overwrites a mapped file ends the program
	if err != nil {
		return nil, err
	}
	reader, err := maxminddb.OpenBytes(content)
	if err != nil {
		return nil, fmt.Errorf("read MMDB file: %w", err)
	}
	return &File{reader}, nil
}

// entry is what the files of the usual makers say of a network, each by its
// own names: MaxMind and DB-IP, then IPinfo.
type entry struct {
	Number       uint32 `maxminddb:"autonomous_system_number"`
	Organization string `maxminddb:"autonomous_system_organization"`
	ASN          any    `maxminddb:"asn"` // "AS64500", or a number
	ASName       string `maxminddb:"as_name"`
	Name         string `maxminddb:"name"`
	Country      any    `maxminddb:"country"` // a code, a name, or a map with iso_code
	CountryCode  string `maxminddb:"country_code"`
}

func (f *File) find(ip netip.Addr) (Network, error) {
	var e entry
	if err := f.reader.Lookup(ip).Decode(&e); err != nil {
		return Network{}, fmt.Errorf("look up network in MMDB file: %w", err)
	}
	n := Network{ASN: e.Number, Owner: owner(e.Organization), Country: country(e.CountryCode)}
	if n.ASN == 0 {
		n.ASN = number(fmt.Sprint(e.ASN))
	}
	for _, name := range []string{e.ASName, e.Name} {
		if n.Owner == "" && n.ASN != 0 {
			n.Owner = owner(name)
		}
	}
	if n.Country != "" {
		return n, nil
	}
	switch c := e.Country.(type) {
	case string:
		n.Country = country(c)
	case map[string]any:
		n.Country = country(fmt.Sprint(c["iso_code"]))
	}
	return n, nil
}

// number reads the number of an autonomous system; 0 when it is none.
func number(s string) uint32 {
	n, err := strconv.ParseUint(strings.TrimPrefix(strings.ToUpper(s), "AS"), 10, 32)
	if err != nil {
		return 0
	}
	return uint32(n)
}
