// Package demo is the demonstration: three months of report mails about three
// domains, made from a seed, and a mail server on loopback that holds them.
// Development only.
//
// The story: example.org is busy and moves from p=none to p=quarantine half
// way. Two senders stand in the way of p=reject: a newsletter service signs
// badly until day 60, and one of its machines mostly still does; a machine in the
// office passes by nothing. One billing service passes by SPF alone;
// forwarders and a mailing list sit in between; someone spoofs. example.com is the quieter
// sister at p=none. example.net sends no mail, is at p=reject, and is spoofed.
// From day 60 on TLS reports come, too: example.org tests MTA-STS, enforces it
// from day 75 on, and lets a certificate expire for three days.
// Every address is from the documentation ranges (RFC 5737, RFC 3849); no
// sending domain exists (RFC 2606, RFC 6761). Reporters bear their real names,
// because their habits are the point.
package demo

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// Days is how long the story is at its first telling.
const Days = 90

// Seed makes the demonstration the same for everybody.
const Seed = 20260521

// Story fixes what is told: the same start and seed give the same mails, in
// the same order, whenever they are asked for; a later now only adds mails at
// the end. Whoever keeps a database across days keeps Start with it.
type Story struct {
	Start time.Time // its UTC day is day 0
	Seed  uint64
}

// Kind says what a mail of the story is there for.
type Kind string

// The kinds.
const (
	Report    Kind = "report"    // a good report, seen for the first time
	Duplicate Kind = "duplicate" // an earlier report again, perhaps in another container
	Conflict  Kind = "conflict"  // an earlier report's key with other counts
	Malformed Kind = "malformed" // a report that must be refused
	Ordinary  Kind = "ordinary"  // no report at all
	TLS       Kind = "tls"       // a TLS report
	Failure   Kind = "failure"   // a failure report about one mail
)

// Mail is one mail of the mailbox.
type Mail struct {
	Raw      []byte // RFC 5322, CRLF
	Received time.Time
	Kind     Kind
	Note     string // what is special about it; "" for good reports
}

// Totals of one policy domain over its first-seen, good reports.
type Totals struct {
	Reports, Records, Messages, Aligned int
}

// Sessions of one policy domain over its TLS reports.
type Sessions struct {
	Reports, Successful, Failed int
}

// Manifest is what a correct import of all mails finds.
type Manifest struct {
	Domains                                            map[string]Totals
	TLS                                                map[string]Sessions
	Duplicates, Conflicts, Refused, Ordinary, Failures int
}

// Reports tells the story of the Days days before now.
func Reports(now time.Time, seed uint64) ([]Mail, Manifest) {
	return Story{Start: now.UTC().AddDate(0, 0, -Days), Seed: seed}.Mails(now)
}

// Mails returns the mailbox at a time, oldest first: everything about the days
// from Start to the day before now. Arrival is never after now.
func (s Story) Mails(now time.Time) ([]Mail, Manifest) {
	t := newTeller(s)
	for d := t.day(0); !d.date.AddDate(0, 0, 1).After(now.UTC()); d = t.day(d.index + 1) {
		t.tell(d)
	}
	slices.SortStableFunc(t.mails, func(a, b Mail) int { return a.Received.Compare(b.Received) })
	for i := range t.mails {
		if t.mails[i].Received.After(now) {
			t.mails[i].Received = now // after sorting, so that order does not depend on now
		}
	}
	return t.mails, t.manifest
}

// teller collects the mails of a story.
type teller struct {
	story    Story
	start    time.Time
	pack     *packer
	mails    []Mail
	manifest Manifest
}

func newTeller(s Story) *teller {
	return &teller{
		story: s, start: s.Start.UTC().Truncate(24 * time.Hour), pack: newPacker(),
		manifest: Manifest{Domains: map[string]Totals{}, TLS: map[string]Sessions{}},
	}
}

// day is one day of the story.
type day struct {
	index int
	date  time.Time // midnight UTC
}

func (t *teller) day(index int) day {
	return day{index: index, date: t.start.AddDate(0, 0, index)}
}

// chance is a source of numbers that depends on the seed and the keys only, so
// that one part of the story does not shift when another changes.
func (t *teller) chance(keys ...uint64) *rand.Rand {
	h := uint64(14695981039346656037) // FNV-1a over the keys
	for _, k := range keys {
		h = (h ^ k) * 1099511628211
		h ^= h >> 29
	}
	return rand.New(rand.NewPCG(t.story.Seed, h)) // a story, no secret
}

// tell adds the mails about one day.
func (t *teller) tell(d day) {
	for i, r := range reporters {
		for j, dom := range domains {
			for half := range cmp.Or(r.perDay, 1) {
				rep, ok := t.observe(d, i, j, half)
				if !ok {
					continue // a reporter that saw nothing sends nothing
				}
				t.send(rep, r.arrival(d, t.chance(4, uint64(d.index), uint64(i), uint64(j), uint64(half))), Report, "")
				t.count(dom.name, rep)
			}
		}
	}
	t.tellOdd(d)
	t.tellTLS(d)
	t.tellFailure(d)
}

func (t *teller) count(domain string, rep report) {
	sum := t.manifest.Domains[domain]
	sum.Reports++
	sum.Records += len(rep.rows)
	for _, r := range rep.rows {
		sum.Messages += r.count
		if r.dkimAligned || r.spfAligned {
			sum.Aligned += r.count
		}
	}
	t.manifest.Domains[domain] = sum
}

// send packs a report as its reporter does and puts it into the mailbox.
func (t *teller) send(rep report, at time.Time, kind Kind, note string) {
	t.put(t.pack.mail(rep, document(rep), at, rep.reporter.shape), at, kind, note)
}

func (t *teller) put(raw []byte, at time.Time, kind Kind, note string) {
	t.mails = append(t.mails, Mail{Raw: raw, Received: at, Kind: kind, Note: note})
	switch kind {
	case Duplicate:
		t.manifest.Duplicates++
	case Conflict:
		t.manifest.Conflicts++
	case Malformed:
		t.manifest.Refused++
	case Ordinary:
		t.manifest.Ordinary++
	case Failure:
		t.manifest.Failures++
	}
}
