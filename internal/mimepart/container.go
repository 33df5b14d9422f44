package mimepart

import (
	"bufio"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/klauspost/compress/flate"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zip"

	"sendvery.com/sendvery/internal/finding"
)

// gunzip opens a gzip stream and looks into it.
func (w *Walker) gunzip(open opener, br *bufio.Reader, at place) error {
	if w.budget.containers++; w.budget.containers > w.limits.Containers {
		w.budget.containers--
		return w.refused(at, at.evident, refuse(RefusedContainers, ""))
	}
	defer func() { w.budget.containers-- }()
	z := w.inflater()
	defer func() { w.unzips = append(w.unzips, z) }()
	members, err := w.members(br, z)
	if err != nil {
		return w.damage(at, err)
	}
	at.evident = at.evident || reportName(label(z.Name))
	again := func() (io.Reader, error) {
		r, err := open()
		if err != nil {
			return nil, err
		}
		return w.members(bufio.NewReaderSize(r, 32<<10), new(gzip.Reader))
	}
	at.inside = true
	return w.content(again, members, at)
}

func (w *Walker) inflater() *gzip.Reader {
	if n := len(w.unzips); n > 0 {
		z := w.unzips[n-1]
		w.unzips = w.unzips[:n-1]
		return z
	}
	return new(gzip.Reader)
}

// members joins the members of a gzip stream. What follows the last one is
// ignored when it is no member: its checksum was right (Mimecast appends CR
// LF).
type members struct {
	src *bufio.Reader
	z   *gzip.Reader
	b   *budget
	end error
}

func (w *Walker) members(src *bufio.Reader, z *gzip.Reader) (*members, error) {
	if err := z.Reset(src); err != nil {
		return nil, archiveError(err)
	}
	z.Multistream(false)
	return &members{src: src, z: z, b: &w.budget}, nil
}

func (m *members) Read(p []byte) (int, error) {
	for m.end == nil {
		n, err := m.z.Read(p)
		if over := m.b.charge(n); over != nil {
			m.end = over
			return 0, over
		}
		if errors.Is(err, io.EOF) {
			err = m.next()
		} else if err != nil {
			err = archiveError(err)
		}
		m.end = err
		if n > 0 {
			return n, nil
		}
	}
	return 0, m.end
}

// next goes on to the next member; io.EOF when there is none.
func (m *members) next() error {
	magic, err := m.src.Peek(3)
	if err != nil || magic[0] != 0x1f || magic[1] != 0x8b || magic[2] != 8 {
		if err != nil && !errors.Is(err, io.EOF) {
			return archiveError(err)
		}
		return io.EOF
	}
	if err := m.z.Reset(m.src); err != nil {
		return archiveError(err)
	}
	m.z.Multistream(false)
	return nil
}

// archiveError names what is wrong with an archive; errors of the layers
// below pass.
func archiveError(err error) error {
	var corrupt flate.CorruptInputError
	var internal flate.InternalError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF):
		return refuse(RefusedTruncated, "")
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, zip.ErrChecksum):
		return refuse(RefusedChecksum, "")
	case errors.Is(err, zip.ErrAlgorithm):
		return refuse(RefusedMethod, "")
	case errors.Is(err, gzip.ErrHeader), errors.Is(err, zip.ErrFormat), errors.As(err, &corrupt), errors.As(err, &internal):
		return refuse(RefusedDamaged, "")
	}
	return err
}

// directoryBytes bounds what is read of a zip's central directory, for each
// entry allowed, before their number is known: all of them fit many times
// over, while a directory of a million entries would fill the memory.
const directoryBytes = 5 << 10

// metered fails when more than left bytes are read.
type metered struct {
	r    io.ReaderAt
	left int64 // negative: no bound
}

var errMetered = errors.New("archive directory too large")

func (m *metered) ReadAt(p []byte, off int64) (int, error) {
	if m.left >= 0 {
		if m.left -= int64(len(p)); m.left < 0 {
			return 0, errMetered
		}
	}
	return m.r.ReadAt(p, off)
}

// unzip opens a zip archive and looks into each of its files.
func (w *Walker) unzip(src io.ReaderAt, size int64, at place) error {
	if w.budget.containers++; w.budget.containers > w.limits.Containers {
		w.budget.containers--
		return w.refused(at, at.evident, refuse(RefusedContainers, ""))
	}
	defer func() { w.budget.containers-- }()
	meter := &metered{r: src, left: int64(w.limits.Entries) * directoryBytes}
	z, err := zip.NewReader(meter, size)
	if errors.Is(err, errMetered) {
		at.evident = at.evident || reportName(firstName(src))
		return w.refused(at, at.evident, refuse(RefusedEntries, ""))
	}
	if err != nil {
		return w.brokenZip(src, size, at, err)
	}
	meter.left = -1
	if len(z.File) > w.limits.Entries {
		return w.unread(z.File, at, refuse(RefusedEntries, ""))
	}
	for i, f := range z.File {
		if r := w.budget.spent(); r != nil {
			if at.evident {
				return nil // told when it was spent
			}
			return w.unread(z.File[i:], at, r)
		}
		if err := w.entry(f, at); err != nil {
			return err
		}
	}
	return nil
}

// unread refuses files that are not looked into, if only by their names there
// is evidence of a report among them.
func (w *Walker) unread(files []*zip.File, at place, r *finding.Refusal) error {
	at.evident = at.evident || slices.ContainsFunc(files, func(f *zip.File) bool { return reportName(label(f.Name)) })
	return w.refused(at, at.evident, r)
}

// brokenZip tells a cut archive from a damaged one by the record at its end.
func (w *Walker) brokenZip(src io.ReaderAt, size int64, at place, err error) error {
	named := archiveError(err)
	if errors.Is(err, zip.ErrFormat) && !zipTail(Source{ReaderAt: src, Size: size}) {
		named = refuse(RefusedTruncated, "")
	}
	at.evident = at.evident || reportName(firstName(src))
	return w.damage(at, named)
}

func (w *Walker) entry(f *zip.File, at place) error {
	if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 || strings.HasPrefix(f.Name, "__MACOSX/") {
		return nil
	}
	at = at.enter(label(f.Name))
	if w.budget.entries++; w.budget.entries > w.limits.Entries {
		return w.refused(at, at.evident, refuse(RefusedEntries, ""))
	}
	looked := at.evident && (w.mail == nil || at.name == "" || interestingName(at.name))
	switch {
	case f.Flags&1 != 0:
		return w.refused(at, looked, refuse(RefusedEncrypted, at.name))
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return w.refused(at, looked, refuse(RefusedMethod, methodName(f.Method)))
	}
	open := func() (io.Reader, error) {
		rc, err := f.Open()
		if err != nil {
			return nil, archiveError(err)
		}
		return &entryReader{rc, &w.budget}, nil
	}
	r, err := open()
	if err != nil {
		return w.damage(at, err)
	}
	return w.content(open, r, at)
}

// entryReader charges and names errors; the file is closed at its end.
type entryReader struct {
	rc io.ReadCloser
	b  *budget
}

func (e *entryReader) Read(p []byte) (int, error) {
	n, err := e.rc.Read(p)
	if over := e.b.charge(n); over != nil {
		return 0, over
	}
	if err != nil && !errors.Is(err, io.EOF) {
		err = archiveError(err)
	}
	return n, err
}

func methodName(m uint16) string {
	switch m {
	case 9:
		return "Deflate64"
	case 12:
		return "bzip2"
	case 14:
		return "LZMA"
	case 93:
		return "Zstandard"
	case 95:
		return "xz"
	case 98:
		return "PPMd"
	case 99:
		return "AES encryption"
	}
	return ""
}

// zipTail looks for the record at the end of a zip archive, which may be
// followed by a comment or rubbish of up to 64 KB. It finds archives behind a
// prefix that hides their first bytes.
func zipTail(src Source) bool {
	n := min(src.Size, 66<<10)
	tail := make([]byte, n)
	got, err := src.ReadAt(tail, src.Size-n)
	if err != nil && !errors.Is(err, io.EOF) {
		return false
	}
	return strings.Contains(string(tail[:got]), "PK\x05\x06")
}
