package app

import (
	"slices"

	"sendvery.com/sendvery/internal/netowner"
)

// How facts of addresses are looked up.
const (
	lookupOff   = "off"
	lookupDNS   = "dns"
	lookupCymru = "cymru"
	lookupMMDB  = "mmdb"
)

// lookups checks what is found out about senders and report mails.
func (c Config) lookups(p *problems) {
	for _, o := range []struct {
		name, value string
		known       []string
	}{
		{"IP_LOOKUP", c.IPLookup, []string{lookupDNS, lookupMMDB, lookupOff}},
		{"ASN_LOOKUP", c.ASNLookup, []string{lookupCymru, lookupMMDB, lookupOff}},
	} {
		if !slices.Contains(o.known, o.value) {
			p.add(o.name, "is none of "+o.known[0]+", "+o.known[1]+" and "+o.known[2])
		}
	}
	if c.DKIMLookup != lookupDNS && c.DKIMLookup != lookupOff {
		p.add("DKIM_LOOKUP", "is neither dns nor off")
	}
	if c.IPLookup == lookupMMDB && c.MMDBCountry == "" {
		p.add("MMDB_COUNTRY", "is missing beside IP_LOOKUP=mmdb")
	}
	if c.ASNLookup == lookupMMDB && c.MMDBASN == "" && c.MMDBCountry == "" {
		p.add("MMDB_ASN", "is missing beside ASN_LOOKUP=mmdb, and so is MMDB_COUNTRY")
	}
	for _, o := range []struct {
		name, path string
		read       bool
	}{{"MMDB_COUNTRY", c.MMDBCountry, c.readsCountries()}, {"MMDB_ASN", c.MMDBASN, c.ASNLookup == lookupMMDB}} {
		switch {
		case o.path == "":
		case !o.read:
			p.add(o.name, "is set, but neither IP_LOOKUP nor ASN_LOOKUP has it read")
		default:
			if _, err := netowner.Open(o.path); err != nil {
				p.add(o.name, "cannot be read, or is no MMDB file")
			}
		}
	}
}

// readsCountries reports whether countries come from a file, if there is one.
func (c Config) readsCountries() bool {
	return c.IPLookup == lookupMMDB || c.ASNLookup == lookupMMDB || c.ASNLookup == lookupCymru
}

// networks is what finds the networks and countries of addresses, as
// configured; nothing to find them by when that is switched off. What the file
// of countries says comes first.
func (c Config) networks(resolver netowner.TXT) (*netowner.Finder, error) {
	f := &netowner.Finder{}
	var paths []string
	if c.readsCountries() {
		paths = append(paths, c.MMDBCountry)
	}
	if c.ASNLookup == lookupMMDB {
		paths = append(paths, c.MMDBASN)
	}
	for _, path := range paths {
		if path == "" {
			continue
		}
		file, err := netowner.Open(path)
		if err != nil {
			return nil, err
		}
		f.Files = append(f.Files, file)
	}
	if c.ASNLookup == lookupCymru {
		f.DNS = resolver
	}
	return f, nil
}
