// Package failurereport keeps failure reports (RFC 6591, RFC 9991) for a short
// time: what failed for one mail, and where it came from.
//
// They are about mails of people. What is kept was redacted by package arf
// before it came here: of the mail a few header fields, of each address the
// domain. The original is never kept, owners and admins alone may read what
// is, and after Life it is gone.
package failurereport

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"time"

	"sendvery.com/sendvery/internal/arf"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// ID identifies a failure report within its organization.
type ID int64

// Life is how long a failure report is kept.
const Life = 30 * 24 * time.Hour

// Service answers questions about the stored reports and removes old ones.
type Service struct {
	DB  *postgres.DB
	Now func() time.Time
}

// Incoming is a report on its way in, redacted.
type Incoming struct {
	Report  *arf.Report
	Receipt int64                   // of the mail that it came in
	Watched map[fqdn.Name]domain.ID // the organization's domains
}

// Outcome is what became of a report.
type Outcome uint8

// The outcomes.
const (
	New       Outcome = iota // stored
	Same                     // the same mail was stored before
	Unwatched                // its domain is not watched; nothing is stored
)

// Stored is the answer to an Incoming.
type Stored struct {
	Outcome Outcome
	ID      ID    // of the stored report; 0 = none
	Receipt int64 // of the mail that brought it
}

// Store stores a report of the organization if it is about a watched domain or
// one below it.
func Store(ctx context.Context, tx postgres.Tx, org org.ID, now time.Time, in Incoming) (Stored, error) {
	name, ok := fqdn.Nearest(in.Report.Domain, func(n fqdn.Name) bool { _, known := in.Watched[n]; return known })
	if !ok {
		return Stored{Outcome: Unwatched}, nil
	}
	key, err := KeyDigest(org, in.Report)
	if err != nil {
		return Stored{}, err
	}
	kept := *in.Report
	kept.ReportID = "" // a name that mail programs make of people's addresses and hosts
	id, err := insert(ctx, tx, org, now, in.Receipt, in.Watched[name], &kept, key)
	if err != nil || id != 0 {
		return Stored{ID: id, Receipt: in.Receipt}, err
	}
	old, err := find(ctx, tx, org, key)
	old.Outcome = Same
	return old, err
}

// KeyDigest is the digest of what tells one report from another: type,
// reporter and the Message-ID of the mail, or the content where there is none.
// Each part has its length in front; the organization's id salts it, because
// the Message-ID itself is not to be kept.
func KeyDigest(org org.ID, r *arf.Report) ([32]byte, error) {
	name := []byte(r.ReportID)
	if len(name) == 0 {
		var err error
		if name, err = json.Marshal(r); err != nil {
			return [32]byte{}, err
		}
	}
	b := append([]byte(nil), org[:]...)
	for _, part := range [][]byte{[]byte("failure"), []byte(r.ReporterDomain), name} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return sha256.Sum256(b), nil
}
