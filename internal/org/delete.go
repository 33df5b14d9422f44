package org

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// UndoLife is how long a deletion can be taken back.
const UndoLife = 30 * 24 * time.Hour

// Deleted is an organization that its owner can still take back.
type Deleted struct {
	Organization
	PurgeAt time.Time `db:"purge_at"` // when it is erased
}

// Mine is everything that a person belongs to or may come to.
type Mine struct {
	Memberships []Membership // oldest first
	Offers      []Offer      // oldest first
	Deleted     []Deleted    // those that the person owns
	Leaves      bool         // the person's account is being deleted
}

// Mine returns what the person belongs to, is invited to, and can take back.
func (s *Service) Mine(ctx context.Context, person PersonID) (Mine, error) {
	var m Mine
	err := s.DB.InPerson(ctx, person, func(ctx context.Context, tx postgres.Tx) (err error) {
		if m.Memberships, err = memberships(ctx, tx, person); err != nil {
			return err
		}
		if m.Offers, err = offers(ctx, tx, person, s.Now()); err != nil {
			return err
		}
		if m.Deleted, err = deletedOf(ctx, tx, person, s.Now()); err != nil {
			return err
		}
		m.Leaves, err = leaves(ctx, tx, person)
		return err
	})
	return m, err
}

// Delete closes the organization for everybody and wipes its secrets at once.
// Its owners can take that back for 30 days; then it is erased.
func (s *Service) Delete(ctx context.Context, a Access) error {
	var after func(context.Context)
	err := s.changing(ctx, a, Own, func(ctx context.Context, tx postgres.Tx, _ Role) (err error) {
		now := s.Now()
		if err := markDeleted(ctx, tx, a.ID, now, now.Add(UndoLife)); err != nil {
			return err
		}
		var events []audit.Event
		if events, after, err = s.Wipe(ctx, tx, a); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, append(events, audit.Event{Org: a.ID, Person: a.Person, Action: "organization.delete", Subject: a.Slug, At: now})...)
	})
	if err == nil {
		after(ctx)
	}
	return err
}

// Restore takes a deletion back. Secrets that were wiped have to be given anew.
func (s *Service) Restore(ctx context.Context, person PersonID, slug string) (Organization, error) {
	mine, err := s.Mine(ctx, person)
	if err != nil {
		return Organization{}, err
	}
	for _, d := range mine.Deleted {
		if d.Slug == slug {
			return d.Organization, s.restore(ctx, person, d.Organization)
		}
	}
	return Organization{}, fault.New(fault.NotFound, "There is no deleted organization that you could take back under this name.")
}

func (s *Service) restore(ctx context.Context, person PersonID, o Organization) error {
	return s.DB.InOrgAs(ctx, o.ID, person, func(ctx context.Context, tx postgres.Tx) error {
		now := s.Now()
		there, err := unmarkDeleted(ctx, tx, o.ID, now)
		if err != nil {
			return err
		}
		if !there {
			return fault.New(fault.NotFound, "This organization is not there any more.")
		}
		return s.Trail.Record(ctx, tx, audit.Event{Org: o.ID, Person: person, Action: "organization.restore", Subject: o.Slug, At: now})
	})
}

// Purge is the job that erases organizations whose time is up, and forgets
// invitations that nobody accepted.
type Purge struct{}

// Kind implements work.Args.
func (Purge) Kind() string { return "purge_organizations" }

// purgeRows bounds how many rows one transaction erases.
const purgeRows = 20_000

// Purge does a Purge job, in transactions of bounded size: what is left when it
// is interrupted is erased by the next.
func (s *Service) Purge(ctx context.Context, _ Purge) error {
	var due []ID
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		if err := deleteExpiredInvitations(ctx, tx, s.Now().Add(-UndoLife)); err != nil {
			return err
		}
		due, err = duePurges(ctx, tx, s.Now())
		return err
	})
	if err != nil {
		return err
	}
	for _, o := range due {
		if err := s.endTrail(ctx, o); err != nil {
			return err
		}
		for removed := int64(1); removed > 0; {
			err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
				removed, err = erase(ctx, tx, o, purgeRows)
				return err
			})
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// endTrail records once that the audit trail of an organization ends, before it
// is erased with everything else.
func (s *Service) endTrail(ctx context.Context, o ID) error {
	return s.DB.InOrg(ctx, o, func(ctx context.Context, tx postgres.Tx) error {
		now := s.Now()
		begins, err := markEnded(ctx, tx, o, now)
		if err != nil || !begins {
			return err
		}
		return s.Trail.EndOrg(ctx, tx, o, now)
	})
}
