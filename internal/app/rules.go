package app

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"unicode"
)

// mailboxRules reads which private networks and further ports mailboxes may use.
func (c Config) mailboxRules() (networks []netip.Prefix, ports []uint16, err error) {
	for _, field := range fields(c.AllowNetworks) {
		p, err := netip.ParsePrefix(field)
		if err != nil {
			return nil, nil, fmt.Errorf("holds something that is not a prefix such as 10.0.0.0/8")
		}
		networks = append(networks, p.Masked())
	}
	for _, field := range fields(c.AllowPorts) {
		n, err := strconv.ParseUint(field, 10, 16)
		if err != nil || n == 0 {
			return nil, nil, fmt.Errorf("holds something that is not a port")
		}
		ports = append(ports, uint16(n))
	}
	return networks, ports, nil
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
}
