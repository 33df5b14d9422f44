package mimepart

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"
)

// walkMail finds the parts of one mail and looks into each.
func (w *Walker) walkMail(src io.ReaderAt, size int64, at place) error {
	s := structure{in: &lines{}, limits: &w.limits, budget: &w.budget}
	if at.depth == 0 {
		// Only the outermost mail uses the kept buffers.
		s.in, s.parts = &w.in, w.parts
		defer func() { w.parts = s.parts[:0] }()
	}
	s.in.reset(w.budget.ctx, src, size)
	skipFromLine(s.in)
	if w.mail == nil {
		// That somebody gave us an archive does not make reports of all the
		// mails in it.
		at.evident = false
	}
	if at.depth > w.limits.Depth {
		return w.refused(at, at.evident, refuse(RefusedDepth, ""))
	}
	err := s.find()
	w.outcome.Failure = w.outcome.Failure || anyFailure(s.parts)
	if err != nil {
		at.evident = at.evident || anyEvident(s.parts)
		w.noted(at)
		return w.damage(at, err)
	}
	w.mail = s.parts[0].header.envelope.clean()
	markFeedback(s.parts)
	for i := range s.parts {
		p := &s.parts[i]
		if p.kind != leaf || isSample(s.parts, i) {
			continue
		}
		if r := w.budget.spent(); r != nil {
			if next := partPlace(p, at); w.passedOver(s.parts, i, next) {
				return w.refused(next, true, r)
			}
			continue
		}
		if err := w.part(src, s.parts, i, at); err != nil {
			return err
		}
	}
	if i := slices.IndexFunc(s.parts, partless); i >= 0 && w.outcome.NotReport() && evident(s.parts, i) {
		return w.refused(at, true, refuse(RefusedUnreadableMail, ""))
	}
	return nil
}

// partless tells a multipart in which no part begins, because it lacks its
// boundary or its header never ends.
func partless(p part) bool { return p.kind == leaf && strings.HasPrefix(p.media, "multipart/") }

// passedOver reports whether part i, which nothing is left for, must be told
// about: it is a report by its own name, or there is evidence of one in the
// mail and nothing was told yet.
func (w *Walker) passedOver(parts []part, i int, at place) bool {
	if at.expected {
		return true
	}
	told := w.outcome.Payloads+w.outcome.Refusals > 0
	return !told && !strings.HasPrefix(at.media, "text/") && (at.evident || evident(parts, i))
}

// skipFromLine skips the line that mbox files put before a mail.
func skipFromLine(in *lines) {
	if line := in.next(); !bytes.HasPrefix(line, []byte("From ")) && !bytes.HasPrefix(line, []byte(">From ")) {
		in.seek(0)
	}
}

// markFeedback finds failure reports that do not call themselves so: their
// sample must not be walked into, whatever it holds.
func markFeedback(parts []part) {
	for i := range parts {
		p := &parts[i]
		if p.kind != leaf || p.parent < 0 || parts[p.parent].isFeedback {
			continue
		}
		if p.media == "message/feedback-report" {
			parts[p.parent].isFeedback = true
		}
	}
}

// isSample tells the parts of the mail that a failure report is about.
func isSample(parts []part, i int) bool {
	sample := false
	for ; i >= 0; i = parts[i].parent {
		m := parts[i].media
		sample = sample || parts[i].kind == message || m == "text/rfc822-headers" || m == "message/rfc822" || m == "message/global"
		if up := parts[i].parent; sample && up >= 0 && parts[up].isFeedback {
			return true
		}
	}
	return false
}

// partPlace is the place of a leaf in the mail at the place at.
func partPlace(p *part, at place) place {
	name := p.header.fileName()
	at.media, at.name = p.media, name
	at.expected = reportName(name) || tlsMedia(p.media)
	if name != "" {
		at.label = strings.TrimPrefix(at.label+" › "+name, " › ")
	}
	return at
}

// part looks into one leaf.
func (w *Walker) part(src io.ReaderAt, parts []part, i int, at place) error {
	p := &parts[i]
	at = partPlace(p, at)
	at.evident = at.evident || evident(parts, i)
	open := func() (io.Reader, error) { return w.decoded(src, p, nil) }
	br := w.buffer(nil)
	defer w.free(br)
	r, err := w.decoded(src, p, br)
	if err != nil {
		return w.damage(at, err)
	}
	if !strings.HasPrefix(p.media, "text/") && p.media != "" {
		return w.leaf(src, parts, i, open, r, at)
	}
	return w.textPart(src, parts, i, open, r, at)
}

// textPart keeps prose from being taken for a report: text counts only when
// it is one from its first character on.
func (w *Walker) textPart(src io.ReaderAt, parts []part, i int, open opener, r io.Reader, at place) error {
	br := w.buffer(r)
	defer w.free(br)
	head, err := br.Peek(sniffed)
	if err != nil && !errors.Is(err, io.EOF) {
		return w.damage(at, err)
	}
	switch kind := sniff(head); kind {
	case plainNotice:
		w.outcome.Failure = true
		return w.refused(at, true, refuse(RefusedPlainTextNote, ""))
	case feedback, wholeMail:
		return nil
	case aggregate:
		if c := bytes.TrimLeft(head, " \t\r\n\xef\xbb\xbf\xff\xfe\x00"); len(c) > 0 && c[0] != '<' && at.name == "" {
			return nil
		}
	}
	return w.leaf(src, parts, i, open, br, at)
}

// leaf looks into a decoded part.
func (w *Walker) leaf(src io.ReaderAt, parts []part, i int, open opener, r io.Reader, at place) error {
	p := &parts[i]
	if p.parent < 0 || !parts[p.parent].isFeedback || p.media != "message/feedback-report" {
		return w.content(open, r, at)
	}
	w.outcome.Payloads++
	pay := &Payload{Kind: Feedback, Label: at.label, Mail: w.mail, Body: r, Reopen: open}
	for j := range parts {
		if parts[j].parent == p.parent && isSample(parts, j) {
			sample, err := w.sample(src, parts, j)
			if err != nil {
				return err
			}
			pay.Sample = sample
			break
		}
	}
	return stopping(w.visitor.Payload(pay))
}

// sample streams the header block of the reported mail.
func (w *Walker) sample(src io.ReaderAt, parts []part, i int) (io.Reader, error) {
	for j := i + 1; j < len(parts); j++ {
		if parts[i].kind == message && parts[j].parent == i {
			return io.NewSectionReader(src, parts[j].headFrom, parts[j].headlines-parts[j].headFrom), nil
		}
	}
	r, err := w.decoded(src, &parts[i], nil)
	if err != nil {
		return nil, err
	}
	return io.LimitReader(r, int64(w.limits.HeaderBytes)), nil
}

// decoded undoes the transfer encoding of a part. The declared encoding is
// checked against the bytes, because both mistakes occur: base64 without
// saying so, and raw bytes that are said to be base64. br is the buffer to
// use, nil to make one.
func (w *Walker) decoded(src io.ReaderAt, p *part, br *bufio.Reader) (io.Reader, error) {
	raw := io.NewSectionReader(src, p.from, p.to-p.from)
	if br == nil {
		br = bufio.NewReaderSize(raw, 32<<10)
	} else {
		br.Reset(raw)
	}
	head, err := br.Peek(64)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	encoding := strings.ToLower(p.header.encoding)
	text := bytes.TrimLeft(head, " \t\r\n")
	switch kind := sniff(text); {
	case kind == gzipped || kind == zipped || kind == unsupported,
		len(text) > 0 && (text[0] == '<' || text[0] == '{') && !strings.Contains(encoding, "quoted-printable"):
		return br, nil
	case strings.Contains(encoding, "base64"), !encoded(encoding) && base64Magic(text):
		return &base64Reader{src: br}, nil
	case strings.Contains(encoding, "quoted-printable"):
		return &qpReader{src: br}, nil
	}
	return br, nil
}

// base64Magic tells base64 of gzip, zip, "<?xml", "<feed" and JSON.
func base64Magic(text []byte) bool {
	for _, magic := range [...]string{"H4sI", "UEsD", "PD94bWw", "PGZlZWRi", "77u/PD94", "eyJ", "ewog", "ew0K", "N3q8ryc"} {
		if bytes.HasPrefix(text, []byte(magic)) {
			return true
		}
	}
	return false
}
