package audit

import (
	"cmp"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// kind is whose a chain is.
type kind string

const (
	ofOrg    kind = "organization"
	ofPerson kind = "person"
)

// kinds are all of them.
var kinds = [...]kind{ofOrg, ofPerson}

// chain is one chain of events.
type chain struct {
	kind kind
	id   uid.ID[chain] // of the organization or person
}

// ofProgram is the chain of what belongs neither to an organization nor to a
// person.
var ofProgram = chain{kind: ofPerson}

// String says whose the chain is.
func (c chain) String() string {
	if c == ofProgram {
		return "the program itself"
	}
	return string(c.kind) + " " + c.id.String()
}

func (c chain) compare(other chain) int {
	return cmp.Or(cmp.Compare(c.kind, other.kind), cmp.Compare(c.id.String(), other.id.String()))
}

func (e Event) chain() chain {
	if e.Org.IsZero() {
		return chain{ofPerson, uid.ID[chain](e.Person)}
	}
	return chain{ofOrg, uid.ID[chain](e.Org)}
}

// head is the end of a chain. One without events has the number 0.
type head struct {
	chain chain
	Seq   int64  // number of the last event
	MAC   []byte // and its code
	Key   string // that both codes were made with
	Proof []byte // code of the head itself
}

// row is an event as it is stored.
type row struct {
	Seq     int64
	At      time.Time
	Person  *postgres.PersonID
	Action  string
	Subject string
	Detail  map[string]string
	Key     string
	MAC     []byte
}

// message is what the code of an event is over: everything that is stored of
// it, at the place seq of a chain, behind the event with the code previous.
func (r row) message(c chain, seq int64, previous []byte) []byte {
	m := packed{}.text("sendvery audit event 1").text(string(c.kind)).bytes(c.id[:]).number(seq).bytes(previous).text(r.Key)
	if r.Person == nil {
		m = m.text("")
	} else {
		m = m.bytes(r.Person[:])
	}
	m = m.text(r.Action).text(r.Subject).number(r.At.UnixMicro())
	if r.Detail == nil {
		return m
	}
	m = m.number(int64(len(r.Detail)))
	for _, name := range slices.Sorted(maps.Keys(r.Detail)) {
		m = m.text(name).text(r.Detail[name])
	}
	return m
}

// message is what the proof of a head is over.
func (h head) message() []byte {
	return packed{}.text("sendvery audit head 1").text(string(h.chain.kind)).bytes(h.chain.id[:]).number(h.Seq).bytes(h.MAC).text(h.Key)
}

// packed is parts of a message, each behind its length, so that no two
// messages look alike.
type packed []byte

func (p packed) bytes(b []byte) packed {
	return append(binary.BigEndian.AppendUint32(p, uint32(len(b))), b...)
}

func (p packed) text(s string) packed { return p.bytes([]byte(s)) }

func (p packed) number(n int64) packed {
	return p.bytes(binary.BigEndian.AppendUint64(nil, uint64(n)))
}
