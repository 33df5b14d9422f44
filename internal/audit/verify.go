package audit

import (
	"cmp"
	"context"
	"io"
	"maps"
	"slices"

	"sendvery.com/sendvery/internal/postgres"
)

// Break is the first place of a chain that is not as it was written.
type Break struct {
	Chain string // whose it is
	What  string // what happened, and to which event
}

// Verified is what Verify went through.
type Verified struct {
	Chains, Events int64
	Older          int64 // events from before there were chains, which nothing proves
}

// Verify goes along every chain and tells found of the first place in each
// that is not as it was written; anchors is what was exported at another time,
// or nil. Each chain is seen at one moment; it holds a few events at a time, and
// the anchors.
//
// It finds whatever was changed, deleted, inserted or reordered by somebody
// without the keys. Who puts an older state of a chain back, head and all, is
// found only by an anchor of a later day, and so is who has the keys and writes
// the chain anew.
func (t *Trail) Verify(ctx context.Context, anchors io.Reader, found func(Break)) (Verified, error) {
	v := &verifier{trail: t, ended: map[string]bool{}}
	if anchors != nil {
		var err error
		if v.anchors, err = t.readAnchors(anchors); err != nil {
			return v.Verified, err
		}
		for c := range v.anchors {
			v.ended[c.String()] = false
		}
	}
	if err := v.all(ctx); err != nil {
		return v.Verified, err
	}
	v.gone()
	for _, b := range v.broken {
		if !v.ended[b.Chain] {
			found(b)
		}
	}
	err := t.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		v.Older, err = countOlder(ctx, tx)
		return err
	})
	return v.Verified, err
}

// verifier is one run of Verify.
type verifier struct {
	Verified
	trail   *Trail
	anchors map[chain][]anchor // those of chains that were not met yet
	broken  []Break
	// ended says of the chains that are broken or in the anchors, by their names,
	// whether they ended in order: then they are being erased.
	ended map[string]bool
}

// all goes along every chain, the program's last: chains that end meanwhile are
// noted there.
func (v *verifier) all(ctx context.Context) error {
	program := false
	each := func(list []head) error {
		for _, h := range list {
			if h.chain == ofProgram {
				program = true
				continue
			}
			if err := v.chain(ctx, h.chain); err != nil {
				return err
			}
		}
		return nil
	}
	for _, k := range kinds {
		for _, choose := range []chooser{heads, headless} {
			if err := v.trail.eachHead(ctx, k, choose, each); err != nil {
				return err
			}
		}
	}
	if program {
		return v.chain(ctx, ofProgram)
	}
	return nil
}

// chain goes along one chain.
func (v *verifier) chain(ctx context.Context, c chain) error {
	w := &walk{trail: v.trail, chain: c, anchors: map[int64][]anchor{}, passed: func(r row) {
		if _, asked := v.ended[r.Subject]; asked && c == ofProgram && r.Action == endAction {
			v.ended[r.Subject] = true
		}
	}}
	for _, a := range v.anchors[c] {
		w.anchors[a.Seq] = append(w.anchors[a.Seq], a)
	}
	delete(v.anchors, c)
	var what string
	err := v.trail.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		if err := freeze(ctx, tx); err != nil {
			return err
		}
		var err error
		if w.head, err = headOf(ctx, tx, c); err != nil {
			return err
		}
		kept, err := anchorsOf(ctx, tx, c, keptAnchors)
		if err != nil {
			return err
		}
		for _, a := range kept {
			if !v.trail.Keys.Made(a.Signature, a.Key, a.message()) {
				w.forged = true // what it says of the chain counts for nothing
				continue
			}
			w.anchors[a.Seq] = append(w.anchors[a.Seq], a)
		}
		err = eachRow(ctx, tx, c, func(r row, sound bool) {
			v.Events++
			w.take(r, sound)
		})
		what = w.end()
		return err
	})
	v.Chains++
	if what != "" && err == nil {
		v.broken = append(v.broken, Break{Chain: c.String(), What: what})
		if _, asked := v.ended[c.String()]; !asked {
			v.ended[c.String()] = false
		}
	}
	return err
}

// gone finds the chains that anchors know and that are not there any more.
func (v *verifier) gone() {
	for _, c := range slices.SortedFunc(maps.Keys(v.anchors), chain.compare) {
		last := slices.MaxFunc(v.anchors[c], func(a, b anchor) int { return cmp.Compare(a.Seq, b.Seq) })
		v.broken = append(v.broken, Break{Chain: c.String(), What: events(1, last.Seq, "deleted") + " with the whole chain, which " + last.name() + " knows"})
	}
}
