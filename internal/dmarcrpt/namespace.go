package dmarcrpt

import (
	"bytes"
	"strings"
)

// binding is one declared namespace prefix; the empty prefix is the default.
type binding struct {
	prefix string
	uri    string
	depth  int // of the element that declares it
}

// attribute is one attribute of a start tag, not yet decoded.
type attribute struct {
	name, value []byte
}

// attributes splits the attribute part of a start tag.
func attributes(into []attribute, raw []byte, limit int) ([]attribute, error) {
	into = into[:0]
	for len(raw) > 0 {
		if len(into) == limit {
			return into, refuse(RefusedAttributes, "")
		}
		n := 0
		for n < len(raw) && nameByte(raw[n]) {
			n++
		}
		name := raw[:n]
		rest := trimSpace(raw[n:])
		if n == 0 || len(rest) < 3 || rest[0] != '=' {
			return into, refuse(RefusedMalformed, "attribute")
		}
		rest = trimSpace(rest[1:])
		if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
			return into, refuse(RefusedMalformed, "attribute")
		}
		end := bytes.IndexByte(rest[1:], rest[0])
		if end < 0 {
			return into, refuse(RefusedMalformed, "attribute")
		}
		into = append(into, attribute{name, rest[1 : end+1]})
		raw = trimSpace(rest[end+2:])
	}
	return into, nil
}

// dmarcNamespace tells the namespaces of the format, among them misspelt ones
// such as "http//dmarc.org/dmarc-xml/0.1".
func dmarcNamespace(uri string) bool {
	u := strings.ToLower(strings.TrimSpace(uri))
	return u == "" || strings.Contains(u, "dmarc.org/dmarc-xml") ||
		strings.HasPrefix(u, "urn:ietf:params:xml:ns:dmarc-")
}

// Namespace2 is the namespace that RFC 9990 section 2.1 demands on the root.
const Namespace2 = "urn:ietf:params:xml:ns:dmarc-2.0"

// namespaces tracks the declarations in force. Reports are read by local
// name, because reporters mix and misspell namespaces; but an element that is
// declared to belong to something else must not pass for one of ours.
type namespaces struct {
	list []binding
	// root is the namespace and prefix of the root element, which count as
	// DMARC's whatever they are: the root was recognised by its name.
	root, rootPrefix string
}

func (ns *namespaces) reset() { ns.list, ns.root, ns.rootPrefix = ns.list[:0], "", "" }

// declare takes the xmlns attributes of the element at depth.
func (ns *namespaces) declare(attrs []attribute, depth int) {
	for _, a := range attrs {
		prefix, found := strings.CutPrefix(string(a.name), "xmlns")
		if !found || prefix != "" && prefix[0] != ':' {
			continue
		}
		ns.list = append(ns.list, binding{strings.TrimPrefix(prefix, ":"), string(a.value), depth})
	}
}

// leave drops the declarations of the elements at depth and deeper.
func (ns *namespaces) leave(depth int) {
	for n := len(ns.list); n > 0 && ns.list[n-1].depth >= depth; n-- {
		ns.list = ns.list[:n-1]
	}
}

// lookup returns the namespace bound to prefix.
func (ns *namespaces) lookup(prefix []byte) (uri string, declared bool) {
	for i := len(ns.list) - 1; i >= 0; i-- {
		if ns.list[i].prefix == string(prefix) {
			return ns.list[i].uri, true
		}
	}
	return "", false
}

// foreign reports whether an element with this prefix belongs to something
// other than DMARC.
func (ns *namespaces) foreign(prefix []byte) bool {
	uri, declared := ns.lookup(prefix)
	if !declared {
		return len(prefix) > 0 && string(prefix) != ns.rootPrefix
	}
	return uri != ns.root && !dmarcNamespace(uri)
}

// splitName separates "prefix:local".
func splitName(name []byte) (prefix, local []byte) {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[:i], name[i+1:]
	}
	return nil, name
}
