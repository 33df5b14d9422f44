package demo

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// shape is how a reporter wraps a report into a mail.
type shape string

const (
	wholeZip    shape = "whole mail, zip"
	wholeGzip   shape = "whole mail, gzip with a CR LF tail"
	mixedGzip   shape = "mixed, gzip"
	mixedZip    shape = "mixed, zip"
	mixedOctets shape = "mixed, gzip as octet-stream"
	mixedXML    shape = "mixed, bare xml"
	relatedGzip shape = "mixed, related, alternative, gzip as octet-stream"
)

// packer makes mails; it keeps one compressor, which is dear to make anew.
type packer struct{ gz *gzip.Writer }

func newPacker() *packer {
	gz, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic("demo: " + err.Error()) // the level is a constant
	}
	return &packer{gz: gz}
}

// mail wraps a document that belongs to a report, signed as its reporter does.
func (p *packer) mail(rep report, doc []byte, at time.Time, s shape) []byte {
	mail := p.unsigned(rep, doc, at, s)
	if rep.reporter.unsigned {
		return mail
	}
	return sign(rep.reporter.domain(), mail)
}

func (p *packer) unsigned(rep report, doc []byte, at time.Time, s shape) []byte {
	file := fmt.Sprintf("%s!%s!%d!%d", strings.ReplaceAll(rep.reporter.submitter, " ", ""), rep.domain.name, rep.begin.Unix(), rep.end.Unix())
	switch s {
	case wholeZip:
		return p.whole(rep, at, "application/zip", file+".zip", p.zip(file+".xml", doc))
	case wholeGzip:
		return p.whole(rep, at, "application/gzip", file+".xml.gz", append(p.gzip(doc), "\r\n"...))
	case mixedZip:
		return p.mixed(rep, at, "application/zip", file+".zip", p.zip(file+".xml", doc))
	case mixedOctets:
		return p.mixed(rep, at, "application/octet-stream", file+".xml.gz", p.gzip(doc))
	case mixedXML:
		return p.mixed(rep, at, "text/xml", file+".xml", doc)
	case relatedGzip:
		return p.related(rep, at, file+".xml.gz", p.gzip(doc))
	default:
		return p.mixed(rep, at, "application/gzip", file+".xml.gz", p.gzip(doc))
	}
}

func (p *packer) gzip(doc []byte) []byte {
	var buf bytes.Buffer
	p.gz.Reset(&buf)
	_, _ = p.gz.Write(doc) // a buffer takes everything
	_ = p.gz.Close()
	return buf.Bytes()
}

func (p *packer) zip(name string, doc []byte) []byte {
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create(name)
	if err != nil {
		panic("demo: zip in memory: " + err.Error())
	}
	_, _ = w.Write(doc)
	_ = z.Close()
	return buf.Bytes()
}

// header writes the fields that all report mails have.
func header(rep report, at time.Time) *bytes.Buffer {
	r := rep.reporter
	sum := fnv.New64a()
	_, _ = fmt.Fprintf(sum, "%s %s %s %d", r.org, rep.domain.name, rep.id, at.Unix())
	buf := &bytes.Buffer{}
	fmt.Fprintf(buf, "Return-Path: <%s>\r\n", r.from)
	fmt.Fprintf(buf, "Received: from %s (%s [192.0.2.%d])\r\n\tby mx.example.org with ESMTPS id %x\r\n\tfor <dmarc@%s>; %s\r\n",
		r.host(), r.host(), 128+sum.Sum64()%100, sum.Sum64()>>20, rep.domain.name, at.Format(time.RFC1123Z))
	fmt.Fprintf(buf, "From: %s\r\nTo: dmarc@%s\r\n", r.from, rep.domain.name)
	fmt.Fprintf(buf, "Subject: Report Domain: %s Submitter: %s\r\n Report-ID: <%s>\r\n", rep.domain.name, r.submitter, rep.id)
	fmt.Fprintf(buf, "Date: %s\r\nMessage-ID: <%016x@%s>\r\nMIME-Version: 1.0\r\n", at.Format(time.RFC1123Z), sum.Sum64(), r.host())
	return buf
}

func (p *packer) whole(rep report, at time.Time, media, file string, data []byte) []byte {
	buf := header(rep, at)
	attach(buf, media, file, data)
	return buf.Bytes()
}

const boundary = "=_part_7f3a1c"

func (p *packer) mixed(rep report, at time.Time, media, file string, data []byte) []byte {
	buf := header(rep, at)
	fmt.Fprintf(buf, "Content-Type: multipart/mixed; boundary=\"%s\"\r\n\r\nThis is a multi-part message in MIME format.\r\n\r\n--%s\r\n", boundary, boundary)
	fmt.Fprintf(buf, "Content-Type: text/plain; charset=\"us-ascii\"\r\n\r\nThis is an aggregate report from %s.\r\n\r\n--%s\r\n", rep.reporter.org, boundary)
	attach(buf, media, file, data)
	fmt.Fprintf(buf, "--%s--\r\n", boundary)
	return buf.Bytes()
}

// related nests as Microsoft does: the text lies three levels deep, with an
// empty plain part beside it, and the report one level down.
func (p *packer) related(rep report, at time.Time, file string, data []byte) []byte {
	buf := header(rep, at)
	outer, inner, text := boundary+"_mix", boundary+"_rel", boundary+"_alt"
	fmt.Fprintf(buf, "Content-Type: multipart/mixed;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", outer, outer)
	fmt.Fprintf(buf, "Content-Type: multipart/related;\r\n boundary=\"%s\"\r\n\r\n--%s\r\n", inner, inner)
	fmt.Fprintf(buf, "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n\r\n--%s\r\nContent-Type: text/plain\r\n\r\n\r\n--%s\r\n", text, text, text)
	fmt.Fprintf(buf, "Content-Type: text/html; charset=us-ascii\r\nContent-Transfer-Encoding: 7bit\r\n\r\n<div>This is a DMARC aggregate report from Microsoft Corporation.</div>\r\n--%s--\r\n\r\n--%s--\r\n\r\n--%s\r\n", text, inner, outer)
	attach(buf, "application/octet-stream", file, data)
	fmt.Fprintf(buf, "--%s--\r\n", outer)
	return buf.Bytes()
}

// attach writes a part's fields and body: base64, or as it is for XML.
func attach(buf *bytes.Buffer, media, file string, data []byte) {
	fmt.Fprintf(buf, "Content-Type: %s; name=\"%s\"\r\nContent-Disposition: attachment; filename=\"%s\"\r\n", media, file, file)
	if media == "text/xml" {
		buf.WriteString("Content-Transfer-Encoding: 7bit\r\n\r\n")
		buf.Write(bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n")))
		buf.WriteString("\r\n")
		return
	}
	buf.WriteString("Content-Transfer-Encoding: base64\r\n\r\n")
	const line = 76
	for code := base64.StdEncoding.EncodeToString(data); code != ""; {
		n := min(line, len(code))
		buf.WriteString(code[:n] + "\r\n")
		code = code[n:]
	}
	buf.WriteString("\r\n")
}
