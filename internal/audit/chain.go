package audit

import (
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
	ofPerson kind = "person" // the program's own has the id of zeros
)

// chain is one chain of events.
type chain struct {
	kind kind
	id   uid.ID[chain] // of the organization or person
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
	Seq   int64  `db:"seq"`    // number of the last event
	MAC   []byte `db:"mac"`    // and its code
	Key   string `db:"key_id"` // that both codes were made with
	Proof []byte `db:"proof"`  // code of the head itself
}

// row is an event as it is stored.
type row struct {
	Seq     int64              `db:"seq"`
	At      time.Time          `db:"at"`
	Person  *postgres.PersonID `db:"person_id"`
	Action  string             `db:"action"`
	Subject string             `db:"subject"`
	Detail  map[string]string  `db:"detail"`
	Key     string             `db:"key_id"`
	MAC     []byte             `db:"mac"`
}

// message is what the code of an event is over: everything that is stored of
// it, and its place, behind the event with the code previous.
func (r row) message(c chain, previous []byte) []byte {
	m := packed{}.text("sendvery audit event 1").text(string(c.kind)).bytes(c.id[:]).number(r.Seq).bytes(previous).text(r.Key)
	if r.Person == nil {
		m = m.text("")
	} else {
		m = m.bytes(r.Person[:])
	}
	m = m.text(r.Action).text(r.Subject).number(r.At.UnixMicro()).number(int64(len(r.Detail)))
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
