package app

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/a-h/templ"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/billing/billingweb"
	"sendvery.com/sendvery/web/ui"
)

// billingGallery shows plans and what is asked about them.
func billingGallery() []galleryPage {
	show := func(name string, change func(*billingweb.State)) galleryPage {
		return galleryPage{"billing", name, func(p ui.Page) templ.Component {
			return billingweb.Draw(billingweb.NewPage(called(p, "Billing"), sampleState(change)))
		}}
	}
	return slices.Concat([]galleryPage{
		show("billing-free", func(s *billingweb.State) {
			s.Account, s.Invoices = billing.Account{Plan: billing.Free}, nil
			s.Usage = billingweb.Usage{Domains: s.Usage.Domains[:1], Seats: 1, Reports: 100, Held: 37, Oldest: sampleNow().AddDate(0, 0, -26)}
		}),
		show("billing-monthly", func(*billingweb.State) {}),
		show("billing-yearly", func(s *billingweb.State) { s.Account.Paid.Interval, s.Interval = billing.Yearly, billing.Yearly }),
		show("billing-business", func(s *billingweb.State) {
			s.Account.Plan, s.Account.Paid.Price = billing.Business, billing.Price{Plan: billing.Business, Interval: billing.Yearly}
			s.Interval, s.Usage.Reports, s.Usage.Seats = billing.Yearly, 31204, 7
		}),
		show("billing-ends", func(s *billingweb.State) { s.Account.Paid.EndsThen = true }),
		show("billing-past-due", func(s *billingweb.State) {
			since := sampleNow().AddDate(0, 0, -3)
			s.Account.Paid.Status, s.Account.PastDueSince = billing.PastDue, &since
			s.Invoices[0].Status = "open"
		}),
		show("billing-past-due-ends", func(s *billingweb.State) {
			s.Account.Paid.Status, s.Account.PastDueSince, s.Account.Paid.EndsThen = billing.PastDue, new(sampleNow().AddDate(0, 0, -3)), true
			s.Invoices[0].Status = "open"
		}),
		show("billing-lapsed", sampleLapsed),
		show("billing-grace", func(s *billingweb.State) { sampleGrace(s, 9) }),
		show("billing-set-aside", func(s *billingweb.State) {
			s.Account.Plan, s.Account.Paid = billing.Free, nil
			for i := range s.Usage.Domains[1:] {
				s.Usage.Domains[i+1].Aside = true
			}
			s.Usage.Oldest, s.Usage.Reports, s.Usage.Seats = sampleNow().AddDate(0, 0, -29), 88, 1
		}),
		show("billing-pending", func(s *billingweb.State) {
			s.Account, s.Invoices = billing.Account{Plan: billing.Free, HasCustomer: true, Checkout: &billing.Pending{
				Price: billing.Price{Plan: billing.Personal, Interval: billing.Yearly}, URL: galleryPath + "billing-hand-off", Until: sampleNow().Add(50 * time.Minute),
			}}, nil
			s.Usage.Domains, s.Usage.Seats, s.Usage.Reports = s.Usage.Domains[:1], 1, 61
		}),
		{"billing", "billing-waiting", func(p ui.Page) templ.Component {
			page := billingweb.NewPage(called(p, "Billing"), sampleState(func(s *billingweb.State) {
				s.Account, s.Invoices, s.Until = billing.Account{Plan: billing.Free, HasCustomer: true}, nil, sampleNow().Add(time.Minute)
				s.Usage.Domains, s.Usage.Seats, s.Usage.Reports = s.Usage.Domains[:1], 1, 61
			}))
			page.Page.Refresh, page.FragmentHref = 0, galleryPath+"nothing"
			return billingweb.Draw(page)
		}},
		show("billing-unconfirmed", func(s *billingweb.State) {
			s.Account, s.Invoices, s.Until = billing.Account{Plan: billing.Free, HasCustomer: true}, nil, sampleNow().Add(-time.Second)
			s.Usage.Domains, s.Usage.Seats, s.Usage.Reports = s.Usage.Domains[:1], 1, 61
		}),
		show("billing-confirmed", func(s *billingweb.State) { s.Until = sampleNow().Add(time.Minute) }),
		show("billing-unreachable", func(s *billingweb.State) {
			s.Invoices, s.NoInvoices = nil, "Stripe cannot be asked for them at the moment. Plan and usage are as we know them; please look again in a few minutes."
		}),
		show("billing-twice", func(s *billingweb.State) { s.Account.Twice = true }),
		{"billing", "billing-refused", func(p ui.Page) templ.Component {
			s := sampleState(func(s *billingweb.State) { sampleGrace(s, 9) })
			page := billingweb.NewPage(called(p, "Billing"), s)
			page.Error = "Somebody else of your organization is changing the plan at this moment. Nothing was changed; please look again in a minute."
			page.Choose.Error = "Free has 1 domain. Tick no more than that."
			return billingweb.Draw(page)
		}},
	}, billingQuestions(), billingMails())
}

// billingQuestions are the pages that ask before something is done.
func billingQuestions() []galleryPage {
	change := func(name, refused string, q billing.Quote) galleryPage {
		return galleryPage{"billing", name, func(p ui.Page) templ.Component {
			page := billingweb.NewChange(called(p, "Change the plan"), sampleState(func(*billingweb.State) {}), q)
			page.Error = refused
			return billingweb.Change(page)
		}}
	}
	pro := billing.Price{Plan: billing.Pro, Interval: billing.Monthly}
	up := billing.Quote{From: pro, To: billing.Price{Plan: billing.Business, Interval: billing.Monthly}, At: sampleNow(), Preview: billing.Preview{Currency: "usd", Due: 2916, Tax: 486, Lines: []billing.Line{
		{Text: "Unused time on Sendvery Pro after 21 Nov 2026", Cents: -1620}, {Text: "Remaining time on Sendvery Business after 21 Nov 2026", Cents: 4050},
	}}}
	return []galleryPage{
		change("billing-upgrade", "", up),
		change("billing-upgrade-declined", "The card was declined, so nothing was changed. Change the card at Stripe, or ask your bank.", up),
		change("billing-downgrade", "", billing.Quote{From: pro, To: billing.Price{Plan: billing.Personal, Interval: billing.Monthly}, At: sampleNow(), Preview: billing.Preview{Currency: "usd", Due: -1216, Lines: []billing.Line{
			{Text: "Unused time on Sendvery Pro after 21 Nov 2026", Cents: -1620}, {Text: "Remaining time on Sendvery Personal after 21 Nov 2026", Cents: 404},
		}}}),
		change("billing-by-the-year", "", billing.Quote{From: pro, To: billing.Price{Plan: billing.Pro, Interval: billing.Yearly}, At: sampleNow(), Preview: billing.Preview{Currency: "usd", Due: 22368, Lines: []billing.Line{
			{Text: "Unused time on Sendvery Pro after 21 Nov 2026", Cents: -1620}, {Text: "1 × Sendvery Pro (at $239.88 / year)", Cents: 23988},
		}}}),
		{"billing", "billing-cancel", func(p ui.Page) templ.Component {
			return billingweb.Cancel(billingweb.NewCancel(called(p, "End the plan"), sampleState(func(*billingweb.State) {})))
		}},
		{"billing", "billing-cancel-unpaid", func(p ui.Page) templ.Component {
			late := sampleState(func(s *billingweb.State) { s.Account.PastDueSince = new(sampleNow().AddDate(0, 0, -3)) })
			return billingweb.Cancel(billingweb.NewCancel(called(p, "End the plan"), late))
		}},
		{"billing", "billing-hand-off", func(p ui.Page) templ.Component {
			return ui.HandOff(ui.HandOffPage{Page: titled(p, ui.SettingsSection, "On to Stripe", ui.Link{Text: "Billing", Href: galleryPath + "billing-free"}), To: "Stripe", Href: galleryPath + "billing-waiting",
				Words: "You pay Personal there, $59.88 a year. Then your browser comes back here by itself. Until you pay, nothing is changed."})
		}},
	}
}

// billingMails are written as the program writes them.
func billingMails() []galleryPage {
	paid := sampleState(func(*billingweb.State) {})
	letter := func(name string, n billing.Notice) galleryPage {
		return galleryPage{"mail", name, func(ui.Page) templ.Component {
			return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
				a := &App{cfg: Config{PublicURL: "https://sendvery.example"}}
				m, err := a.billingMail(billing.People{Slug: "example", Name: "Example Ltd"}, n, paid.Usage)
				if err == nil {
					_, err = io.WriteString(w, m.HTML)
				}
				return err
			})
		}}
	}
	shrunk, ends := sampleState(func(s *billingweb.State) { sampleGrace(s, 30) }), sampleState(func(s *billingweb.State) { s.Account.Paid.EndsThen = true })
	late, lapsed := sampleState(func(s *billingweb.State) { s.Account.PastDueSince = new(sampleNow()) }), sampleState(sampleLapsed)
	lateEnds := sampleState(func(s *billingweb.State) { s.Account.PastDueSince, s.Account.Paid.EndsThen = new(sampleNow()), true })
	smaller := sampleState(func(s *billingweb.State) {
		s.Account.Plan, s.Account.Paid.Plan = billing.Personal, billing.Personal
		s.Account.Kept, s.Account.KeptUntil = billing.Pro, new(sampleNow().AddDate(0, 0, 30))
	})
	return []galleryPage{
		letter("mail-plan-larger", billing.Notice{Subject: billing.PlanChanged, Account: paid.Account, From: billing.Personal}),
		letter("mail-plan-smaller", billing.Notice{Subject: billing.GraceReminder, Account: smaller.Account, From: billing.Pro, Days: 30}),
		letter("mail-plan-ends", billing.Notice{Subject: billing.PlanEnds, Account: ends.Account}),
		letter("mail-plan-ends-unpaid", billing.Notice{Subject: billing.PlanEnds, Account: lateEnds.Account}),
		letter("mail-payment-failed", billing.Notice{Subject: billing.PaymentFailed, Account: late.Account}),
		letter("mail-plan-lapsed", billing.Notice{Subject: billing.GraceReminder, Account: lapsed.Account, From: billing.Pro, Days: 30}),
		letter("mail-plans-begin", billing.Notice{Subject: billing.GraceReminder, Account: shrunk.Account, Days: 30}),
		letter("mail-grace", billing.Notice{Subject: billing.GraceReminder, Account: sampleState(func(s *billingweb.State) { sampleGrace(s, 7) }).Account, Days: 7}),
	}
}

func called(p ui.Page, title string) ui.Page {
	p.Title = title
	return p
}

// sampleState is an organization on Pro, with something changed.
func sampleState(change func(*billingweb.State)) billingweb.State {
	s := billingweb.State{
		Now: sampleNow(), Interval: billing.Monthly, Audit: true,
		Account: billing.Account{Plan: billing.Pro, HasCustomer: true, Paid: &billing.Paid{
			Price: billing.Price{Plan: billing.Pro, Interval: billing.Monthly}, Status: billing.Active, PeriodEnd: time.Date(2026, 12, 12, 9, 30, 0, 0, time.UTC),
		}},
		Usage: billingweb.Usage{Seats: 3, Reports: 2413, Oldest: sampleNow().AddDate(0, 0, -402)},
		Invoices: []billing.Invoice{
			{Number: "SV-0003", At: sampleNow().AddDate(0, 0, -9), Cents: 2399, Currency: "usd", Status: "paid", URL: galleryPath + "nothing", PDF: galleryPath + "nothing"},
			{Number: "SV-0002", At: sampleNow().AddDate(0, -1, -9), Cents: 1790, Currency: "usd", Status: "paid", URL: galleryPath + "nothing", PDF: galleryPath + "nothing"},
			{Number: "SV-0001", At: sampleNow().AddDate(0, -1, -20), Cents: -320, Currency: "usd", Status: "void", URL: galleryPath + "nothing"},
		},
	}
	for _, name := range []string{"example.org", "example.net", "shop.example", "example.com", "a-domain-with-a-rather-long-name-of-a-subsidiary.example", "parked.example", "mail.example", "old-shop.example", "campaign.example"} {
		s.Usage.Domains = append(s.Usage.Domains, billingweb.Domain{Name: name})
	}
	change(&s)
	return s
}

// sampleLapsed has Pro not in force any more, because a payment is missing.
func sampleLapsed(s *billingweb.State) {
	s.Account.Plan, s.Account.Kept, s.Account.KeptUntil = billing.Free, billing.Pro, new(sampleNow().AddDate(0, 0, 29))
	s.Account.Paid.Status, s.Account.PastDueSince = billing.PastDue, new(sampleNow().AddDate(0, 0, -15))
	s.Invoices[0].Status = "open"
}

// sampleGrace has Pro given up, with so many days until what it gave goes.
func sampleGrace(s *billingweb.State, days int) {
	s.Account.Plan, s.Account.Kept, s.Account.Paid = billing.Free, billing.Pro, nil
	s.Account.KeptUntil = new(sampleNow().AddDate(0, 0, days))
}
