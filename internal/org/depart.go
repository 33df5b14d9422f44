package org

import (
	"context"
	"fmt"
	"strings"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// Depart prepares for the end of the person's account: organizations that have
// nobody else are deleted. It refuses while others would be left without an
// owner. Their other memberships end with the account.
func (s *Service) Depart(ctx context.Context, person PersonID, email string) error {
	all, err := s.Memberships(ctx, person)
	if err != nil {
		return err
	}
	var alone []Access
	var orphaned []string
	for _, m := range all {
		a := Access{Membership: m, Person: person, Email: email, All: all}
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
		return fault.New(fault.Conflict, fmt.Sprintf("You are the only owner of %s, which others belong to. Hand it over or delete it first.", strings.Join(orphaned, " and of ")))
	}
	for _, a := range alone {
		if a.Role != Owner {
			continue
		}
		if err := s.Delete(ctx, a); err != nil {
			return err
		}
	}
	return nil
}

// without counts who else belongs to the organization, and says whether one of
// them owns it.
func (s *Service) without(ctx context.Context, a Access) (others int, owned bool, err error) {
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		team, err := members(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		others, owned = 0, false
		n, err := owners(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		for _, m := range team {
			if m.Person != a.Person {
				others++
			}
		}
		if a.Role == Owner {
			n--
		}
		owned = n > 0
		return nil
	})
	return others, owned, err
}
