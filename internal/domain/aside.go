package domain

import (
	"cmp"
	"context"
	"slices"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Choose says which domains stay active; all others are set aside. As long as
// more are active than the plan watches, because the grace of a smaller plan is
// not over, the choice is only noted for its end. Names that are not watched
// are passed over; LimitReached for more than the plan watches, Conflict where it
// watches all of them and nothing is to be chosen.
func (s *Service) Choose(ctx context.Context, a org.Access, keep []fqdn.Name) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		all, allowed, err := s.settled(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		kept := slices.DeleteFunc(slices.Clone(all), func(d Domain) bool { return !slices.Contains(keep, d.Name) })
		if len(kept) == 0 {
			return fault.InvalidFields(fault.Fields{"domains": "Choose at least one domain."})
		}
		if allowed.Allows(len(all)) {
			return fault.New(fault.Conflict, "Your plan watches all of your domains, so none has to be set aside.")
		}
		if !allowed.Allows(len(kept)) {
			return overPlan(allowed)
		}
		if err := keepFirst(ctx, tx, a.ID, kept); err != nil {
			return err
		}
		if !allowed.Allows(active(all)) {
			return s.record(ctx, tx, a, "domain.keep", namesOf(kept))
		}
		slices.SortStableFunc(all, first(func(d Domain) bool { return slices.Contains(keep, d.Name) }))
		return s.settle(ctx, tx, a, all, len(kept))
	})
}

// SetAside ends the grace of a smaller plan that watches so many domains: those
// that the owner chose stay active, then those that were added first, because
// they are what the organization came for. It takes part in the transaction
// that makes the plan smaller.
func (s *Service) SetAside(ctx context.Context, tx postgres.Tx, id org.ID, allowed int) error {
	all, _, err := s.settled(ctx, tx, id)
	if err != nil {
		return err
	}
	return s.settle(ctx, tx, program(id), KeptFirst(all), allowed)
}

// KeptFirst returns domains in the order in which a smaller plan keeps them
// active: those that the owner chose, then those that are active now, of either
// those that were added first.
func KeptFirst(all []Domain) []Domain {
	all = slices.Clone(all)
	slices.SortFunc(all, byAge)
	slices.SortStableFunc(all, first(func(d Domain) bool { return d.SetAsideAt == nil }))
	slices.SortStableFunc(all, first(func(d Domain) bool { return d.KeepFirst }))
	return all
}

// PlanGrown makes domains active again as far as the plan watches them, those
// that were added first before others. It takes part in the transaction that
// makes the plan larger.
func (s *Service) PlanGrown(ctx context.Context, tx postgres.Tx, id org.ID) error {
	all, allowed, err := s.settled(ctx, tx, id)
	if err != nil {
		return err
	}
	n := max(active(all), allowed.Max)
	if allowed.Allows(len(all)) { // the choice was about a smaller plan
		n = len(all)
		if err := keepFirst(ctx, tx, id, nil); err != nil {
			return err
		}
	}
	slices.SortStableFunc(all, first(func(d Domain) bool { return d.SetAsideAt == nil }))
	return s.settle(ctx, tx, program(id), all, n)
}

// settled returns the domains, those that were added first before others, and
// how many the plan watches. No report is being stored until the transaction
// ends: one that is held because its domain is set aside is held before that is
// active again, and so is released by it.
func (s *Service) settled(ctx context.Context, tx postgres.Tx, id org.ID) (all []Domain, allowed billing.Allowance, err error) {
	if err = Await(ctx, tx, id); err != nil {
		return nil, allowed, err
	}
	if all, err = All(ctx, tx, id); err != nil {
		return nil, allowed, err
	}
	slices.SortFunc(all, byAge)
	allowed, err = s.Limits.Check(ctx, tx, id, billing.Domains)
	return all, allowed, err
}

// settle makes the first n of the domains active and sets the others aside.
func (s *Service) settle(ctx context.Context, tx postgres.Tx, a org.Access, all []Domain, n int) error {
	n = min(n, len(all))
	back := slices.DeleteFunc(slices.Clone(all[:n]), func(d Domain) bool { return d.SetAsideAt == nil })
	aside := slices.DeleteFunc(slices.Clone(all[n:]), func(d Domain) bool { return d.SetAsideAt != nil })
	if len(back)+len(aside) == 0 {
		return nil
	}
	if err := setAside(ctx, tx, a.ID, aside, new(s.Now())); err != nil {
		return err
	}
	if err := setAside(ctx, tx, a.ID, back, nil); err != nil {
		return err
	}
	if len(back) > 0 {
		if err := s.Added(ctx, tx, a.ID, namesOf(back)); err != nil {
			return err
		}
	}
	return s.Trail.Record(ctx, tx, append(s.events(a, "domain.set-aside", namesOf(aside)), s.events(a, "domain.resume", namesOf(back))...)...)
}

// byAge orders domains that were added first before others.
func byAge(a, b Domain) int {
	return cmp.Or(a.AddedAt.Compare(b.AddedAt), cmp.Compare(a.Name, b.Name))
}

// first orders domains of which something is true before others.
func first(is func(Domain) bool) func(a, b Domain) int {
	rank := func(d Domain) int {
		if is(d) {
			return 0
		}
		return 1
	}
	return func(a, b Domain) int { return rank(a) - rank(b) }
}

// active counts the domains that are not set aside.
func active(all []Domain) (n int) {
	for _, d := range all {
		if d.SetAsideAt == nil {
			n++
		}
	}
	return n
}

func namesOf(domains []Domain) []fqdn.Name {
	names := make([]fqdn.Name, len(domains))
	for i, d := range domains {
		names[i] = d.Name
	}
	return names
}

// program is the program's own access to an organization, nobody's.
func program(id org.ID) org.Access {
	return org.Access{Membership: org.Membership{Organization: org.Organization{ID: id}}}
}
