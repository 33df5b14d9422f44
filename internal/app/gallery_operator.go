package app

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/instance/instanceweb"
	"sendvery.com/sendvery/web/ui"
)

func operatorGallery() []galleryPage {
	return []galleryPage{
		{"operator", "operator", func(p ui.Page) templ.Component { return instanceweb.Operator(sampleOperator(p)) }},
		{"operator", "operator-trouble", func(p ui.Page) templ.Component {
			page := sampleOperator(p)
			page.Headline = "4 things need you: 2 organizations with 14 domains and 5 mailboxes depend on them."
			page.Needs = []string{
				"No worker runs: no mail is read or sent. Start sendvery serve with the role worker.",
				"Jobs of the queue mailbox wait for 3\u00a0h: more workers, or a look at the log, may help.",
				"2 deliveries of the payment provider could not be followed yet. What failed is tried again; sendvery stripe replay does it at once.",
				"2 jobs were given up within the last week. The log has the reasons, under the numbers below.",
			}
			page.Queues[1].Waiting, page.Queues[1].Oldest, page.Queues[1].Ended = 412, ago(3*time.Hour), 2
			page.Failed = []instanceweb.FailedRow{
				{Kind: "mailbox_slice", Class: "the database refused (40P01)", Attempts: "25 of 25", Tone: ui.Warning, Outcome: "given up", At: ago(20 * time.Minute), Number: "183204"},
				{Kind: "send_sign_in_link", Class: "a server could not be reached", Attempts: "3 of 6", Tone: ui.Info, Outcome: "tried again", At: ago(40 * time.Second), Next: ahead(80 * time.Second), Number: "183377"},
				{Kind: "tell_mailbox_paused", Class: "what it was about is gone, or not as it should be", Attempts: "1 of 6", Outcome: "ended", At: ago(5 * time.Hour), Number: "182551"},
			}
			page.Events = []instanceweb.EventRow{
				{ID: "evt_1SxQ2fKx0dV7aB3cD4eF5gH6", Type: "customer.subscription.updated", At: ago(12 * time.Minute), Tone: ui.Warning, State: "failed", Attempts: "4", Class: "temporary"},
				{ID: "evt_1SxQ3aKx0dV7aB3cD4eF5gH7", Type: "invoice.paid", At: ago(2 * time.Minute), State: "waits", Attempts: "0"},
			}
			page.Keys = append(page.Keys, instanceweb.Key{ID: "2025-06-02", Secrets: 1, Missing: true, Remark: "MISSING from SEAL_KEYS: these passwords cannot be read"})
			return instanceweb.Operator(page)
		}},
		{"operator", "operator-new", func(p ui.Page) templ.Component {
			page := sampleOperator(p)
			page.Events = []instanceweb.EventRow{}
			page.Headline, page.OrgCount, page.Orgs, page.Pager = "All is well: 0 organizations with 0 domains and 0 mailboxes.", "0 organizations", nil, ui.Pager{}
			return instanceweb.Operator(page)
		}},
	}
}

func sampleOperator(p ui.Page) instanceweb.OperatorPage {
	p.Title, p.Org, p.Orgs, p.Person.Operator = "This installation", ui.Org{}, nil, true
	id := func(end string) string { return "0193f2c4-7a1e-7c3d-9b52-" + strings.Repeat("0", 12-len(end)) + end }
	return instanceweb.OperatorPage{
		Page: p, Headline: "All is well: 2 organizations with 14 domains and 5 mailboxes.",
		Program: []instanceweb.Fact{
			{Name: "Version", Value: "v1.4.0"}, {Name: "Started", At: ago(76 * time.Hour)}, {Name: "Database", Value: "PostgreSQL 18.4, 3.2\u00a0GB, answered in 1.4\u00a0ms"},
			{Name: "Schema", Value: "number 20, up to date"}, {Name: "Database roles", Value: "as they must be"},
		},
		Keys: []instanceweb.Key{{ID: "2026-11-01", Secrets: 4, Remark: "seals"}, {ID: "2026-02-14", Secrets: 1, Remark: "can be removed once nothing is sealed with it"}},
		Queues: []instanceweb.QueueRow{
			{Name: "default", Later: 2, Retried: 1, Done: 48}, {Name: "mailbox", Waiting: 3, Oldest: ago(4 * time.Second), Running: 2, Done: 1204}, {Name: "sign_in", Done: 6},
		},
		OrgCount: "2 organizations",
		Orgs: []instanceweb.OrgRow{
			{ID: id("a41"), Since: ago(3 * time.Hour), Members: 1, Domains: 1, Mailboxes: "1 importing"},
			{ID: id("2f"), Since: ago(40 * 24 * time.Hour), Members: 6, Domains: 13, Mailboxes: "3 polling, 1 paused", Reports: 2413},
		},
		Pager: ui.Pager{Older: galleryPath + "operator", Text: ""},
	}
}
