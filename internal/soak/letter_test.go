package soak

import (
	"fmt"
	"math/rand/v2"
	"time"

	"sendvery.com/sendvery/internal/reporttest"
)

// letter is a mail, with what the program is to make of it.
type letter struct {
	raw      string
	flags    string // Maildir's letters, as its owner has them; "new" is none, and never seen by a mail program
	report   string // report_id, when it holds a report that is to be stored
	messages int64  // that the report counts
}

// post writes letters for one organization. Nothing in it is random but by its
// generator.
type post struct {
	random *rand.Rand
	domain string
	today  int // days after those of reporttest
	n      int // reports so far
	sent   []letter
}

func newPost(random *rand.Rand, domain string) *post {
	base := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	return &post{random: random, domain: domain, today: int(time.Since(base).Hours() / 24)}
}

// write makes the next letter: three of four hold a report, some of them one
// that came before, and the rest is the private mail and the rubbish that a
// mailbox of reports also holds.
func (p *post) write() letter {
	var l letter
	switch dice := p.random.IntN(100); {
	case dice < 70:
		l = p.newReport(p.domain)
	case dice < 75 && len(p.sent) > 0:
		return p.sent[p.random.IntN(len(p.sent))] // the same once more, of whatever kind
	case dice < 78:
		l = p.broken()
	case dice < 80:
		l = p.newReport("stranger.example") // nobody watches it: held, not stored
		l.report, l.messages = "", 0
	default:
		l = p.private()
	}
	l.flags = []string{"new", "", "S", "F", "FS", "T", "ST", "R"}[p.random.IntN(8)]
	p.sent = append(p.sent, l)
	return l
}

// records are how many rows a report has: few in most, many in some, and now
// and then more than are held in memory.
func (p *post) records() int {
	switch dice := p.random.IntN(1000); {
	case dice < 2:
		return 6000
	case dice < 20:
		return 500
	default:
		return 1 + p.random.IntN(20)
	}
}

func (p *post) newReport(domain string) letter {
	p.n++
	id := fmt.Sprintf("%s.%d", domain, p.n)
	records := p.records()
	data := reporttest.Gzip(reporttest.Sample{ID: id, Domain: domain, Day: p.today - 2 - p.random.IntN(20), Records: records}.XML())
	l := letter{raw: string(reporttest.Mail("application/gzip", id+".xml.gz", data)), report: id}
	for i := range records {
		l.messages += int64(i%7 + 1)
	}
	return l
}

// broken is a report whose file ends half-way.
func (p *post) broken() letter {
	p.n++
	id := fmt.Sprintf("broken.%d", p.n)
	data := reporttest.Sample{ID: id, Domain: p.domain, Day: p.today - 2, Records: 20}.XML()
	return letter{raw: string(reporttest.Mail("application/xml", id+".xml", data[:len(data)/2]))}
}

func (p *post) private() letter {
	p.n++
	return letter{raw: fmt.Sprintf("From: Somebody <somebody@example.net>\r\nTo: <dmarc@%s>\r\nSubject: private matter %d\r\nMIME-Version: 1.0\r\n"+
		"Content-Type: text/plain\r\n\r\n.dots first\r\nFrom here on nothing is a report.\r\n%s\r\n", p.domain, p.n, p.filler())}
}

// filler makes some letters long.
func (p *post) filler() string {
	line := "This line is one of many, and none of them is about anything."
	var text string
	for range p.random.IntN(60) {
		text += line + "\r\n"
	}
	return text
}
