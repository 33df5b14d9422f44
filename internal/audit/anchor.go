package audit

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
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

// line is the anchor as it is exported.
func (a anchor) line() string {
	return fmt.Sprintf("%s %s %s %d %x %s %x\n", a.At.UTC().Format(time.RFC3339Nano), a.chain.kind, a.chain.id, a.Seq, a.MAC, a.Key, a.Signature)
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

// anchorWriter writes anchors and their digest.
type anchorWriter struct {
	w      io.Writer
	digest hash.Hash
}

func newAnchorWriter(w io.Writer) *anchorWriter {
	digest := sha256.New()
	return &anchorWriter{io.MultiWriter(w, digest), digest}
}

func (w *anchorWriter) add(a anchor) error {
	_, err := io.WriteString(w.w, a.line())
	return err
}

// digestLine begins the line that holds the SHA-256 of the lines before it.
const digestLine = "digest sha256 "

func (w *anchorWriter) end() error {
	_, err := fmt.Fprintf(w.w, "%s%x\n", digestLine, w.digest.Sum(nil))
	return err
}

// readAnchors reads what was exported, one export or several behind one
// another, and checks signatures and digests.
func (t *Trail) readAnchors(r io.Reader) (map[chain][]anchor, error) {
	all, digest := map[chain][]anchor{}, sha256.New()
	lines := bufio.NewScanner(r)
	n := 0
	for lines.Scan() {
		n++
		line := lines.Text()
		if sum, ok := strings.CutPrefix(line, digestLine); ok {
			if sum != hex.EncodeToString(digest.Sum(nil)) {
				return nil, fmt.Errorf("line %d of the anchor: the digest is not that of the lines before it; one of them was changed, added or removed", n)
			}
			digest.Reset()
			continue
		}
		a, err := parseAnchor(line)
		switch {
		case err != nil:
			return nil, fmt.Errorf("line %d of the anchor: %w", n, err)
		case !t.knows(a.Key):
			return nil, fmt.Errorf("line %d of the anchor is signed with the key %q, which AUDIT_KEYS lacks", n, a.Key)
		case !t.Keys.Made(a.Signature, a.Key, a.message()):
			return nil, fmt.Errorf("line %d of the anchor is not as it was signed", n)
		}
		digest.Write([]byte(line + "\n")) // never fails
		all[a.chain] = append(all[a.chain], a)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the anchor: %w", err)
	}
	if n == 0 {
		return nil, errors.New("the anchor is empty")
	}
	return all, nil
}

// errNoAnchor is a line that is none of an anchor.
var errNoAnchor = errors.New("this is not a line of an anchor")

func parseAnchor(line string) (a anchor, err error) {
	fields := strings.Fields(line)
	if len(fields) != 7 {
		return a, errNoAnchor
	}
	var errs [5]error
	a.chain.kind, a.Key = kind(fields[1]), fields[5]
	a.At, errs[0] = time.Parse(time.RFC3339Nano, fields[0])
	a.chain.id, errs[1] = uid.Parse[chain](fields[2])
	a.Seq, errs[2] = strconv.ParseInt(fields[3], 10, 64)
	a.MAC, errs[3] = hex.DecodeString(fields[4])
	a.Signature, errs[4] = hex.DecodeString(fields[6])
	if errors.Join(errs[:]...) != nil {
		return a, errNoAnchor
	}
	return a, nil
}
