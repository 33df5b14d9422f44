package sender

import (
	"context"
	"errors"
	"net/netip"
	"time"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/provider"
	"sendvery.com/sendvery/internal/work"
)

// Find is the job that looks up facts of addresses and says who they are: new
// ones, those with facts that changed, and all when the catalogue changed or a
// week has passed, because what they send shows more.
type Find struct{}

// Kind implements work.Args.
func (Find) Kind() string { return "find_senders" }

// Bounds of one job, and how long an identity is good.
const (
	targetsAtOnce = 200
	findLength    = 15 * time.Second
	identityGood  = 7 * 24 * time.Hour
)

// Find does a Find job, one at a time: what one has read another must not
// change meanwhile. An organization that cannot be done for now stands in no
// other's way.
func (s *Service) Find(ctx context.Context, _ Find) error {
	return s.DB.Alone(ctx, "find senders", s.findSome)
}

func (s *Service) findSome(ctx context.Context) error {
	end := s.Now().Add(findLength)
	before := time.Time{}
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		at, err := since(ctx, tx, provider.Version(), s.Now())
		if old := s.Now().Add(-identityGood); at.Before(old) {
			at = old
		}
		before = at
		return err
	})
	if err != nil {
		return err
	}
	if err := s.enrolDue(ctx, before); err != nil {
		return err
	}
	more, err := s.lookUp(ctx)
	if err != nil {
		return err
	}
	for {
		did, err := s.identifySome(ctx, before)
		switch {
		case err != nil:
			return err
		case did == 0 && !more:
			return nil
		case did == 0 || s.Now().After(end):
			return work.Again(0)
		}
	}
}

// enrolDue makes the addresses that are to be identified known, so that they
// are looked up first.
func (s *Service) enrolDue(ctx context.Context, before time.Time) error {
	return s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		targets, err := dueTargets(ctx, tx, before, targetsAtOnce)
		if err != nil || len(targets) == 0 {
			return err
		}
		return enrolTargets(ctx, tx, targets)
	})
}

func enrolTargets(ctx context.Context, tx postgres.Tx, targets []target) error {
	ips := make([]netip.Addr, len(targets))
	for i, t := range targets {
		ips[i] = t.IP
	}
	return enrol(ctx, tx, ips)
}

// identifySome identifies addresses that are due, and says of how many.
func (s *Service) identifySome(ctx context.Context, before time.Time) (did int, err error) {
	var targets []target
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		switch targets, err = dueTargets(ctx, tx, before, targetsAtOnce); {
		case err != nil:
			return err
		case len(targets) > 0: // some came in since enrolDue: the next job looks them up
			return enrolTargets(ctx, tx, targets)
		}
		return settle(ctx, tx)
	})
	var failed error
	for len(targets) > 0 && err == nil {
		n := 1
		for n < len(targets) && targets[n].Org == targets[0].Org {
			n++
		}
		if one := s.identifyEach(ctx, targets[:n]); one != nil {
			failed = errors.Join(failed, one)
		} else {
			did += n
		}
		targets = targets[n:]
	}
	if did == 0 {
		err = errors.Join(err, failed)
	} else if failed != nil {
		s.Log.WarnContext(ctx, "senders of some organizations were not found", "error", failed)
	}
	return did, err
}

// identifyEach says who addresses of one organization are. If it cannot be said
// of all, those that it cannot be said of wait as long as the others, so that
// they stand in nobody's way.
func (s *Service) identifyEach(ctx context.Context, targets []target) error {
	err := s.identify(ctx, targets)
	switch half := len(targets) / 2; {
	case err == nil || fault.Is(err, fault.Temporary) || ctx.Err() != nil:
		return err
	case half > 0:
		return errors.Join(s.identifyEach(ctx, targets[:half]), s.identifyEach(ctx, targets[half:]))
	}
	org := org.ID(targets[0].Org)
	s.Log.ErrorContext(ctx, "an address cannot be identified", "org", org, "error", err)
	return s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error { return postpone(ctx, tx, targets[0], s.Now()) })
}

// source is an address of a domain as it is stored.
type source struct {
	Domain  domain.ID  `db:"domain_id"`
	IP      netip.Addr `db:"source_ip"`
	Sender  string     `db:"sender"`
	Country string     `db:"country"`
	First   time.Time  `db:"first_day"`
	Passes  bool       `db:"own"`
	Judged  bool       `db:"judged"`
	Name    fqdn.Name  `db:"name"` // of the domain
}

func (s source) target(org org.ID) target { return target{[16]byte(org), [16]byte(s.Domain), s.IP} }

// stored are the facts of an address as they are stored.
type stored struct {
	Facts
	revision int32
}

// identified is a source with who it is now.
type identified struct {
	source
	identity Identity
	country  string
	revision int32
}

// moved reports whether sums of its messages are wrong now.
func (i identified) moved() bool { return i.identity.Key != i.Sender || i.country != i.Country }

// identify says who addresses of one organization are. Their rows are locked
// once all is known, so that reports wait for the writing only.
func (s *Service) identify(ctx context.Context, targets []target) error {
	org := org.ID(targets[0].Org)
	return s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		sources, err := readSources(ctx, tx, org, targets, "")
		if err != nil || len(sources) == 0 {
			return err
		}
		facts, err := factsOf(ctx, tx, sources)
		if err != nil {
			return err
		}
		results, err := resultsOf(ctx, tx, org, sources, s.Now())
		if err != nil {
			return err
		}
		if sources, err = readSources(ctx, tx, org, targets, keep); err != nil {
			return err
		}
		found := make([]identified, len(sources))
		for i, source := range sources {
			f := facts[source.IP]
			identity := Identify(Evidence{Domain: source.Name, IP: source.IP, Judged: source.Judged, Passes: source.Passes, Facts: f.Facts, Results: results[source.target(org)]})
			found[i] = identified{source, identity, f.Country, f.revision}
		}
		return saveIdentities(ctx, tx, org, found, s.Now())
	})
}
