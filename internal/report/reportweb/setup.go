package reportweb

import (
	"net/url"
	"slices"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// setUp is what is left to do until the numbers answer by themselves. It is
// for those who may do all of it; once all is done, nothing is drawn. query
// chooses the days and the group of sum.
func setUp(a org.Access, query url.Values, boxes []mailbox.Mailbox, domains []domain.Domain, sum report.Summary) ui.Checklist {
	if !a.Role.May(org.ManageMailboxes) {
		return ui.Checklist{}
	}
	connected := slices.ContainsFunc(boxes, mailbox.Mailbox.Connected)
	arrived := sum.Ever > 0
	open := 0
	for _, s := range sum.Senders {
		if s.Review == report.Unreviewed && s.Class() != report.Passing {
			open++
		}
	}
	items := []ui.ChecklistItem{
		{Text: "Connect the mailbox that reports arrive in", Done: connected || arrived, Href: path(a, "mailboxes/new", nil)},
		{Text: "Choose the domains to watch", Done: len(domains) > 0, Href: path(a, "domains/new", nil)},
		{Text: "Publish the record that asks for reports", Detail: "Done when the first report has arrived; most reporters send once a day.", Done: arrived, Href: path(a, "welcome", nil)},
		{Text: "Say of your senders which are yours", Done: arrived && (open == 0 || sum.Reviewed), Href: path(a, "senders", with(query, "domain", ""))},
	}
	if arrived {
		items[2].Detail = "Reports arrive."
	}
	if open > 0 && !sum.Reviewed {
		items[3].Detail = format.Of(open, "sender is", "senders are") + " not reviewed yet."
	}
	for i := range items {
		if items[i].Done {
			items[i].Href = ""
		}
	}
	return ui.Checklist{Items: items}
}
