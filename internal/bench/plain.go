package main

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/xml"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"strings"
)

// plainFeedback is what a straightforward reader on encoding/xml looks like:
// the same fields, no checks, no limits. It is the baseline of the benchmarks.
type plainFeedback struct {
	Version  string `xml:"version"`
	Metadata struct {
		OrgName  string   `xml:"org_name"`
		Email    string   `xml:"email"`
		Contact  string   `xml:"extra_contact_info"`
		ReportID string   `xml:"report_id"`
		Begin    int64    `xml:"date_range>begin"`
		End      int64    `xml:"date_range>end"`
		Errors   []string `xml:"error"`
	} `xml:"report_metadata"`
	Policy struct {
		Domain string `xml:"domain"`
		ADKIM  string `xml:"adkim"`
		ASPF   string `xml:"aspf"`
		P      string `xml:"p"`
		SP     string `xml:"sp"`
		NP     string `xml:"np"`
		Pct    string `xml:"pct"`
		FO     string `xml:"fo"`
	} `xml:"policy_published"`
	Records []struct {
		SourceIP    string `xml:"row>source_ip"`
		Count       int64  `xml:"row>count"`
		Disposition string `xml:"row>policy_evaluated>disposition"`
		DKIM        string `xml:"row>policy_evaluated>dkim"`
		SPF         string `xml:"row>policy_evaluated>spf"`
		Reasons     []struct {
			Type    string `xml:"type"`
			Comment string `xml:"comment"`
		} `xml:"row>policy_evaluated>reason"`
		HeaderFrom   string `xml:"identifiers>header_from"`
		EnvelopeFrom string `xml:"identifiers>envelope_from"`
		EnvelopeTo   string `xml:"identifiers>envelope_to"`
		AuthDKIM     []struct {
			Domain   string `xml:"domain"`
			Selector string `xml:"selector"`
			Result   string `xml:"result"`
			Human    string `xml:"human_result"`
		} `xml:"auth_results>dkim"`
		AuthSPF []struct {
			Domain string `xml:"domain"`
			Scope  string `xml:"scope"`
			Result string `xml:"result"`
		} `xml:"auth_results>spf"`
	} `xml:"record"`
}

func plainXML(r io.Reader) (int, error) {
	var f plainFeedback
	err := xml.NewDecoder(r).Decode(&f)
	return len(f.Records), err
}

func plainGzip(data []byte) (int, error) {
	z, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	return plainXML(z)
}

func plainMail(data []byte) (int, error) {
	m, err := mail.ReadMessage(bytes.NewReader(data))
	if err != nil {
		return 0, err
	}
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return 0, err
	}
	parts := multipart.NewReader(m.Body, params["boundary"])
	for {
		p, err := parts.NextPart()
		if err != nil {
			return 0, err
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), "text/") {
			continue
		}
		z, err := gzip.NewReader(base64.NewDecoder(base64.StdEncoding, p))
		if err != nil {
			return 0, err
		}
		return plainXML(z)
	}
}
