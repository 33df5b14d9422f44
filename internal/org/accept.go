package org

import (
	"context"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// Offer is an invitation as the invited person sees it.
type Offer struct {
	Invitation
	Organization string `db:"name"`
	Slug         string `db:"slug"`
}

// noInvitation is the same for what does not exist and for what another
// address was sent.
const noInvitation = "There is no invitation here for your address. It may have been revoked, or sent to another address of yours: sign in with that one."

// Offers returns the invitations that wait for the person's address.
func (s *Service) Offers(ctx context.Context, person PersonID) ([]Offer, error) {
	var list []Offer
	err := s.DB.InPerson(ctx, person, func(ctx context.Context, tx postgres.Tx) (err error) {
		list, err = offers(ctx, tx, person, s.Now())
		return err
	})
	return list, err
}

// Offer returns one invitation for the person's address; NotFound without one.
func (s *Service) Offer(ctx context.Context, person PersonID, id InvitationID) (Offer, error) {
	list, err := s.Offers(ctx, person)
	if err != nil {
		return Offer{}, err
	}
	for _, o := range list {
		if o.ID == id {
			return o, nil
		}
	}
	return Offer{}, fault.New(fault.NotFound, noInvitation)
}

// Accept makes the person a member, as far as there is a seat left.
func (s *Service) Accept(ctx context.Context, person PersonID, id InvitationID) (Offer, error) {
	return s.answer(ctx, person, id, "invitation.accept", func(ctx context.Context, tx postgres.Tx, i Invitation) error {
		team, err := members(ctx, tx, i.Org)
		if err != nil {
			return err
		}
		for _, m := range team {
			if m.Person == person {
				return nil // by another way meanwhile
			}
		}
		if allowed, err := s.Limits.Check(ctx, tx, i.Org, billing.Seats); err != nil {
			return err
		} else if !allowed.Allows(len(team) + 1) {
			return fault.New(fault.LimitReached, "There is no free seat in this organization at the moment. Ask whoever invited you.")
		}
		return insertMember(ctx, tx, i.Org, Colleague{Person: person, Role: i.Role, JoinedAt: s.Now()})
	})
}

// Decline does without the membership.
func (s *Service) Decline(ctx context.Context, person PersonID, id InvitationID) (Offer, error) {
	return s.answer(ctx, person, id, "invitation.decline", func(context.Context, postgres.Tx, Invitation) error { return nil })
}

// answer uses up an invitation of the person's address.
func (s *Service) answer(ctx context.Context, person PersonID, id InvitationID, action string, do func(context.Context, postgres.Tx, Invitation) error) (Offer, error) {
	o, err := s.Offer(ctx, person, id)
	if err != nil {
		return Offer{}, err
	}
	err = s.DB.InOrgAs(ctx, o.Org, person, func(ctx context.Context, tx postgres.Tx) error {
		if err := lock(ctx, tx, o.Org); err != nil {
			return err
		}
		i, err := takeInvitation(ctx, tx, o.Org, id)
		if err != nil {
			return err
		}
		if err := do(ctx, tx, i); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.invitationEvent(i, person, action))
	})
	return o, err
}
