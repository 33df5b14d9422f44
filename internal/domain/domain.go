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
	// Added is told of new domains in the transaction that adds them: reports
	// that arrived before are waiting for them.
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

// Add begins to watch domains; those watched already stay as they are.
func (s *Service) Add(ctx context.Context, a org.Access, names []fqdn.Name) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error { return s.AddIn(ctx, tx, a, names) })
}

// AddIn is Add within a transaction.
func (s *Service) AddIn(ctx context.Context, tx postgres.Tx, a org.Access, names []fqdn.Name) error {
	if err := Await(ctx, tx, a.ID); err != nil {
		return err
	}
	have, err := count(ctx, tx, a.ID)
	if err != nil {
		return err
	}
	allowed, err := s.Limits.Check(ctx, tx, a.ID, billing.Domains)
	if err != nil {
		return err
	}
	now := s.Now()
	var added []fqdn.Name
	for _, name := range names {
		fresh, err := insert(ctx, tx, a.ID, Domain{ID: uid.New[Domain](), Name: name, AddedAt: now})
		if err != nil {
			return err
		}
		if fresh {
			added = append(added, name)
		}
	}
	if !allowed.Allows(have + len(added)) {
		return fault.New(fault.LimitReached, fmt.Sprintf("Your plan watches up to %d domains.", allowed.Max))
	}
	if len(added) == 0 {
		return nil
	}
	if err := s.Added(ctx, tx, a.ID, added); err != nil {
		return err
	}
	events := make([]audit.Event, 0, len(added))
	for _, name := range added {
		events = append(events, audit.Event{Org: a.ID, Person: a.Person, Action: "domain.add", Subject: name.String(), At: now})
	}
	return s.Trail.Record(ctx, tx, events...)
}
