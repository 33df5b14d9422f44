package app_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/export"
	"sendvery.com/sendvery/internal/failurereport"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/internal/spool"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/uid"
)

// reads are all calls that answer something about one organization.
var reads = map[string]func(call) (any, error){
	"audit.Trail.Events": func(c call) (any, error) {
		list, total, err := c.Trail.Events(c, c.in.ID, audit.Query{Limit: 20})
		return []any{list, total}, err
	},
	"audit.Trail.Members": func(c call) (any, error) { return c.Trail.Members(c, c.in.ID) },
	"audit.Trail.WriteOrgAnchors": func(c call) (any, error) {
		var b strings.Builder
		err := c.Trail.WriteOrgAnchors(c, c.in.ID, &b)
		first := strings.Fields(b.String())
		return first[1:min(4, len(first))], err // whose chain, and how far; beside them is the time
	},

	"org.Service.Memberships": func(c call) (any, error) { return c.Orgs.Memberships(c, c.in.Person) },
	"org.Service.Alone":       func(c call) (any, error) { return c.Orgs.Alone(c, c.in.Person) },
	"org.Service.Enter":       func(c call) (any, error) { return c.Orgs.Enter(c, c.in.Person, c.in.Email, c.of.access.Slug) },
	"org.Holders": func(c call) (any, error) {
		return inOrg(c, func(ctx context.Context, tx postgres.Tx) ([]org.Contact, error) {
			return org.Holders(ctx, tx, c.in.ID, org.Read)
		})
	},
	"org.Current": func(c call) (any, error) {
		return inOrg(c, func(ctx context.Context, tx postgres.Tx) (org.Organization, error) {
			return org.Current(ctx, tx, c.in.ID)
		})
	},
	"billing.Service.Account": func(c call) (any, error) { return (&billing.Service{DB: c.db}).Account(c, c.in.ID) },
	"org.Named": func(c call) (any, error) {
		return inOrg(c, func(ctx context.Context, tx postgres.Tx) (org.Organization, error) {
			return org.Named(ctx, tx, c.in.ID)
		})
	},

	"org.Service.Team": func(c call) (any, error) { return c.Orgs.Team(c, c.in) },
	"org.Stays": func(c call) (any, error) {
		return inOrg(c, func(ctx context.Context, tx postgres.Tx) (string, error) {
			return c.in.Slug, org.Stays(ctx, tx, c.in.ID)
		})
	},
	"org.Service.Mine":    func(c call) (any, error) { return c.Orgs.Mine(c, c.in.Person) },
	"export.Service.List": func(c call) (any, error) { return c.Exports.List(c, c.in.ID, export.Everything) },

	"domain.Service.List": func(c call) (any, error) { return c.Domains.List(c, c.in.ID) },
	"domain.Service.Find": func(c call) (any, error) { return c.Domains.Find(c, c.in.ID, c.of.domain.Name.String()) },
	"domain.All": func(c call) (any, error) {
		return inOrg(c, func(ctx context.Context, tx postgres.Tx) ([]domain.Domain, error) {
			return domain.All(ctx, tx, c.in.ID)
		})
	},
	"domain.Service.Groups": func(c call) (any, error) { return c.Domains.Groups(c, c.in.ID) },
	"domain.Queue": func(c call) (list any, err error) {
		var found []domain.Domain
		err = c.db.ReadOrg(c, c.in.ID, func(b *postgres.Batch) { domain.Queue(b, c.in.ID, &found) })
		return found, err
	},
	"domain.QueueSettled": func(c call) (list any, err error) {
		var found []domain.Domain
		err = c.db.ReadOrg(c, c.in.ID, func(b *postgres.Batch) { domain.QueueSettled(b, c.in.ID, &found) })
		return found, err
	},

	"mailbox.Service.Get":       func(c call) (any, error) { return c.Mailboxes.Get(c, c.in.ID, c.of.mailbox) },
	"mailbox.Service.List":      func(c call) (any, error) { return c.Mailboxes.List(c, c.in.ID) },
	"mailbox.Service.Connected": func(c call) (any, error) { return c.Mailboxes.Connected(c, c.in.ID) },
	"mailbox.Service.Found":     func(c call) (any, error) { return c.Mailboxes.Found(c, c.in.ID, c.of.mailbox) },
	"mailbox.Service.Run": func(c call) (any, error) {
		run, ok, err := c.Mailboxes.Run(c, c.in.ID, c.of.mailbox, mailbox.TestRun)
		return []any{run, ok}, err
	},

	"report.Service.Reports": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			lines, total, ever, err := c.Reports.Reports(c, c.in.ID, report.Query{Filter: f, Limit: 10})
			return []any{lines, total, ever}, err
		})
	},
	"report.Service.Report": func(c call) (any, error) {
		r, records, err := c.Reports.Report(c, c.in.ID, c.of.report, report.RecordQuery{Limit: 10})
		return []any{r, records}, err
	},
	"report.Service.Receipts": func(c call) (any, error) {
		list, counts, err := c.Reports.Receipts(c, c.in.ID, report.ReceiptQuery{Limit: 20})
		return []any{list, counts}, err
	},
	"report.Service.Receipt": func(c call) (any, error) {
		receipt, items, err := c.Reports.Receipt(c, c.in.ID, c.of.receipt)
		return []any{receipt, items}, err
	},
	"report.Service.Original": func(c call) (any, error) {
		original, err := c.Reports.Original(c, c.in.ID, c.of.receipt)
		if err != nil {
			return nil, err
		}
		defer original.Close()
		text, err := io.ReadAll(io.NewSectionReader(original, 0, original.Size()))
		return string(text), err
	},
	"report.Service.CountsByMailbox": func(c call) (any, error) {
		return c.Reports.CountsByMailbox(c, c.in.ID, c.Reports.Now().AddDate(0, 0, -7))
	},
	"report.Service.MailboxCounts": func(c call) (any, error) {
		return c.Reports.MailboxCounts(c, c.in.ID, c.of.mailbox, c.Reports.Now().AddDate(0, 0, -7))
	},
	"report.Service.Contest": func(c call) (any, error) {
		return c.Reports.Contest(c, c.in.ID, report.AggregateReport, c.of.report)
	},
	"report.Service.Successor": func(c call) (any, error) {
		return c.Reports.Successor(c, c.in.ID, report.AggregateReport, c.of.replaced)
	},
	"report.Service.Arrival":  func(c call) (any, error) { return c.Reports.Arrival(c, c.in.ID, c.of.receipt) },
	"report.Service.Usage":    func(c call) (any, error) { return c.Reports.Usage(c, c.in.ID) },
	"report.Service.Refusals": func(c call) (any, error) { return c.Reports.Refusals(c, c.in.ID) },
	"report.Service.Summarise": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			sum, err := c.Reports.Summarise(c, c.in.ID, f)
			return []any{sum, sum.Blockers(), sum.Assess(c.of.domain.ID)}, err
		})
	},
	"report.Service.Failing": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) { return c.Reports.Failing(c, c.in.ID, f) })
	},
	"report.Service.Search": func(c call) (any, error) {
		var all []any
		for _, q := range []string{c.of.domain.Name.String(), "192.0.2.1", "receiver.example", "r-" + c.of.access.Slug} {
			found, err := c.Reports.Search(c, c.in.ID, q)
			if err != nil {
				return nil, err
			}
			found.Network = netip.Prefix{} // what was asked for
			all = append(all, found)
		}
		return all, nil
	},
	"report.Service.SenderTrends": func(c call) (any, error) {
		return c.Reports.SenderTrends(c, c.in.ID, c.days(), []report.SenderTotal{{Sender: "192.0.2.1", DomainID: c.of.domain.ID}})
	},
	"report.Service.Senders": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			return c.Reports.Senders(c, c.in.ID, report.SenderQuery{Filter: f, Limit: 100})
		})
	},
	"report.Service.Domains": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) { return c.Reports.Domains(c, c.in.ID, f, 100) })
	},
	"report.Service.DomainSummary": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			sum, spread, err := c.Reports.DomainSummary(c, c.in.ID, f)
			return []any{sum, spread}, err
		})
	},
	"report.Service.Sender": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			f.Sender = "192.0.2.1"
			return c.Reports.Sender(c, c.in.ID, f)
		})
	},
	"sender.Service.Addresses": func(c call) (any, error) {
		list, total, err := c.Senders.Addresses(c, c.in.ID, c.of.domain.ID, "192.0.2.1", 10)
		return []any{list, total}, err
	},
	"report.Service.Reporters": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) { return c.Reports.Reporters(c, c.in.ID, f) })
	},
	"report.Service.Holding": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) { return c.Reports.Holding(c, c.in.ID, f) })
	},
	"report.Service.EachSum": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			var all []report.DaySum
			err := c.Reports.EachSum(c, c.in.ID, f, func(d report.DaySum) error { all = append(all, d); return nil })
			return all, err
		})
	},
	"report.Service.EachRow": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			var all []report.Row
			err := c.Reports.EachRow(c, c.in.ID, f, func(r report.Row) error { all = append(all, r); return nil })
			return all, err
		})
	},
	"report.Service.EachOriginal": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			var all []report.ReceiptID
			err := c.Reports.EachOriginal(c, c.in.ID, f, func(id report.ReceiptID, _ *spool.File) error { all = append(all, id); return nil })
			return all, err
		})
	},
	"report.Service.Qualities": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) { return c.Reports.Qualities(c, c.in.ID, f) })
	},

	"tlsreport.Service.Reports": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			return c.TLS.Reports(c, c.in.ID, tlsreport.Query{Filter: tlsFilter(f), Limit: 10})
		})
	},
	"tlsreport.Service.Report": func(c call) (any, error) {
		r, policies, failures, err := c.TLS.Report(c, c.in.ID, c.of.tls, tlsreport.Part{Limit: 10}, tlsreport.Part{Limit: 10})
		return []any{r, policies, failures}, err
	},
	"tlsreport.Service.Summarise": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) { return c.TLS.Summarise(c, c.in.ID, tlsFilter(f)) })
	},

	"failurereport.Service.Reports": func(c call) (any, error) {
		return twice(c, func(f report.Filter) (any, error) {
			lines, total, err := c.Failures.Reports(c, c.in.ID, failurereport.Query{Domain: f.Domain, Limit: 10})
			return []any{lines, total}, err
		})
	},
	"failurereport.Service.Report": func(c call) (any, error) { return c.Failures.Report(c, c.in.ID, c.of.failure) },
	"failurereport.Service.Exists": func(c call) (any, error) { return c.Failures.Exists(c, c.in.ID, c.of.failure) },
}

// write is a call that changes something.
type write struct {
	name    string
	refused bool // foreign things that it names are not found
	do      func(call) error
}

// writes are all calls that change something of one organization. They are
// done in this order inside one organization, first with the things of another
// and then with its own.
var writes = []write{
	{name: "audit.Trail.Record", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error {
			return c.Trail.Record(ctx, tx, audit.Event{Org: c.in.ID, Person: c.in.Person, Action: "test.look", Subject: c.of.mailbox.String(), At: c.Orgs.Now()})
		})
	}},
	{name: "org.Service.Rename", do: func(c call) error { return c.Orgs.Rename(c, c.in, "Renamed") }},
	{name: "org.Service.EnsureFirst", do: func(c call) error {
		o, err := c.Orgs.EnsureFirst(c, c.in.Person, c.of.access.Email)
		return errors.Join(err, want(o.ID == c.in.ID, "it is another organization"))
	}},

	{name: "org.Service.Invite", do: func(c call) error { return c.Orgs.Invite(c, c.in, c.of.access.Slug+"@invited.example", org.Viewer) }},
	{"org.Service.Resend", true, func(c call) error { return c.Orgs.Resend(c, c.in, c.of.invitation) }},
	{name: "org.Service.Send", do: func(c call) error {
		return c.Orgs.Send(c, org.SendInvitation{Org: c.in.ID, Invitation: c.of.invitation})
	}},
	{"org.Service.Accept", true, func(c call) error { _, err := c.Orgs.Accept(c, c.in.Person, c.of.invitation); return err }},
	{"org.Service.Decline", true, func(c call) error { _, err := c.Orgs.Decline(c, c.in.Person, c.of.invitation); return err }},
	{"org.Service.Revoke", true, func(c call) error { return c.Orgs.Revoke(c, c.in, c.of.invitation) }},
	{"org.Service.SetRole", true, func(c call) error { return c.Orgs.SetRole(c, c.in, c.of.member, org.Admin) }},
	{"org.Service.Transfer", true, func(c call) error { return c.Orgs.Transfer(c, c.in, c.of.member) }},
	{"org.Service.Remove", true, func(c call) error { return c.Orgs.Remove(c, c.in, c.of.member) }},
	{name: "export.Service.Ask", do: func(c call) error { return c.Exports.Ask(c, c.in, export.Order{Kind: export.Everything}) }},
	{"export.Service.Fetch", true, func(c call) error { // which is recorded
		return c.Exports.Fetch(c, c.in, c.of.export, func(export.Export) {}, func([]byte) error { return nil })
	}},
	{"export.Service.Make", true, func(c call) error { return c.Exports.Make(c, export.Make{Org: c.in.ID, Export: c.of.export}) }},

	{name: "domain.Await", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error { return domain.Await(ctx, tx, c.in.ID) })
	}},
	{name: "domain.Service.Add", do: func(c call) error { return c.Domains.Add(c, c.in, []fqdn.Name{c.of.domain.Name}) }},
	{name: "domain.Service.AddIn", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error {
			return c.Domains.AddIn(ctx, tx, c.in, []fqdn.Name{"waiting.example"})
		})
	}},

	{name: "domain.Service.AddPasted", do: func(c call) error {
		_, _, err := c.Domains.AddPasted(c, c.in, "pasted.example "+c.of.domain.Name.String())
		return err
	}},
	{name: "domain.Service.CreateGroup", do: func(c call) error {
		_, err := c.Domains.CreateGroup(c, c.in, "Group of "+c.of.access.Slug)
		return err
	}},
	{"domain.Service.RenameGroup", true, func(c call) error { return c.Domains.RenameGroup(c, c.in, c.of.group, "Renamed") }},
	{"domain.Service.Assign", true, func(c call) error {
		_, err := c.Domains.Assign(c, c.in, []fqdn.Name{c.of.domain.Name}, c.of.group)
		return err
	}},
	{name: "domain.Service.Choose", do: func(c call) error {
		s := *c.Domains // with something to choose
		s.Limits.Of = func(context.Context, postgres.Tx, postgres.TenantID, billing.Limit) (billing.Allowance, error) {
			return billing.Allowance{Max: 1}, nil
		}
		return s.Choose(c, c.in, []fqdn.Name{c.of.domain.Name})
	}},
	{name: "domain.Service.SetAside", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error { return c.Domains.SetAside(ctx, tx, c.in.ID, 1) })
	}},
	{name: "domain.Service.PlanGrown", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error { return c.Domains.PlanGrown(ctx, tx, c.in.ID) })
	}},
	{"domain.Service.DeleteGroup", true, func(c call) error { return c.Domains.DeleteGroup(c, c.in, c.of.group) }},

	{name: "mailbox.Service.Connect", do: func(c call) error { _, err := c.Mailboxes.Connect(c, c.in, settings); return err }},
	{"mailbox.Service.Retest", true, func(c call) error { return c.Mailboxes.Retest(c, c.in, c.of.mailbox, settings) }},
	{"mailbox.Service.Choose", true, func(c call) error {
		return c.Mailboxes.Choose(c, c.in, c.of.mailbox, []fqdn.Name{c.of.domain.Name})
	}},
	{"mailbox.Service.CheckNow", true, func(c call) error { return c.Mailboxes.CheckNow(c, c.in, c.of.mailbox) }},
	{"mailbox.Service.Pause", true, func(c call) error { return c.Mailboxes.Pause(c, c.in, c.of.mailbox) }},
	{"mailbox.Service.ReadAgain", true, func(c call) error { return c.Mailboxes.ReadAgain(c, c.in, c.of.mailbox, 90) }},
	{"mailbox.Service.RenewGrant", true, func(c call) error { _, _, err := c.Mailboxes.RenewGrant(c, c.in, c.of.mailbox); return err }},
	{name: "mailbox.Service.Do", do: func(c call) error {
		return c.Mailboxes.Do(c, mailbox.Slice{Org: c.in.ID, Mailbox: c.of.mailbox})
	}},
	{name: "mailbox.Service.Tell", do: func(c call) error {
		return c.Mailboxes.Tell(c, mailbox.TellPaused{Org: c.in.ID, Mailbox: c.of.mailbox, Person: c.in.Person})
	}},

	{"sender.Service.Review", true, func(c call) error {
		_, err := c.Senders.Review(c, c.in, c.of.domain.ID, []string{reportedIP}, sender.NotMine, "")
		return err
	}},
	{"sender.Service.Restore", true, func(c call) error {
		_, err := c.Senders.Restore(c, c.in, map[domain.ID][]sender.Opinion{c.of.domain.ID: {{Key: reportedIP, Note: "restored"}}})
		return err
	}},

	{"report.Service.Retry", true, func(c call) error { _, err := c.Reports.Retry(c, c.in.ID, c.of.refused); return err }},
	{name: "report.Service.Reparse", do: func(c call) error {
		turns, err := c.Reports.Reparse(c, c.in.ID, report.Originals{Receipt: c.of.receipt})
		return errors.Join(err, want(c.own() || len(turns) == 0, "it is read again"))
	}},
	{name: "report.Service.RetryAll", do: func(c call) error { return c.Reports.RetryAll(c, c.in) }},
	{name: "report.Service.Reread", do: func(c call) error { return goesOn(c.Reports.Reread(c, report.Reread{Org: c.in.ID})) }},
	{"report.Service.Choose", true, func(c call) error { return c.Reports.Choose(c, c.in, c.of.beside, 0, report.Undo) }},
	{name: "report.Service.DomainsAdded", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error {
			return c.Reports.DomainsAdded(ctx, tx, c.in.ID, []fqdn.Name{c.of.domain.Name})
		})
	}},
	{name: "report.Service.Release", do: func(c call) error { return goesOn(c.Reports.Release(c, report.Release{Org: c.in.ID})) }},
	{name: "report.Service.PlanGrown", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error { return c.Reports.PlanGrown(ctx, tx, c.in.ID) })
	}},
	{name: "report.Service.ReleasePlanHeld", do: func(c call) error {
		return goesOn(c.Reports.ReleasePlanHeld(c, report.ReleasePlanHeld{Org: c.in.ID}))
	}},
	{name: "report.Service.Import", do: func(c call) error {
		var files []report.File
		for _, document := range c.of.documents {
			files = append(files, report.File{Name: "a.xml", Content: strings.NewReader(document), Size: int64(len(document))})
		}
		counts, err := c.Reports.Import(c, c.in.ID, files)
		stored := counts[report.Accepted] + counts[report.Repaired]
		return errors.Join(err, want(c.own() || stored == len(files), fmt.Sprint("the other's reports are taken for ours: ", counts)))
	}},
	{name: "report.Service.Upload", do: func(c call) error {
		document := c.of.documents[0]
		_, err := c.Reports.Upload(c, c.in, uid.New[report.Visit](), report.File{Name: "b.xml", Content: strings.NewReader(document), Size: int64(len(document))})
		return err
	}},
	{name: "report.Service.Deliver", do: func(c call) error {
		document := c.of.documents[0]
		_, err := c.Reports.Deliver(c, c.in.ID, report.File{Content: strings.NewReader(document), Size: int64(len(document))})
		return err
	}},
	{name: "report.Service.Read", do: func(c call) error {
		document := c.of.documents[1]
		reading, err := c.Reports.Read(c, c.in.ID, []mailbox.Mail{{
			Mailbox: c.of.mailbox, Generation: "1", ID: mailfetch.MailID("1"), Size: int64(len(document)), Content: strings.NewReader(document),
		}})
		if err != nil {
			return err
		}
		return reading.Store(c, func(context.Context, postgres.Tx, []mailfetch.MailID, []mailfetch.MailID) error { return nil })
	}},

	{name: "tlsreport.Withdraw", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error {
			gone, counted, err := tlsreport.Withdraw(ctx, tx, c.in.ID, c.of.tlsBeside)
			return errors.Join(err, want(c.own() || gone.ID == 0 && counted == 0, "it is withdrawn"))
		})
	}},
	{name: "tlsreport.DomainsAdded", do: func(c call) error {
		return inTx(c, func(ctx context.Context, tx postgres.Tx) error {
			return tlsreport.DomainsAdded(ctx, tx, c.in.ID, []fqdn.Name{c.of.domain.Name})
		})
	}},

	{"mailbox.Service.Delete", true, func(c call) error { return c.Mailboxes.Delete(c, c.in, c.of.mailbox) }},
}
