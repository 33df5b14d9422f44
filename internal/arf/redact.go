package arf

import (
	"strings"

	"sendvery.com/sendvery/internal/fqdn"
)

// addressDomain returns the domain of the last address in a field, "" without
// one.
func addressDomain(sent string) fqdn.Name {
	i := strings.LastIndexByte(sent, '@')
	if i < 0 {
		return ""
	}
	domain := sent[i+1:]
	if end := strings.IndexFunc(domain, func(r rune) bool { return strings.ContainsRune(`>"' ,;)`, r) }); end >= 0 {
		domain = domain[:end]
	}
	name, err := fqdn.Parse(domain)
	if err != nil {
		return ""
	}
	return name
}

// domainOnly returns sent if it is a domain name, else nothing: what is no
// name may be anything.
func domainOnly(sent string) string {
	name, err := fqdn.Parse(strings.TrimSpace(sent))
	if err != nil {
		return ""
	}
	return name.String()
}

// selectorOnly returns sent if it is made as DKIM selectors are.
func selectorOnly(sent string) string {
	odd := func(r rune) bool {
		return r != '.' && r != '-' && r != '_' && (r < '0' || r > '9') && (r|0x20 < 'a' || r|0x20 > 'z')
	}
	if len(sent) > 253 || strings.ContainsFunc(sent, odd) {
		return ""
	}
	return sent
}

// ats are the ways to write the sign that ends a local part: as it is, as the
// encodings of addresses, URLs and quoted text have it, and its look-alikes.
var ats = strings.NewReplacer("%40", "@", "=40", "@", "&#64;", "@", "\uff20", "@", "\ufe6b", "@")

// redact takes the local part out of every address in s. What a local part may
// not hold without quotes ends it; where that leaves a doubt, more is taken.
func redact(s string) string {
	s = ats.Replace(s)
	var b strings.Builder
	for {
		at := strings.IndexByte(s, '@')
		if at < 0 {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:localStart(s[:at])])
		b.WriteByte('@')
		s = s[at+1:]
	}
}

// localStart returns where the local part begins that s ends with.
func localStart(s string) int {
	start := len(strings.TrimRight(s, " \t")) // the obsolete "local @ domain"
	for start > 0 && !strings.ContainsRune(" \t<>()[],;:", rune(s[start-1])) {
		start--
		if s[start] == '"' {
			start = openQuote(s[:start])
		}
	}
	name, _, found := strings.Cut(s[start:], "=")
	if found && property(name) {
		return start + len(name) + 1
	}
	return start
}

// openQuote returns where the quoted text begins whose closing quote follows s;
// 0 if it never does, so that nothing of it stays.
func openQuote(s string) int {
	for i := len(s) - 1; i >= 0; i-- {
		if s[i] == '"' && (i == 0 || s[i-1] != '\\') {
			return i
		}
	}
	return 0
}

// property reports whether a word before "=" names a value of an
// authentication result (RFC 8601) or of SPF (RFC 7208 section 9.1). Any other
// belongs to the local part: bounce addresses have the recipient's in them.
func property(word string) bool {
	kind, _, dotted := strings.Cut(strings.ToLower(word), ".")
	switch kind {
	case "smtp", "header", "body", "policy", "dns":
		return dotted
	case "i", "from", "mailfrom", "envelope-from", "sender", "receiver", "helo", "identity":
		return !dotted
	}
	return false
}
