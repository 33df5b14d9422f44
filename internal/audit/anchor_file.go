package audit

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/uid"
)

// line is the anchor as it is exported.
func (a anchor) line() string {
	return fmt.Sprintf("%s %s %s %d %x %s %x\n", a.At.UTC().Format(time.RFC3339Nano), a.chain.kind, a.chain.id, a.Seq, a.MAC, a.Key, a.Signature)
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
	open := false // lines wait for their digest
	for lines.Scan() {
		n++
		line := lines.Text()
		if sum, ok := strings.CutPrefix(line, digestLine); ok {
			if sum != hex.EncodeToString(digest.Sum(nil)) {
				return nil, fmt.Errorf("line %d of the anchor: the digest is not that of the lines before it; one of them was changed, added or removed", n)
			}
			digest.Reset()
			open = false
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
		open = true
		all[a.chain] = append(all[a.chain], a)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read the anchor: %w", err)
	}
	if n == 0 {
		return nil, errors.New("the anchor is empty")
	}
	if open {
		return nil, errors.New("the anchor is cut off: it does not end with its digest")
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
