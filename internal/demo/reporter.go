package demo

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// reporter is a receiver of mail that sends aggregate reports.
type reporter struct {
	org, email, contact string
	submitter           string  // in file names and subjects
	from                string  // of the mail
	share               float64 // of all mail that it receives
	perDay              int     // reports a day; 0: one
	endsOnMidnight      bool    // end is the next midnight, not the second before
	hour                int     // when its reports arrive, the day after
	override, comment   string  // reason given for accepting a mailing list's mail
	unsigned            bool    // its mails carry no DKIM signature
	id                  idStyle
	shape               shape
	dialect             dialect
}

// idStyle is how report ids look.
type idStyle string

const (
	idDigits idStyle = "digits"
	idStamp  idStyle = "stamp"
	idHex    idStyle = "hex"
	idLong   idStyle = "long hex"
	idUUID   idStyle = "uuid"
	idRange  idStyle = "domain and range"
)

// dialect is what a reporter writes and leaves out, as seen in real reports.
type dialect struct {
	declaration string
	namespace   string // RFC 9990 where set
	generator   string
	version     string // "": no element
	sp, np, pct bool
	fo          string // "": no element
	envelopeTo  string // "": no element
	envelope    bool   // envelope_from
	scope       bool   // of SPF
	selector    bool
	human       bool // empty human_result
	indent      string
}

const (
	plainXML  = `<?xml version="1.0" encoding="UTF-8" ?>`
	shortXML  = `<?xml version="1.0"?>`
	namespace = "urn:ietf:params:xml:ns:dmarc-2.0" // RFC 9990
)

var microsoft = dialect{declaration: shortXML, version: "1.0", sp: true, pct: true, fo: "0", envelope: true, scope: true, selector: true, indent: "  "}

var rfc9990 = dialect{declaration: plainXML, namespace: namespace, generator: "dmarc-reporter 3", version: "1.0", sp: true, np: true, envelope: true, scope: true, selector: true, indent: "  "}

var reporters = [...]reporter{
	{
		org: "google.com", email: "noreply-dmarc-support@google.com", contact: "https://support.google.com/a/answer/2466580",
		submitter: "google.com", from: "noreply-dmarc-support@google.com", share: 0.42, hour: 6, override: "local_policy", comment: "arc=pass", id: idDigits, shape: wholeZip,
		dialect: dialect{declaration: plainXML, sp: true, np: true, pct: true, selector: true, indent: "  "},
	},
	{
		org: "Yahoo", email: "dmarchelp@yahooinc.com", submitter: "yahoo.com", from: "noreply@dmarc.yahoo.com", share: 0.1, hour: 7, id: idStamp, shape: mixedGzip,
		dialect: dialect{declaration: shortXML, pct: true, selector: true, indent: "  "},
	},
	{
		org: "Outlook.com", email: "dmarcreport@microsoft.com", submitter: "protection.outlook.com", from: "dmarcreport@microsoft.com", share: 0.12,
		endsOnMidnight: true, hour: 5, override: "local_policy", comment: "arc=pass", id: idHex, shape: relatedGzip, dialect: microsoft.to("hotmail.com"),
	},
	{
		org: "Enterprise Outlook", email: "dmarcreport@microsoft.com", submitter: "enterprise.protection.outlook.com", from: "dmarcreport@microsoft.com", share: 0.17,
		endsOnMidnight: true, hour: 5, override: "local_policy", comment: "arc=pass", id: idHex, shape: relatedGzip, dialect: microsoft.to("customer.example"),
	},
	{
		org: "GMX", email: "noreply-dmarc@sicher.gmx.net", contact: "https://postmaster.gmx.net/", submitter: "gmx.net", from: "noreply-dmarc@sicher.gmx.net", share: 0.05,
		hour: 2, override: "mailing_list", id: idUUID, shape: mixedGzip, dialect: rfc9990,
	},
	{
		org: "WEB.DE", email: "noreply-dmarc@sicher.web.de", contact: "https://postmaster.web.de/", submitter: "web.de", from: "noreply-dmarc@sicher.web.de", share: 0.045,
		hour: 2, override: "mailing_list", id: idUUID, shape: mixedGzip, dialect: rfc9990,
	},
	{
		org: "mail.university.example", email: "postmaster@mail.university.example", submitter: "mail.university.example", from: "postmaster@mail.university.example", share: 0.025,
		perDay: 2, hour: 1, unsigned: true, id: idRange, shape: mixedXML,
		dialect: dialect{declaration: plainXML, version: "1.0", sp: true, pct: true, fo: "1", envelope: true, scope: true, indent: "\t"},
	},
	{
		org: "Mimecast", email: "no-reply@us-1.mimecastreport.com", contact: "https://community.mimecast.com/s/knowledge", submitter: "mimecast.org", from: "no-reply@us-1.mimecastreport.com",
		share: 0.04, hour: 9, id: idLong, shape: wholeGzip,
		dialect: dialect{declaration: `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`, sp: true, pct: true, selector: true, human: true, indent: "  "},
	},
	{
		org: "AMAZON-SES", email: "postmaster@amazonses.com", submitter: "Amazon SES", from: "postmaster@amazonses.com", share: 0.02, endsOnMidnight: true, hour: 10,
		id: idUUID, shape: mixedOctets,
		dialect: dialect{declaration: shortXML, version: "0.1", sp: true, pct: true, fo: "0", envelope: true, indent: "\t"},
	},
	{
		org: "Mail.Ru", email: "dmarc_support@corp.mail.ru", contact: "http://help.mail.ru/mail-help", submitter: "mail.ru", from: "dmarc_support@corp.mail.ru", share: 0.015,
		endsOnMidnight: true, hour: 0, id: idDigits, shape: mixedGzip,
		dialect: dialect{declaration: shortXML, sp: true, pct: true, selector: true},
	},
}

func (d dialect) to(domain string) dialect {
	d.envelopeTo = domain
	return d
}

// arrival is when the report about a day comes in.
func (r reporter) arrival(d day, c *rand.Rand) time.Time {
	return d.date.AddDate(0, 0, 1).Add(time.Duration(r.hour)*time.Hour + time.Duration(c.IntN(3600))*time.Second)
}

func (r reporter) newID(rep report, c *rand.Rand) string {
	switch r.id {
	case idDigits:
		return fmt.Sprintf("%d%09d", 1e9+c.Int64N(8e9), c.Int64N(1e9))
	case idStamp:
		return fmt.Sprintf("%d.%06d", rep.end.Unix()+3600+c.Int64N(7200), c.IntN(1e6))
	case idHex:
		return fmt.Sprintf("%016x%016x", c.Uint64(), c.Uint64())
	case idLong:
		return fmt.Sprintf("%016x%016x%016x%016x", c.Uint64(), c.Uint64(), c.Uint64(), c.Uint64())
	case idUUID:
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", c.Uint32(), c.IntN(1<<16), c.IntN(1<<12), c.IntN(1<<12), c.Uint64()>>16)
	default:
		return fmt.Sprintf("%s.%d.%d@%s", rep.domain.name, rep.begin.Unix(), rep.end.Unix(), r.org)
	}
}

// domain is that of the reporter's mails.
func (r reporter) domain() string {
	_, domain, _ := strings.Cut(r.from, "@")
	return domain
}

// host is the reporter's mail server in the trace of its mails.
func (r reporter) host() string {
	return "out." + strings.ToLower(strings.ReplaceAll(r.submitter, " ", ""))
}
