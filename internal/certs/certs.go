// Package certs gives the server its certificates: from files, which are read
// again when they change, or from an ACME authority, whose certificates are
// kept sealed in PostgreSQL so that all replicas share them.
package certs

import "crypto/tls"

// Source answers with the certificate for a connection, as tls.Config asks for it.
type Source interface {
	GetCertificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error)
}

// Config is how the server speaks TLS: version 1.3 and nothing older.
func Config(from Source) *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS13,
		NextProtos:     []string{"h2", "http/1.1", challengeProto},
		GetCertificate: from.GetCertificate,
	}
}
