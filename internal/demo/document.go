package demo

import (
	"bytes"
	"encoding/xml"
	"strconv"
)

// document writes a report in its reporter's dialect.
func document(rep report) []byte {
	w := &writer{indent: rep.reporter.dialect.indent}
	d := rep.reporter.dialect
	w.buf.WriteString(d.declaration + "\n")
	root := "feedback"
	if d.namespace != "" {
		root += ` xmlns="` + d.namespace + `"`
	}
	w.element(root, func() {
		w.text("version", d.version)
		w.metadata(rep)
		w.published(rep)
		for _, r := range rep.rows {
			w.record(rep, r)
		}
	})
	return w.buf.Bytes()
}

// writer writes elements, indented.
type writer struct {
	buf    bytes.Buffer
	indent string
	depth  int
}

func (w *writer) margin() {
	for range w.depth {
		w.buf.WriteString(w.indent)
	}
}

// element writes a start tag (attributes may follow the name), children, end.
func (w *writer) element(tag string, children func()) {
	w.margin()
	w.buf.WriteString("<" + tag + ">\n")
	w.depth++
	children()
	w.depth--
	w.margin()
	name, _, _ := bytes.Cut([]byte(tag), []byte(" "))
	w.buf.WriteString("</" + string(name) + ">\n")
}

// text writes an element with text; none at all for "".
func (w *writer) text(name, value string) {
	if value == "" {
		return
	}
	w.margin()
	w.buf.WriteString("<" + name + ">")
	_ = xml.EscapeText(&w.buf, []byte(value)) // a buffer takes everything
	w.buf.WriteString("</" + name + ">\n")
}

func (w *writer) metadata(rep report) {
	r := rep.reporter
	w.element("report_metadata", func() {
		w.text("org_name", r.org)
		w.text("email", r.email)
		w.text("extra_contact_info", r.contact)
		w.text("report_id", rep.id)
		w.element("date_range", func() {
			w.text("begin", strconv.FormatInt(rep.begin.Unix(), 10))
			w.text("end", strconv.FormatInt(rep.end.Unix(), 10))
		})
		w.text("generator", r.dialect.generator)
	})
}

func (w *writer) published(rep report) {
	d := rep.reporter.dialect
	w.element("policy_published", func() {
		w.text("domain", rep.domain.name)
		w.text("adkim", rep.domain.alignment)
		w.text("aspf", rep.domain.alignment)
		w.text("p", rep.policy)
		w.text("sp", where(d.sp, rep.policy))
		w.text("np", where(d.np, rep.policy))
		w.text("pct", where(d.pct, "100"))
		w.text("fo", d.fo)
		if d.namespace != "" {
			w.text("testing", "n")
			w.text("discovery_method", "treewalk")
		}
	})
}

func where(yes bool, value string) string {
	if yes {
		return value
	}
	return ""
}

func passed(yes bool) string {
	if yes {
		return pass
	}
	return fail
}

func (w *writer) record(rep report, r row) {
	d := rep.reporter.dialect
	w.element("record", func() {
		w.element("row", func() {
			w.text("source_ip", r.ip.String())
			w.text("count", strconv.Itoa(r.count))
			w.element("policy_evaluated", func() {
				w.text("disposition", r.disposition)
				w.text("dkim", passed(r.dkimAligned))
				w.text("spf", passed(r.spfAligned))
				if r.reason != "" {
					w.element("reason", func() {
						w.text("type", r.reason)
						w.text("comment", r.comment)
					})
				}
			})
		})
		w.element("identifiers", func() {
			w.text("envelope_to", d.envelopeTo)
			w.text("envelope_from", where(d.envelope, r.envelopeFrom))
			w.text("header_from", r.headerFrom)
		})
		w.element("auth_results", func() { w.results(d, r) })
	})
}

func (w *writer) results(d dialect, r row) {
	for _, k := range r.dkim {
		w.element("dkim", func() {
			w.text("domain", k.domain)
			w.text("selector", where(d.selector, k.selector))
			w.text("result", k.result)
			if d.human {
				w.margin()
				w.buf.WriteString("<human_result/>\n")
			}
		})
	}
	w.element("spf", func() {
		w.text("domain", r.spf.domain)
		w.text("scope", where(d.scope, "mfrom"))
		w.text("result", r.spf.result)
	})
}
