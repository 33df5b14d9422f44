package org

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// Depart follows a person whose account is being deleted, and is marked so
// already: organizations that nobody else belongs to are deleted. It refuses
// while others would be left without an owner who stays. Their other
// memberships end with the account.
func (s *Service) Depart(ctx context.Context, person PersonID) error {
	all, err := s.Memberships(ctx, person)
	if err != nil {
		return err
	}
	var alone []Access
	var orphaned []string
	for _, m := range all {
		a := Access{Membership: m, Person: person, All: all}
		others, owned, err := s.without(ctx, a)
		switch {
		case err != nil:
			return err
		case others == 0:
			alone = append(alone, a)
		case !owned:
			orphaned = append(orphaned, m.Name)
		}
	}
	if len(orphaned) > 0 {
		return fault.New(fault.Conflict, fmt.Sprintf("Nobody else who stays owns %s, which others belong to. Hand it over or delete it first.", strings.Join(orphaned, " and ")))
	}
	for _, a := range alone {
		if err := s.deleteLonely(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// Alone returns the organizations that nobody else belongs to, which go with the
// person's account.
func (s *Service) Alone(ctx context.Context, person PersonID) (list []Organization, err error) {
	all, err := s.Memberships(ctx, person)
	for _, m := range all {
		var others int
		err := s.DB.InOrg(ctx, m.ID, func(ctx context.Context, tx postgres.Tx) (err error) {
			others, err = membersBeside(ctx, tx, m.ID, person)
			return err
		})
		if err != nil {
			return nil, err
		}
		if others == 0 {
			list = append(list, m.Organization)
		}
	}
	return list, err
}

// without counts who else belongs to the organization, and says whether
// somebody owns it whose account stays. Those who go at the same time are
// marked before they ask, so that of two owners each sees the other go.
func (s *Service) without(ctx context.Context, a Access) (others int, owned bool, err error) {
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if err := lock(ctx, tx, a.ID); err != nil {
			return err
		}
		if others, err = membersBeside(ctx, tx, a.ID, a.Person); err != nil {
			return err
		}
		n, err := owners(ctx, tx, a.ID)
		owned = n > 0
		return err
	})
	return others, owned, err
}

// deleteLonely deletes an organization unless somebody has come meanwhile.
func (s *Service) deleteLonely(ctx context.Context, a Access) error {
	return s.closing(ctx, a, func(ctx context.Context, tx postgres.Tx) (bool, error) {
		others, err := membersBeside(ctx, tx, a.ID, a.Person)
		return others == 0, err
	})
}

// End ends every membership of a person who is being erased, and forgets where
// their address was invited.
func (s *Service) End(ctx context.Context, person PersonID, email string) error {
	var of []ID
	err := s.DB.InPerson(ctx, person, func(ctx context.Context, tx postgres.Tx) (err error) {
		of, err = belongsTo(ctx, tx, person)
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range of {
		err := s.DB.InOrg(ctx, o, func(ctx context.Context, tx postgres.Tx) error {
			if err := deleteMember(ctx, tx, o, person); err != nil {
				return err
			}
			a := Access{Membership: Membership{Organization: Organization{ID: o}}, Person: person}
			events, err := s.withdraw(ctx, tx, a, person, "")
			if err != nil {
				return err
			}
			return s.Trail.Record(ctx, tx, append(events, audit.Event{Org: o, Person: person, Action: "member.leave", Subject: person.String(), At: s.Now()})...)
		})
		if err != nil {
			return err
		}
	}
	return s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error { return deleteInvitationsTo(ctx, tx, email) })
}

// closeAbandoned deletes organizations that nobody belongs to: no way leads
// there, and this one leads out.
func (s *Service) closeAbandoned(ctx context.Context) error {
	var empty []ID
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		empty, err = abandoned(ctx, tx)
		return err
	})
	for _, o := range empty {
		a := Access{Membership: Membership{Organization: Organization{ID: o}}}
		err = errors.Join(err, s.deleteLonely(ctx, a))
	}
	return err
}
