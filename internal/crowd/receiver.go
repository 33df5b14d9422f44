package crowd

import (
	"fmt"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/fqdn"
)

// receiver reports about the mail that it gets.
type receiver struct {
	org, email string
	to         string // envelope_to, where it says so
}

// mostReceivers report about the largest domains.
const mostReceivers = 50

// receiverAt is the nth of them, the largest first. The first bear their real
// names, because people know them.
func receiverAt(n int) receiver {
	known := [...]receiver{
		{"google.com", "noreply-dmarc-support@google.com", ""},
		{"Enterprise Outlook", "dmarcreport@microsoft.com", "customer.example"},
		{"Yahoo", "dmarchelp@yahooinc.com", ""},
		{"Outlook.com", "dmarcreport@microsoft.com", "hotmail.com"},
		{"GMX", "noreply-dmarc@sicher.gmx.net", ""},
		{"Mimecast", "no-reply@us-1.mimecastreport.com", ""},
		{"AMAZON-SES", "postmaster@amazonses.com", ""},
		{"Mail.Ru", "dmarc_support@corp.mail.ru", ""},
	}
	if n < len(known) {
		return known[n]
	}
	name := fmt.Sprintf("receiver-%d.example", n+1)
	return receiver{name, "dmarc@" + name, name}
}

// head is that of the receiver's report about a domain's day that begins then.
func (r receiver) head(domain fqdn.Name, begin int64, p, sp string) *dmarcrpt.Report {
	return &dmarcrpt.Report{
		Version: "1.0", OrgName: r.org, Email: r.email, Begin: begin, End: begin + 86399,
		ReportID: fmt.Sprintf("%s-%d", domain, begin),
		Policy:   dmarcrpt.Policy{Domain: domain, DomainSent: domain.String(), P: p, SP: sp, ADKIM: "r", ASPF: "r", Pct: "100"},
	}
}
