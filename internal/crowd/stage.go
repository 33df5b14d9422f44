package crowd

// stage is where a domain stands on its way to p=reject.
type stage string

const (
	monitoring stage = "monitoring"    // p=none, two senders stand in the way
	enforcing  stage = "enforcing"     // p=reject, everything passes
	parked     stage = "parked"        // p=reject, sends no mail
	spoofed    stage = "spoofed"       // p=none, strangers send half of it
	forwarded  stage = "forwarded"     // much of it comes by forwarders and lists
	ramping    stage = "ramping up"    // from none by quarantine to reject, and growing
	quiet      stage = "one reporter"  // only one receiver reports
	subdomains stage = "subdomains"    // p=reject with sp=none, and sends from below
	quarantine stage = "quarantining"  // p=quarantine, one sender stands in the way
	failing    stage = "misconfigured" // p=none, a provider that never passes
)

// stages are those of the domains of an organization, in turn.
var stages = [...]stage{monitoring, subdomains, parked, enforcing, ramping, quarantine, spoofed, forwarded, failing, quiet}

// policy is what the domain publishes on a day, as a part of all days: p and sp.
func (s stage) policy(at float64) (p, sp string) {
	switch s {
	case enforcing, parked:
		return reject, reject
	case subdomains:
		return reject, none
	case quarantine:
		return quarantined, quarantined
	case ramping:
		switch {
		case at < 0.4:
			return none, none
		case at < 0.75:
			return quarantined, quarantined
		}
		return reject, reject
	}
	return none, none
}

// growth is how much more is sent at the end than at the beginning.
func (s stage) growth() float64 {
	if s == ramping {
		return 3
	}
	return 1.3
}

// part is one of those who send as a domain.
type part struct {
	habit habit
	kind  string  // of provider; "" = none of the catalogue
	share float64 // of all rows, before they are made to add up to one
}

// parts are those who send as a domain of the stage.
func (s stage) parts() []part {
	usual := []part{
		{passes, "mailbox", 30}, {passes, "", 12}, {signs, "transactional", 18}, {signs, "marketing", 10}, {byEnvelope, "hosting", 3},
		{relays, "forwarder", 3}, {relays, "gateway", 2}, {lists, "forwarder", 1}, {deceives, "", 3},
	}
	switch s {
	case monitoring:
		return append(usual, part{flaky, "marketing", 12}, part{flaky, "helpdesk", 6})
	case parked:
		return []part{{deceives, "", 1}}
	case spoofed:
		return append(usual, part{deceives, "", 70})
	case forwarded:
		return append(usual, part{relays, "forwarder", 30}, part{lists, "forwarder", 20})
	case subdomains:
		return append(usual, part{below, "marketing", 25}, part{below, "crm", 5})
	case quarantine:
		return append(usual, part{flaky, "helpdesk", 8})
	case failing:
		return append(usual, part{never, "transactional", 15})
	case quiet:
		return usual[:4]
	}
	return usual
}
