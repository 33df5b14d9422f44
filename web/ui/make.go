package ui

import (
	"strings"
	"time"

	"sendvery.com/sendvery/internal/dmarc"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/web/format"
)

// NewRecord is what a domain has to publish so that reports go to an address.
// Without a domain it is that of the address; what cannot be read comes back
// with its sentence. action is the path of the page that shows it.
func NewRecord(domain, address, action string) Record {
	out := Record{Domain: strings.TrimSpace(domain), Address: strings.TrimSpace(address), Action: action}
	if out.Domain == "" {
		_, out.Domain, _ = strings.Cut(out.Address, "@")
	}
	name, err := fqdn.Parse(out.Domain)
	if err != nil {
		out.DomainError = "This is not a domain name. It should look like example.org."
		return out
	}
	if !strings.Contains(out.Address, "@") {
		out.AddressError = "Type the whole address that reports shall go to."
		return out
	}
	advice := dmarc.Publish(name, out.Address)
	out.Domain = name.String()
	out.Name, out.Value, out.ConsentName, out.ConsentValue = advice.Name, advice.Value, advice.ConsentName, advice.ConsentValue
	return out
}

// NewProgress puts a run over mails into words. rate is in mails a second; it
// and left may be 0, which means unknown.
func NewProgress(done, total int64, rate float64, left time.Duration) Progress {
	p := Progress{Done: done, Total: total, Unit: "mails"}
	if rate > 0 {
		p.Rate = "about " + format.Count(int64(rate+0.5)) + " mails a second"
	}
	if left > 0 {
		p.Left = "about " + format.For(left) + " left"
	}
	return p
}
