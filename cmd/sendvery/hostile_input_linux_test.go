package main

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

const reportMailHead = "From: Reports <dmarc@receiver.example>\r\nTo: dmarc@example.com\r\n" +
	"Subject: Report Domain: example.com Submitter: receiver.example\r\nMessage-ID: <m-1@receiver.example>\r\nMIME-Version: 1.0\r\n"

// goodRecord is the record of parseReport.
var goodRecord = parseReport[strings.Index(parseReport, "<record>"):strings.Index(parseReport, "</feedback>")]

// around are the pieces of parseReport before and behind its record.
func around() (before, behind string) {
	before, behind, _ = strings.Cut(parseReport, goodRecord)
	return before, behind
}

// hostileInput is one input, written in pieces because it may be larger than
// this test should be, and what parse must say about it: "accepted" or the
// code of a refusal, each once in a row.
type hostileInput struct {
	name string
	data func(w *bufio.Writer)
	want []string
}

func (h *hostileInput) write(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := bufio.NewWriterSize(f, 1<<20)
	h.data(w)
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

// writeReport writes a report of n records.
func writeReport(t *testing.T, path string, n int, record func(i int) string) {
	t.Helper()
	h := hostileInput{data: func(w *bufio.Writer) { reportOf(w, "r-1", n, record) }}
	h.write(t, path)
}

// reportOf writes a report of n records under an id of its own.
func reportOf(w io.Writer, id string, n int, record func(i int) string) {
	before, behind := around()
	put(w, strings.Replace(before, "r-1", id, 1))
	for i := range n {
		put(w, record(i))
	}
	put(w, behind)
}

// put writes to a bufio.Writer, which tells at its end what went wrong.
func put(w io.Writer, s string) { _, _ = io.WriteString(w, s) }

func repeat(w io.Writer, s string, n int) {
	for range n {
		put(w, s)
	}
}

// text is an input that fits in memory many times over.
func text(s string) func(*bufio.Writer) { return func(w *bufio.Writer) { put(w, s) } }

// changedReport is parseReport with a piece replaced.
func changedReport(old, replacement string) func(*bufio.Writer) {
	if strings.Count(parseReport, old) != 1 {
		panic(old)
	}
	return text(strings.Replace(parseReport, old, replacement, 1))
}

// deflated is one piece of a deflate stream. Pieces that do not refer to
// others can be joined in any number, so that a bomb is made at no expense.
func deflated(s string) string {
	var b bytes.Buffer
	z, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	put(z, s)
	if err := z.Flush(); err != nil {
		panic(err)
	}
	return b.String()
}

const deflateEnd = "\x01\x00\x00\xff\xff"

// bomb writes gzip of head and n times fill. Its checksum is wrong, which
// nobody should get to see.
func bomb(w io.Writer, head, fill string, n int) {
	put(w, "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"+deflated(head))
	repeat(w, deflated(fill), n)
	put(w, deflateEnd+"checksum")
}

// zipFile is an entry of a zip archive: method and data as they stand in it.
type zipFile struct {
	name   string
	method uint16
	data   string
	size   uint64 // as declared, decompressed
}

func zipOf(files ...zipFile) string {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		e, err := w.CreateRaw(&zip.FileHeader{Name: f.name, Method: f.method, CompressedSize64: uint64(len(f.data)), UncompressedSize64: f.size})
		if err != nil {
			panic(err)
		}
		put(e, f.data)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.String()
}

// overlapping is a zip whose entries are one and the same body.
func overlapping(entries int, f zipFile) func(*bufio.Writer) {
	one := zipOf(f)
	dir, end := strings.Index(one, "PK\x01\x02"), strings.LastIndex(one, "PK\x05\x06")
	tail := []byte(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], uint16(entries))
	binary.LittleEndian.PutUint16(tail[10:], uint16(entries))
	binary.LittleEndian.PutUint32(tail[12:], uint32((end-dir)*entries))
	return func(w *bufio.Writer) {
		put(w, one[:dir])
		repeat(w, one[dir:end], entries)
		put(w, string(tail))
	}
}

// nested is a zip of zips, eight in each, as deep as is said.
func nested(depth int) string {
	inner := zipOf(zipFile{"r.xml", zip.Deflate, deflated("<feedback>"+strings.Repeat(" ", 10<<20)) + deflateEnd, 10<<20 + 10})
	for range depth {
		var eight []zipFile
		for i := range 8 {
			eight = append(eight, zipFile{fmt.Sprintf("%d.zip", i), zip.Store, inner, uint64(len(inner))})
		}
		inner = zipOf(eight...)
	}
	return inner
}

// mailOf writes a mail with one file attached in base64.
func mailOf(media, name string, data func(*bufio.Writer)) func(*bufio.Writer) {
	return func(w *bufio.Writer) {
		put(w, reportMailHead+"Content-Type: "+media+"; name=\""+name+"\"\r\nContent-Transfer-Encoding: base64\r\n\r\n")
		enc := base64.NewEncoder(base64.StdEncoding, w)
		inner := bufio.NewWriterSize(enc, 1<<16)
		data(inner)
		_, _ = inner.Flush(), enc.Close() // told by w
	}
}

func multipartMail(parts func(w *bufio.Writer)) func(*bufio.Writer) {
	return func(w *bufio.Writer) {
		put(w, reportMailHead+"Content-Type: multipart/mixed; boundary=b\r\n\r\n")
		parts(w)
	}
}

// silent is a server that nobody should call.
type silent struct {
	addr  string
	calls atomic.Int32
}

func (s *silent) called() bool { return s.calls.Load() > 0 }

func listen(t *testing.T) *silent {
	t.Helper()
	var lc net.ListenConfig
	l, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &silent{addr: "http://" + l.Addr().String()}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.calls.Add(1)
			_ = c.Close() // nothing was said
		}
	}()
	t.Cleanup(func() {
		_ = l.Close() // ends Accept
		<-done
	})
	return s
}
