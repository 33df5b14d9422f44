// Package tlsreport stores TLS reports (RFC 8460) and answers what they say:
// how many sessions that brought mail to a domain were encrypted as its policy
// asks, and why the others failed.
//
// Totals come from the summaries of the reports and never from their failure
// details, which overlap.
package tlsreport

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/tlsrpt"
)

// ID identifies a TLS report within its organization.
type ID int64

// Service answers questions about the stored reports.
type Service struct {
	DB *postgres.DB
}

// Incoming is a report on its way in.
type Incoming struct {
	Report  *tlsrpt.Report
	Receipt int64                   // of the mail or file that it came in
	Watched map[fqdn.Name]domain.ID // the organization's domains
	Aside   map[domain.ID]bool      // those of them that wait for another time, as if they were not watched yet
	Asked   string                  // TLS-Report-Domain of the mail: what an entry without a domain is about; may be empty
	Trust   Trust
	Place   Place
}

// Place is where a report stands among others under its key.
type Place uint8

// The places.
const (
	First   Place = iota // the first to come counts, but for one that nobody vouches for
	Instead              // this one counts instead of the one that does
	Beside               // both count: a reporter may give two reports one id, as with aggregate reports
)

// Trust says whether somebody vouches for the mail that a report came in, as
// report.Trust does.
type Trust int16

// The degrees of trust.
const (
	Unchecked Trust = iota
	Vouched
	Unvouched // shown, and in no sum (RFC 8460 section 3)
)

// Outcome is what became of a report.
type Outcome uint8

// The outcomes.
const (
	New       Outcome = iota // stored
	Same                     // the same report was stored before
	Other                    // another report under the same key is stored; the first counts
	Unwatched                // none of its domains is watched; nothing is stored
	Nameless                 // it names no domain, and nor does its mail; nothing is stored
	OffRange                 // its day lies too far in the past or future; nothing is stored
)

// Stored is the answer to an Incoming.
type Stored struct {
	Outcome Outcome
	ID      ID          // of the report that is stored under its key; 0 = none
	Receipt int64       // of the mail that brought that one
	Content [32]byte    // the digest of what is stored
	Domains []fqdn.Name // what the report is about, each once; at most maxDomains
	// Former is the report that this one took the place of or, by its Place,
	// counts beside.
	Former Former
}

// Former is a report that counted before another one.
type Former struct {
	ID         ID // 0 = none
	Receipt    int64
	Content    [32]byte
	Trust      Trust
	Begin, End time.Time
	Policies   int64
	Sessions
}

// existing is a report that is stored.
type existing struct {
	id      ID
	receipt int64
	content [32]byte
	trust   Trust
}

// maxDomains bounds how many domains of a report stand on its receipt. A
// report is about one, as RFC 8460 has it.
const maxDomains = 20

// Store stores a report of the organization, or says why it does not. now
// tells reports from the future.
func Store(ctx context.Context, tx postgres.Tx, org org.ID, now time.Time, in Incoming) (Stored, error) {
	key := KeyDigest(in.Report)
	entries := entriesOf(in)
	s := Stored{Receipt: in.Receipt, Domains: names(entries)}
	old, err := find(ctx, tx, org, key, in.Report.Digest, in.Receipt)
	if err != nil {
		return s, err
	}
	if old.id != 0 && !old.yields(in) {
		err = s.meet(ctx, tx, org, in, old)
		return s, err
	}
	day := in.Report.ReportedDay()
	switch {
	case day.Year() < 2000 || day.After(now.AddDate(0, 0, 2)):
		s.Outcome = OffRange
		return s, nil
	case len(s.Domains) == 0:
		s.Outcome = Nameless
		return s, nil
	case !anyWatched(entries):
		s.Outcome = Unwatched
		return s, nil
	}
	var base []byte
	if old.id != 0 {
		if s.Former, err = former(ctx, tx, org, old); err != nil {
			return s, err
		}
		if in.Place == Beside {
			base, key = slices.Clone(key[:]), besideKey(key, in.Report.Digest)
		} else if err := remove(ctx, tx, org, old.id); err != nil {
			return s, err
		}
	}
	s.Content = in.Report.Digest
	if s.ID, err = insert(ctx, tx, org, now, in, key, base, entries); err != nil || s.ID != 0 {
		return s, err
	}
	// The same report came in by another way meanwhile.
	old, err = find(ctx, tx, org, key, in.Report.Digest, in.Receipt)
	switch {
	case err != nil:
		return s, err
	case old.id == 0:
		return s, ErrMoved
	}
	return s, s.meet(ctx, tx, org, in, old)
}

// ErrMoved says that another transaction replaced what a report met: it is to
// be stored again, in a transaction of its own.
var ErrMoved = errors.New("a stored TLS report was replaced meanwhile")

// yields reports whether a stored report makes way for another one under its
// key: one that was chosen, and nobody can keep out a true one by forging its
// name first.
func (e existing) yields(in Incoming) bool {
	return e.content != in.Report.Digest && (in.Place != First || e.trust == Unvouched && in.Trust == Vouched)
}

// besideKey is the key of a report that counts beside another one of its key.
func besideKey(key, content [32]byte) [32]byte {
	return sha256.Sum256(append(key[:], content[:]...))
}

// Withdraw removes a report that counts beside another one, and returns what
// it was and which one counts under its key; zero when it counts alone.
func Withdraw(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (gone Former, counted ID, err error) {
	e, counted, err := findBeside(ctx, tx, org, id)
	if err != nil || counted == 0 {
		return gone, 0, err
	}
	if gone, err = former(ctx, tx, org, e); err != nil {
		return gone, 0, err
	}
	return gone, counted, remove(ctx, tx, org, id)
}

// meet settles a report whose key is taken. A copy that somebody vouches for
// vouches for what is stored.
func (s *Stored) meet(ctx context.Context, tx postgres.Tx, org org.ID, in Incoming, old existing) error {
	s.Outcome, s.ID, s.Receipt, s.Content, s.Former = Other, old.id, old.receipt, old.content, Former{}
	if old.content != in.Report.Digest {
		return nil
	}
	s.Outcome = Same
	if in.Trust != Vouched || old.trust == Vouched {
		return nil
	}
	return vouch(ctx, tx, org, old.id)
}

// entry is a policy of a report with whose it is.
type entry struct {
	*tlsrpt.Policy
	about  fqdn.Name  // "" = nobody says
	domain *domain.ID // nil = not watched
}

// entriesOf finds for each policy the watched domain: that of its policy
// domain or the nearest one above. A policy that names no domain is about the
// one that the mail says it reports on.
func entriesOf(in Incoming) []entry {
	asked, _ := fqdn.Parse(in.Asked) // without one it is about nothing we know
	entries := make([]entry, len(in.Report.Policies))
	for i := range entries {
		p := &in.Report.Policies[i]
		e := entry{Policy: p, about: p.Domain}
		if p.DomainSent == "" {
			e.about = asked
		}
		name, ok := fqdn.Nearest(e.about, func(n fqdn.Name) bool { _, known := in.Watched[n]; return known })
		if ok && !in.Aside[in.Watched[name]] {
			e.domain = new(in.Watched[name])
		}
		entries[i] = e
	}
	return entries
}

func anyWatched(entries []entry) bool {
	for _, e := range entries {
		if e.domain != nil {
			return true
		}
	}
	return false
}

// names lists what the entries are about.
func names(entries []entry) []fqdn.Name {
	var out []fqdn.Name
	seen := map[fqdn.Name]bool{"": true}
	for _, e := range entries {
		if !seen[e.about] && len(out) < maxDomains {
			seen[e.about] = true
			out = append(out, e.about)
		}
	}
	return out
}

// KeyDigest is the digest of what tells one report from another: type,
// reporter, domain, report id and period. Each part has its length in front.
// It is made from the document alone, so that copies meet whatever they came in.
func KeyDigest(r *tlsrpt.Report) [32]byte {
	var b []byte
	for _, part := range []string{"tls", r.OrgName, r.Domain().String(), r.ReportID} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	b = binary.BigEndian.AppendUint64(b, uint64(r.Begin))
	b = binary.BigEndian.AppendUint64(b, uint64(r.End))
	return sha256.Sum256(b)
}

// ReporterDomain groups reporters for display: the organizational domain of
// the contact address, or the name as sent where there is none.
func ReporterDomain(r *tlsrpt.Report) string {
	if _, host, ok := strings.Cut(r.ContactInfo, "@"); ok {
		if name, err := fqdn.Parse(host); err == nil && name.Organizational() != "" {
			return name.Organizational().String()
		}
	}
	name := []rune(r.OrgName)
	return string(name[:min(len(name), maxReporter)])
}

// maxReporter bounds a reporter's name where lists are grouped by it, in characters.
const maxReporter = 200

// DomainsAdded counts what stored reports say about domains that are watched
// from now on. It takes part in the transaction that adds them.
func DomainsAdded(ctx context.Context, tx postgres.Tx, org org.ID, added []fqdn.Name) error {
	all, err := domain.All(ctx, tx, org)
	if err != nil {
		return err
	}
	ids := make(map[fqdn.Name]domain.ID, len(all))
	for _, d := range all {
		ids[d.Name] = d.ID
	}
	// The longest first: an entry belongs to the nearest domain above it.
	added = slices.SortedFunc(slices.Values(added), func(a, b fqdn.Name) int { return len(b) - len(a) })
	for _, name := range added {
		if err := attach(ctx, tx, org, ids[name], name); err != nil {
			return err
		}
	}
	return nil
}
