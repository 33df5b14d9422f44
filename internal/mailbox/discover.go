package mailbox

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailaddr"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
)

// Finder finds the mail servers of an address.
type Finder struct {
	DNS     *dns.Resolver  // nil: only providers that are known by their domain are found
	Ports   []uint16       // allowed beside those for reading mail
	LookUps *limit.Limiter // per organization
}

// Origin is where a suggestion comes from.
type Origin string

// The origins, the surest first.
const (
	FromProvider Origin = "provider" // the address is at a provider that we know
	FromSRV      Origin = "srv"      // its domain names the server in DNS (RFC 6186)
	FromMX       Origin = "mx"       // its domain has its mail taken in by a provider that we know
)

// Suggestion is a server that an address may be read at.
type Suggestion struct {
	Protocol mailfetch.Protocol
	Host     string
	Port     int
	Security mailfetch.Security
	Preset   string // key of the provider; "" = none that we know
	Origin   Origin
}

// Discovery is what was found for an address. Nothing in it is guessed.
type Discovery struct {
	Address     string
	Domain      string
	Suggestions []Suggestion // the best first
	Ignored     []string     // a sentence for each server that is named and cannot be used
	Unsure      bool         // DNS could not be asked for all of it just now
}

// discoverTimeout bounds how long somebody waits for DNS.
const discoverTimeout = 8 * time.Second

// Discover finds the servers of an address: by the domains of providers that we
// know, else by what the domain says in DNS (RFC 6186), else by who takes its
// mail in.
func (f *Finder) Discover(ctx context.Context, org org.ID, address string) (Discovery, error) {
	address, err := mailaddr.Parse(address)
	if err != nil {
		return Discovery{}, fault.InvalidFields(fault.Fields{"address": fault.FieldsOf(err)["email"]})
	}
	d := Discovery{Address: address, Domain: address[strings.LastIndexByte(address, '@')+1:]}
	if p, ok := presetOf(func(p Preset) bool { return p.holds(d.Domain) }); ok {
		d.Suggestions = p.suggestions(FromProvider)
		return d, nil
	}
	if f.DNS == nil {
		return d, nil
	}
	if err := f.mayLook(ctx, org); err != nil {
		return Discovery{}, err
	}
	f.look(ctx, &d)
	return d, ctx.Err()
}

func (f *Finder) mayLook(ctx context.Context, org org.ID) error {
	wait, err := f.LookUps.Take(ctx, org.String())
	if err != nil || wait == 0 {
		return err
	}
	minutes := int((wait + time.Minute - 1) / time.Minute)
	return &fault.Error{Kind: fault.LimitReached, Wait: wait,
		Sentence: fmt.Sprintf("These were many look-ups in a short time. Wait %d min, or type the settings yourself.", minutes)}
}

// suggestions are the servers of a provider.
func (p Preset) suggestions(from Origin) []Suggestion {
	list := []Suggestion{{Protocol: mailfetch.IMAP, Host: p.Host, Port: p.Port, Security: p.Security, Preset: p.Key, Origin: from}}
	if p.POP3 != "" {
		list = append(list, Suggestion{Protocol: mailfetch.POP3, Host: p.POP3, Port: 995, Security: mailfetch.ImplicitTLS, Preset: p.Key, Origin: from})
	}
	return list
}

// services are what a domain can name (RFC 6186 section 3), the best first.
var services = [...]struct {
	name     string
	protocol mailfetch.Protocol
	security mailfetch.Security
}{
	{"_imaps._tcp.", mailfetch.IMAP, mailfetch.ImplicitTLS},
	{"_imap._tcp.", mailfetch.IMAP, mailfetch.STARTTLS},
	{"_pop3s._tcp.", mailfetch.POP3, mailfetch.ImplicitTLS},
	{"_pop3._tcp.", mailfetch.POP3, mailfetch.STARTTLS},
}

// look asks DNS for everything at once and keeps the best that came.
func (f *Finder) look(ctx context.Context, d *Discovery) {
	ctx, cancel := context.WithTimeout(ctx, discoverTimeout)
	defer cancel()
	var found [len(services)][]dns.SRV
	var takers []dns.MX
	var failures [len(services) + 1]error
	var all sync.WaitGroup
	for i, service := range services {
		all.Go(func() { found[i], failures[i] = f.DNS.LookupSRV(ctx, service.name+d.Domain) })
	}
	all.Go(func() { takers, failures[len(services)] = f.DNS.LookupMX(ctx, d.Domain) })
	all.Wait()
	for i, service := range services {
		for _, server := range found[i] {
			f.take(d, Suggestion{Protocol: service.protocol, Security: service.security, Host: server.Target, Port: int(server.Port), Origin: FromSRV})
		}
	}
	if len(d.Suggestions) == 0 && len(takers) > 0 {
		if p, ok := presetOf(func(p Preset) bool { return p.takes(takers[0].Target) }); ok {
			d.Suggestions = p.suggestions(FromMX)
		}
	}
	d.Unsure = slices.ContainsFunc(failures[:], func(err error) bool { return err != nil && dns.ReasonOf(err) == dns.Temporary })
}

// take keeps a server that the domain names, or says why it cannot be used. "."
// means that the service is not offered (RFC 6186 section 3.4).
func (f *Finder) take(d *Discovery, s Suggestion) {
	host, err := fqdn.Parse(s.Host)
	switch {
	case s.Host == ".":
		return
	case err != nil:
		d.Ignored = append(d.Ignored, "DNS names a mail server that has no usable name.")
		return
	case !f.allowed(s.Port):
		d.Ignored = append(d.Ignored, fmt.Sprintf("DNS names %s on port %d, which is not used for reading mail, so we do not connect to it.", host, s.Port))
		return
	}
	s.Host = host.String()
	if p, ok := presetOf(func(p Preset) bool { return p.at(s.Host) }); ok {
		s.Preset = p.Key
	}
	d.Suggestions = append(d.Suggestions, s)
}

// allowed reports whether a connection to the port is made at all.
func (f *Finder) allowed(port int) bool {
	return slices.Contains([]int{110, 143, 993, 995}, port) || slices.Contains(f.Ports, uint16(port))
}
