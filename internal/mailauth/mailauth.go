// Package mailauth says who a mail comes from: by the Authentication-Results
// of a receiving server that is trusted (RFC 8601), else by its DKIM
// signatures (RFC 6376), with keys from DNS.
package mailauth

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"io"
	"net/mail"
	"strings"

	"github.com/emersion/go-msgauth/dkim"

	"sendvery.com/sendvery/internal/authres"
	"sendvery.com/sendvery/internal/fqdn"
)

// Method is how a mail was checked.
type Method string

// The methods.
const (
	ByHeader Method = "header" // the receiving server says so
	ByDKIM   Method = "dkim"   // we verified a signature
)

// Result is what the check came to.
type Result string

// The results. Only Pass passes: it says that the mail comes from a domain of
// the same organization as its From address (RFC 9989 section 4.10).
const (
	Pass      Result = "pass"
	Fail      Result = "fail"      // signed, or checked by SPF, and not by the From address's organization, or broken
	None      Result = "none"      // nothing to check
	TempError Result = "temperror" // DNS did not answer
)

// Verdict is who a mail comes from.
type Verdict struct {
	Method Method
	Result Result
	Domain fqdn.Name // that vouches for it; empty unless Result is Pass
}

// Checker checks mails. It is safe for concurrent use.
type Checker struct {
	// LookupTXT returns the TXT records of a name, as dns.Resolver does; nil
	// when DNS may not be asked: then only trusted headers count.
	LookupTXT func(ctx context.Context, name string) ([]string, error)
	// Temporary reports whether a failed look-up says nothing about the name.
	Temporary func(error) bool
}

// maxSignatures bounds how many signatures of one mail are verified.
const maxSignatures = 5

// Check says who a mail comes from. trusted is the authserv-id of the server
// that took it in: only the topmost Authentication-Results field with that id
// counts; "-" stands for a server that writes none, and "" for none that is
// trusted. The verdict is nil when nothing may be asked.
func (c *Checker) Check(ctx context.Context, src io.ReaderAt, size int64, trusted string) *Verdict {
	if trusted == "" && c.LookupTXT == nil {
		return nil
	}
	read := func() io.Reader { return io.NewSectionReader(src, 0, size) }
	head, err := mail.ReadMessage(bufio.NewReader(io.LimitReader(read(), maxHeader)))
	if err != nil {
		return c.unreadable()
	}
	from := fromDomain(head.Header)
	if trusted != "" {
		if v := byHeader(head.Header["Authentication-Results"], trusted, from); v != nil {
			return v
		}
	}
	if c.LookupTXT == nil {
		return nil
	}
	v := c.byDKIM(ctx, read(), from)
	return &v
}

// maxHeader bounds what is read to find the header fields.
const maxHeader = 256 << 10

func (c *Checker) unreadable() *Verdict {
	if c.LookupTXT == nil {
		return nil
	}
	return &Verdict{Method: ByDKIM, Result: None}
}

// fromDomain is the domain of the only From address, empty when there is none
// or several.
func fromDomain(h mail.Header) fqdn.Name {
	list, err := h.AddressList("From")
	if err != nil || len(list) != 1 || len(h["From"]) != 1 {
		return ""
	}
	address := list[0].Address
	name, err := fqdn.Parse(address[strings.LastIndexByte(address, '@')+1:])
	if err != nil {
		return ""
	}
	return name
}

// byHeader takes the word of the receiving server; nil when it says nothing.
func byHeader(fields []string, trusted string, from fqdn.Name) *Verdict {
	for _, field := range fields {
		r, err := authres.Parse(field)
		if err != nil {
			return nil // it may be the trusted server's: what is below it is anybody's
		}
		if r.AuthservID != strings.ToLower(trusted) && (trusted != "-" || r.AuthservID != "") {
			continue
		}
		v := judge(r.Results, from)
		return &v
	}
	return nil
}

// judge looks for a pass of the From address's organization. What the server
// says about DMARC decides, where it says anything.
func judge(results []authres.Result, from fqdn.Name) Verdict {
	v := Verdict{Method: ByHeader, Result: None}
	for _, r := range results {
		if r.Method == "dmarc" && r.Value != "none" {
			return passed(r.Value, r.Properties["header.from"], from)
		}
	}
	for _, r := range results {
		if r.Value == "none" || r.Method != "dkim" && r.Method != "spf" {
			continue
		}
		claimed := r.Properties["smtp.mailfrom"]
		if r.Method == "dkim" {
			claimed = cmp.Or(r.Properties["header.d"], r.Properties["header.i"])
		}
		if v = passed(r.Value, claimed, from); v.Result == Pass {
			return v
		}
	}
	return v
}

// passed judges one result about an address or a domain.
func passed(value, claimed string, from fqdn.Name) Verdict {
	name, err := fqdn.Parse(claimed[strings.LastIndexByte(claimed, '@')+1:])
	if err == nil && value == "pass" && aligned(name, from) {
		return Verdict{Method: ByHeader, Result: Pass, Domain: name}
	}
	return Verdict{Method: ByHeader, Result: Fail}
}

// aligned compares a domain with that of the From address: of one
// organization, or equal where the organization is not known.
func aligned(name, from fqdn.Name) bool {
	own := name.Organizational()
	return name == from && from != "" || own != "" && own == from.Organizational()
}

// byDKIM verifies the signatures.
func (c *Checker) byDKIM(ctx context.Context, src io.Reader, from fqdn.Name) Verdict {
	temporary := false
	signatures, err := dkim.VerifyWithOptions(src, &dkim.VerifyOptions{
		MaxVerifications: maxSignatures,
		LookupTXT: func(name string) ([]string, error) {
			records, err := c.LookupTXT(ctx, name)
			if err != nil && c.Temporary(err) {
				return nil, temporaryError{err}
			}
			return records, err
		},
	})
	if err != nil && !errors.Is(err, dkim.ErrTooManySignatures) {
		return Verdict{Method: ByDKIM, Result: Fail}
	}
	v := Verdict{Method: ByDKIM, Result: None}
	for _, s := range signatures {
		if name, err := fqdn.Parse(s.Domain); err == nil && s.Err == nil && aligned(name, from) {
			return Verdict{Method: ByDKIM, Result: Pass, Domain: name}
		}
		temporary = temporary || dkim.IsTempFail(s.Err)
		v.Result = Fail
	}
	if temporary {
		v.Result = TempError
	}
	return v
}

// temporaryError is a look-up that may succeed later, as the verifier knows it.
type temporaryError struct{ error }

// Temporary and Timeout make it a net.Error.
func (temporaryError) Temporary() bool { return true }
func (temporaryError) Timeout() bool   { return true }
