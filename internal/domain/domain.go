// Package domain holds the mail domains that an organization watches. A
// domain is unique within its organization only.
package domain

import (
	"context"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// ID identifies a domain of an organization.
type ID = uid.ID[Domain]

// Domain is a watched domain.
type Domain struct {
	ID      ID        `db:"domain_id"`
	Name    fqdn.Name `db:"name"`
	AddedAt time.Time `db:"added_at"`
	Group   *GroupID  `db:"group_id"` // nil = in none
	// SetAsideAt is since when nothing new is counted for it, because the plan
	// has fewer domains; nil = it is active.
	SetAsideAt *time.Time `db:"set_aside_at"`
	KeepFirst  bool       `db:"keep_first"` // the owner chose that it stays active when others are set aside

	GroupName *string `db:"group_name"`
}

// Names returns the names of domains in their order.
func Names(domains []Domain) []string {
	names := make([]string, len(domains))
	for i, d := range domains {
		names[i] = d.Name.String()
	}
	return names
}

// Service is what can be done with domains.
type Service struct {
	DB     *postgres.DB
	Trail  *audit.Trail
	Limits billing.Limits
	Now    func() time.Time
	// Added is told of domains that are new, or active again, in the transaction
	// that does it: reports that arrived before are waiting for them.
	Added func(ctx context.Context, tx postgres.Tx, org org.ID, names []fqdn.Name) error
}

// List returns the organization's domains by name.
func (s *Service) List(ctx context.Context, org org.ID) ([]Domain, error) {
	var list []Domain
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		list, err = All(ctx, tx, org)
		return err
	})
	return list, err
}

// Find returns the organization's domain with the name; NotFound without one.
func (s *Service) Find(ctx context.Context, org org.ID, name string) (Domain, error) {
	list, err := s.List(ctx, org)
	if err != nil {
		return Domain{}, err
	}
	for _, d := range list {
		if d.Name.String() == name {
			return d, nil
		}
	}
	return Domain{}, fault.New(fault.NotFound, "There is no such domain in this organization.")
}

// Room returns how many more domains the organization's plan watches.
func (s *Service) Room(ctx context.Context, org org.ID) (room billing.Allowance, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		have, err := All(ctx, tx, org)
		if err != nil {
			return err
		}
		room, err = s.Limits.Check(ctx, tx, org, billing.Domains)
		room.Max = max(0, room.Max-active(have))
		return err
	})
	return room, err
}

// Add begins to watch domains; those watched already stay as they are.
func (s *Service) Add(ctx context.Context, a org.Access, names []fqdn.Name) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error { return s.AddIn(ctx, tx, a, names) })
}

// AddIn is Add within a transaction.
func (s *Service) AddIn(ctx context.Context, tx postgres.Tx, a org.Access, names []fqdn.Name) error {
	_, over, allowed, err := s.add(ctx, tx, a, names)
	if err == nil && len(over) > 0 {
		err = overPlan(allowed)
	}
	return err
}

// overPlan refuses more domains than the plan watches.
func overPlan(allowed billing.Allowance) error {
	return &fault.Error{Kind: fault.LimitReached, Upgrade: !allowed.Largest, Sentence: "Your plan watches up to " + count(allowed.Max) + "."}
}

// count is a number of domains in words.
func count(n int) string {
	if n == 1 {
		return "1 domain"
	}
	return fmt.Sprintf("%d domains", n)
}

// add adds what is new among names as far as the plan allows, and says what is
// over its limit, and what that is.
func (s *Service) add(ctx context.Context, tx postgres.Tx, a org.Access, names []fqdn.Name) (added, over []fqdn.Name, allowed billing.Allowance, err error) {
	if err := Await(ctx, tx, a.ID); err != nil {
		return nil, nil, allowed, err
	}
	have, err := All(ctx, tx, a.ID)
	if err != nil {
		return nil, nil, allowed, err
	}
	if allowed, err = s.Limits.Check(ctx, tx, a.ID, billing.Domains); err != nil {
		return nil, nil, allowed, err
	}
	known := map[fqdn.Name]bool{}
	for _, d := range have {
		known[d.Name] = true
	}
	for _, name := range names {
		switch {
		case known[name]:
			continue
		case allowed.Allows(active(have) + len(added) + 1):
			added = append(added, name)
		default:
			over = append(over, name)
		}
		known[name] = true
	}
	if len(added) == 0 {
		return nil, over, allowed, nil
	}
	if err := insert(ctx, tx, a.ID, added, s.Now()); err != nil {
		return nil, nil, allowed, err
	}
	if err := s.Added(ctx, tx, a.ID, added); err != nil {
		return nil, nil, allowed, err
	}
	return added, over, allowed, s.record(ctx, tx, a, "domain.add", added)
}

// record notes the same of each name.
func (s *Service) record(ctx context.Context, tx postgres.Tx, a org.Access, action string, names []fqdn.Name) error {
	return s.Trail.Record(ctx, tx, s.events(a, action, names)...)
}

func (s *Service) events(a org.Access, action string, names []fqdn.Name) []audit.Event {
	events := make([]audit.Event, len(names))
	for i, name := range names {
		events[i] = audit.Event{Org: a.ID, Person: a.Person, Action: action, Subject: name.String(), At: s.Now()}
	}
	return events
}
