package audit

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
)

// walk goes along one chain, event by event, and finds the first that is not
// as it was written. It holds a few events at a time.
type walk struct {
	trail   *Trail
	chain   chain
	head    *head              // nil: there is none
	anchors map[int64][]anchor // by the number of the event that they name
	forged  bool               // one that is kept here was not signed by us
	passed  func(row)          // is told of each event that is as it was written

	last  int64  // number of the last event that is
	mac   []byte // and its code
	found string // what is wrong; "" = nothing so far

	suspect *row // does not fit; what follows shows what it is
	before  row  // the one before the present one, once there is a suspect
}

// take looks at the next event of the chain; sound is whether it could be read.
func (w *walk) take(r row, sound bool) {
	next := w.last + 1
	switch {
	case w.found != "":
	case w.suspect != nil:
		w.identify(r, sound)
	case r.Seq > next:
		w.found = events(next, r.Seq-1, "deleted")
	case w.head != nil && r.Seq > w.head.Seq:
		w.found = fmt.Sprintf("event %d stands behind the end of the chain: it was inserted, or the end was set back", r.Seq)
	case !w.trail.knows(r.Key):
		w.found = fmt.Sprintf("event %d is signed with the key %q, which AUDIT_KEYS lacks", r.Seq, r.Key)
	case !sound:
		w.found = events(next, next, "changed")
	case !w.fits(r, next, w.mac):
		w.suspect, w.before = &r, r
	default:
		w.pass(r)
	}
}

func (w *walk) pass(r row) {
	w.last, w.mac = r.Seq, r.MAC
	for _, a := range w.anchors[r.Seq] {
		if !bytes.Equal(a.MAC, r.MAC) {
			w.found = fmt.Sprintf("event %d is not the one that %s names: the chain was written anew from there or before", r.Seq, a.name())
			return
		}
	}
	if w.passed != nil {
		w.passed(r)
	}
}

// identify tells from an event behind the suspect what became of that.
func (w *walk) identify(r row, sound bool) {
	s := *w.suspect
	switch {
	case !sound:
	case r.Seq == s.Seq+1 && (w.fits(r, r.Seq, s.MAC) || w.fits(r, r.Seq, w.code(s))):
		w.found = events(s.Seq, s.Seq, "changed")
	case r.Seq == s.Seq+1 && w.closedUp(r) > 0:
		w.found = events(s.Seq, s.Seq+w.closedUp(r)-1, "deleted") + " and the rest numbered anew"
	case w.fits(r, s.Seq, w.mac): // it is the one that belongs where the suspect is
		behind := w.before.MAC
		if r.Seq == s.Seq+1 {
			behind = r.MAC
		}
		if w.fits(s, r.Seq, behind) {
			w.found = fmt.Sprintf("event %d was reordered: it and event %d stand in each other's place", s.Seq, r.Seq)
		} else {
			w.found = fmt.Sprintf("event %d was inserted or moved there: the one that belongs there is now event %d", s.Seq, r.Seq)
		}
	}
	w.before = r
}

// closedUp is by how many numbers the suspect and r, the event behind it, were
// moved up; 0 when they were not, or by more than a thousand.
func (w *walk) closedUp(r row) int64 {
	for by := range int64(1000) {
		if w.fits(r, r.Seq+by+1, w.suspect.MAC) {
			return by + 1
		}
	}
	return 0
}

// end looks at the end of the chain and returns what is wrong with it all; "" =
// nothing.
func (w *walk) end() string {
	switch {
	case w.found != "":
	case w.suspect != nil:
		w.found = w.unidentified()
	case w.head == nil:
		w.found = "the head of the chain was deleted"
	case !w.sealed():
		w.found = "the head of the chain was changed"
	case w.head.Seq > w.last:
		w.found = events(w.last+1, w.head.Seq, "cut off")
	case w.head.Seq == w.last && !bytes.Equal(w.head.MAC, w.mac):
		w.found = "the head of the chain was changed"
	case w.forged:
		w.found = "an anchor that is kept here is not as it was signed, or its key is not in AUDIT_KEYS"
	default:
		if seq := slices.Max(append(slices.Collect(maps.Keys(w.anchors)), w.last)); seq > w.last {
			w.found = events(w.last+1, seq, "cut off") + ", which " + w.anchors[seq][0].name() + " knows"
		}
	}
	return w.found
}

// unidentified is what is wrong with a suspect that nothing behind it explains.
func (w *walk) unidentified() string {
	s := *w.suspect
	if w.head != nil && w.head.Seq == s.Seq && (bytes.Equal(w.head.MAC, s.MAC) || bytes.Equal(w.head.MAC, w.code(s))) {
		return events(s.Seq, s.Seq, "changed")
	}
	return fmt.Sprintf("event %d was changed, or events before it were deleted and all behind them numbered anew", s.Seq)
}

// sealed reports whether the head is one that we wrote.
func (w *walk) sealed() bool {
	return w.head.Seq > 0 && w.trail.Keys.Made(w.head.Proof, w.head.Key, w.head.message())
}

// fits reports whether an event was written at the place seq, behind the one
// with the code previous.
func (w *walk) fits(r row, seq int64, previous []byte) bool {
	return w.trail.Keys.Made(r.MAC, r.Key, r.message(w.chain, seq, previous))
}

// code is the one that an event would have where it stands now.
func (w *walk) code(r row) []byte {
	sum, err := w.trail.Keys.Sum(r.Key, r.message(w.chain, r.Seq, w.mac))
	if err != nil {
		return nil // fits nothing
	}
	return sum
}

func (t *Trail) knows(key string) bool { return slices.Contains(t.Keys.IDs(), key) }

// events says what became of the events from one number to another.
func events(from, to int64, what string) string {
	if from == to {
		return fmt.Sprintf("event %d was %s", from, what)
	}
	return fmt.Sprintf("events %d to %d were %s", from, to, what)
}
