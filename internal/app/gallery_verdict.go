package app

import (
	"net/url"
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/report/reportweb"
	"sendvery.com/sendvery/web/ui"
)

func verdictGallery() []galleryPage {
	return []galleryPage{
		{"parts", "verdict-blocked", func(p ui.Page) templ.Component {
			return galleryVerdicts(titled(p, ui.DomainsSection, "Verdicts"), blockedVerdicts())
		}},
		{"parts", "verdict-passing", func(p ui.Page) templ.Component {
			return galleryVerdicts(titled(p, ui.DomainsSection, "Verdicts"), passingVerdicts())
		}},
		{"parts", "verdict-quiet", func(p ui.Page) templ.Component {
			return galleryVerdicts(titled(p, ui.DomainsSection, "Verdicts"), quietVerdicts())
		}},
	}
}

// sampleVerdict is a domain in 28 days of reports from four receivers.
func sampleVerdict(policy string, s report.Split, failing []report.Failing, change func(*report.Summary)) reportweb.VerdictPanel {
	day := sampleNow().Truncate(24 * time.Hour)
	d := report.DomainTotal{
		Name: "example.org", Split: s, Days: 28, Policy: policy, Published: &dmarcrpt.Policy{P: policy}, PolicyDay: &day,
		Reported: report.Reported{Reporters: 4, OneReporter: "google.com"}, Pace: report.Pace{Signed: s.Passing},
	}
	sum := report.Summary{Domains: []report.DomainTotal{d}}
	if change != nil {
		change(&sum)
	}
	a := org.Access{Membership: org.Membership{Organization: org.Organization{Slug: "example"}}}
	p := reportweb.NewVerdictPanel(a, url.Values{"days": {"28"}}, sum.Domains[0], sum, failing)
	p.Span = "25 Oct – 21 Nov 2026"
	return p
}

func sampleFailing() []report.Failing {
	return []report.Failing{
		{Sender: "mailchimp", Class: report.NeedsFixing, Delivered: 812, Quarantined: 31},
		{Sender: "203.0.113.24", Class: report.NeedsFixing, Delivered: 96},
		{Sender: "lists.university.example", Class: report.Forwarded, Delivered: 1_911},
		{Sender: "198.51.100.77", Class: report.Unknown, Delivered: 170, Rejected: 212},
	}
}

func blockedVerdicts() []reportweb.VerdictPanel {
	whole := report.Split{Passing: 28_310, Forwarded: 1_911, Fix: 939, Unknown: 382}
	senders := func(stopped int64) func(*report.Summary) {
		return func(sum *report.Summary) {
			sum.Domains[0].Pace.Signed = 20_120
			sum.Senders = []report.SenderTotal{
				{Sender: "mailchimp", Domain: "example.org", Split: report.Split{Fix: 843}, Stopped: stopped},
				{Sender: "203.0.113.24", Domain: "example.org", Split: report.Split{Fix: 96, Passing: 2}},
			}
		}
	}
	refused := sampleFailing()
	refused[0] = report.Failing{Sender: "mailchimp", Class: report.NeedsFixing, Delivered: 22, Rejected: 821}
	return []reportweb.VerdictPanel{
		sampleVerdict("none", whole, sampleFailing(), senders(31)),
		sampleVerdict("reject", whole, refused, senders(821)),
		sampleVerdict("reject", whole, sampleFailing(), senders(0)),
	}
}

func passingVerdicts() []reportweb.VerdictPanel {
	whole, forwarded := report.Split{Passing: 28_310, Forwarded: 1_911, Unknown: 382}, sampleFailing()[2:]
	domain := func(change func(*report.DomainTotal)) func(*report.Summary) {
		return func(sum *report.Summary) { change(&sum.Domains[0]) }
	}
	return []reportweb.VerdictPanel{
		sampleVerdict("none", whole, forwarded, nil),
		sampleVerdict("none", report.Split{Passing: 1_000, Unknown: 8_000}, []report.Failing{{Class: report.Unknown, Delivered: 8_000}}, nil),
		sampleVerdict("none", whole, forwarded, domain(func(d *report.DomainTotal) { d.Reporters = 1 })),
		sampleVerdict("none", whole, forwarded, domain(func(d *report.DomainTotal) { d.Pace.Week, d.Pace.Before = 21_000, 3_000 })),
		sampleVerdict("quarantine", report.Split{Passing: 500, Forwarded: 400}, []report.Failing{{Class: report.Forwarded, Quarantined: 400}}, domain(func(d *report.DomainTotal) { d.Pace.Signed = 200 })),
		sampleVerdict("quarantine", whole, forwarded, domain(func(d *report.DomainTotal) { d.Published.Pct = "25" })),
		sampleVerdict("reject", whole, nil, domain(func(d *report.DomainTotal) { d.Published.SP, d.Subdomains = "none", 2 })),
		sampleVerdict("reject", whole, nil, nil),
	}
}

func quietVerdicts() []reportweb.VerdictPanel {
	strangers := report.Split{Unknown: 382}
	return []reportweb.VerdictPanel{
		sampleVerdict("none", strangers, []report.Failing{{Sender: "198.51.100.77", Class: report.Unknown, Delivered: 382}}, nil),
		sampleVerdict("reject", strangers, []report.Failing{{Class: report.Unknown, Rejected: 382}}, nil),
		sampleVerdict("none", report.Split{Passing: 40}, nil, func(sum *report.Summary) { sum.Domains[0].Days = 2 }),
		sampleVerdict("none", report.Split{}, nil, func(sum *report.Summary) { sum.Domains[0].Reported = report.Reported{Nulls: 12} }),
		sampleVerdict("none", report.Split{}, nil, func(sum *report.Summary) { sum.Domains[0].Reported = report.Reported{} }),
	}
}
