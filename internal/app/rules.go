package app

import (
	"crypto/x509"
	"errors"
	"fmt"
	"net/netip"
	"os"
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

// mailboxRoots returns the authorities that mailbox certificates may come from.
func (c Config) mailboxRoots(base *x509.CertPool) (*x509.CertPool, error) {
	return authorities(c.CAFile, base)
}

// authorities returns those of base, where nil is the system's, and those of a
// file, if one is named. Errors do not repeat its path.
func authorities(file string, base *x509.CertPool) (*x509.CertPool, error) {
	if file == "" {
		return base, nil
	}
	certificates, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", errors.Unwrap(err)) // without its path
	}
	if base == nil {
		if base, err = x509.SystemCertPool(); err != nil {
			base = x509.NewCertPool() // a system without authorities has only these
		}
	}
	roots := base.Clone()
	if !roots.AppendCertsFromPEM(certificates) {
		return nil, errors.New("holds no certificate in PEM form")
	}
	return roots, nil
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(c rune) bool { return c == ',' || unicode.IsSpace(c) })
}
