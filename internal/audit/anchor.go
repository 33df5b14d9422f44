package audit

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// anchor is the end of a chain at a time, signed. Kept where the database is
// not, it shows that the chain still begins with the events of that day.
type anchor struct {
	chain     chain
	Seq       int64
	At        time.Time
	MAC       []byte
	Key       string // of the signature
	Signature []byte
}

func (a anchor) message() []byte {
	return packed{}.text("sendvery audit anchor 1").text(string(a.chain.kind)).bytes(a.chain.id[:]).number(a.Seq).
		number(a.At.UnixMicro()).bytes(a.MAC).text(a.Key)
}

// name says which anchor it is.
func (a anchor) name() string { return "the anchor of " + a.At.UTC().Format("2 Jan 2006 15:04 UTC") }

// errHead is a head that somebody without the key has written.
var errHead = errors.New("its head was changed")

// anchored signs a head. One that was not written by us gets no anchor.
func (t *Trail) anchored(h head, at time.Time) (anchor, error) {
	if h.Seq == 0 || !t.Keys.Made(h.Proof, h.Key, h.message()) {
		return anchor{}, fmt.Errorf("the chain of %s: %w; sendvery audit verify says more", h.chain, errHead)
	}
	a := anchor{chain: h.chain, Seq: h.Seq, At: at.UTC().Truncate(time.Microsecond), MAC: h.MAC, Key: t.Keys.IDs()[0]}
	var err error
	a.Signature, err = t.Keys.Sum(a.Key, a.message())
	return a, err
}

// page is how many chains are looked at in one transaction.
const page = 500

// WriteAnchors writes an anchor of every chain, a line each, and a digest of
// the lines. Chains that cannot be anchored are in the error.
func (t *Trail) WriteAnchors(ctx context.Context, w io.Writer) error {
	out, now := newAnchorWriter(w), t.Now()
	var broken []error
	for _, k := range kinds {
		err := t.eachHead(ctx, k, heads, func(list []head) error {
			for _, h := range list {
				a, err := t.anchored(h, now)
				if err != nil {
					broken = append(broken, err)
				} else if err := out.add(a); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return errors.Join(append(broken, out.end())...)
}

// WriteOrgAnchors writes the daily anchors of an organization's chain, one of
// this moment, and a digest of the lines.
func (t *Trail) WriteOrgAnchors(ctx context.Context, org postgres.TenantID, w io.Writer) error {
	c := Event{Org: org}.chain()
	var list []anchor
	err := t.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		if list, err = anchorsOf(ctx, tx, c, keptAnchors); err != nil {
			return err
		}
		h, err := headOf(ctx, tx, c)
		if err != nil || h == nil {
			return err
		}
		a, err := t.anchored(*h, t.Now())
		list = append(list, a)
		return err
	})
	if err != nil {
		return err
	}
	out := newAnchorWriter(w)
	for _, a := range list {
		if !t.Keys.Made(a.Signature, a.Key, a.message()) {
			continue // verify names it; in a file it would spoil all others
		}
		if err := out.add(a); err != nil {
			return err
		}
	}
	return out.end()
}

// eachHead hands over the heads of a kind that choose chooses, page by page.
func (t *Trail) eachHead(ctx context.Context, k kind, choose chooser, each func([]head) error) error {
	var after *uid.ID[chain]
	for {
		var list []head
		err := t.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
			var err error
			list, err = choose(ctx, tx, k, after, page)
			return err
		})
		if err != nil || len(list) == 0 {
			return err
		}
		if err := each(list); err != nil {
			return err
		}
		after = &list[len(list)-1].chain.id
	}
}

// KeepAnchors is the job that anchors every head that moved since its last
// anchor, and forgets anchors whose time is over.
type KeepAnchors struct{}

// Kind implements work.Args.
func (KeepAnchors) Kind() string { return "keep_audit_anchors" }

// Anchors are kept for 400 days: a year and some time to look.
const (
	anchorLife  = 400 * 24 * time.Hour
	keptAnchors = 400
)

// KeepAnchors does a KeepAnchors job.
func (t *Trail) KeepAnchors(ctx context.Context, _ KeepAnchors) error {
	now := t.Now()
	var broken []error
	for _, k := range kinds {
		err := t.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
			return forgetAnchors(ctx, tx, k, now.Add(-anchorLife))
		})
		if err != nil {
			return err
		}
		err = t.eachHead(ctx, k, movedHeads, func(list []head) error {
			var fresh []anchor
			for _, h := range list {
				a, err := t.anchored(h, now)
				if err != nil {
					broken = append(broken, err)
					continue
				}
				fresh = append(fresh, a)
			}
			return t.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error { return keepAnchors(ctx, tx, k, fresh) })
		})
		if err != nil {
			return err
		}
	}
	if err := errors.Join(broken...); err != nil {
		return fault.Wrap(fault.Conflict, "The audit trail was changed from outside.", err)
	}
	return nil
}
