package org

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// PersonID identifies somebody who signs in.
type PersonID = postgres.PersonID

// Colleague is a member as the others see them.
type Colleague struct {
	Person   PersonID  `db:"person_id"`
	Email    string    `db:"email"`
	Role     Role      `db:"role"`
	JoinedAt time.Time `db:"joined_at"`
	Leaves   bool      `db:"leaves"` // their account is being deleted
}

// Team is everybody who belongs to an organization or may come to.
type Team struct {
	Members []Colleague  // by rank, then by when they joined
	Invited []Invitation // newest first
}

// Seats is how many seats of a plan are taken at a time: by members, and by
// invitations that can still be accepted.
func (t Team) Seats(now time.Time) int {
	n := len(t.Members)
	for _, i := range t.Invited {
		if i.ExpiresAt.After(now) {
			n++
		}
	}
	return n
}

// Sentences about members.
const (
	noMember   = "This person is not a member of the organization any more."
	lastOwner  = "An organization needs an owner. Make somebody else an owner first."
	lastLeaves = "You are the only owner. Make somebody else an owner first, or delete the organization."
	ownersOnly = "Only an owner can decide about owners."
	notAllowed = "Your role in this organization does not allow this."
	noRole     = "Choose one of the roles."
)

// Team returns the members and the invitations that wait.
func (s *Service) Team(ctx context.Context, a Access) (Team, error) {
	var t Team
	err := s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) (err error) {
		t, err = team(ctx, tx, a.ID)
		return err
	})
	return t, err
}

func team(ctx context.Context, tx postgres.Tx, org ID) (t Team, err error) {
	if t.Members, err = members(ctx, tx, org); err != nil {
		return t, err
	}
	t.Invited, err = invitations(ctx, tx, org)
	return t, err
}

// changing runs a change of who belongs to the organization. Such changes wait
// for one another, so that the last owner cannot be lost, and the role of who
// asks is looked at again: it may have just been taken away.
func (s *Service) changing(ctx context.Context, a Access, right Right, fn func(context.Context, postgres.Tx, Role) error) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if err := lock(ctx, tx, a.ID); err != nil {
			return err
		}
		me, err := member(ctx, tx, a.ID, a.Person)
		if fault.Is(err, fault.NotFound) || (err == nil && !me.Role.May(right)) {
			return fault.New(fault.Denied, notAllowed)
		}
		if err != nil {
			return err
		}
		return fn(ctx, tx, me.Role)
	})
}

// SetRole gives a member another role. Only owners decide about owners, and one
// is always left.
func (s *Service) SetRole(ctx context.Context, a Access, person PersonID, role Role) error {
	return s.changing(ctx, a, ManageMembers, func(ctx context.Context, tx postgres.Tx, mine Role) error {
		m, err := member(ctx, tx, a.ID, person)
		if err != nil || m.Role == role {
			return err
		}
		if !role.Known() {
			return fault.InvalidFields(fault.Fields{"role": noRole})
		}
		if !mine.MayGive(m.Role) || !mine.MayGive(role) {
			return fault.New(fault.Denied, ownersOnly)
		}
		if err := setRole(ctx, tx, a.ID, m.Person, role); err != nil {
			return err
		}
		if err := keepsOwner(ctx, tx, a.ID, lastOwner); err != nil {
			return err
		}
		return s.roleGiven(ctx, tx, a, m, role)
	})
}

// roleGiven revokes what goes with the former role and records the change.
func (s *Service) roleGiven(ctx context.Context, tx postgres.Tx, a Access, m Colleague, role Role) error {
	withdrawn, err := s.withdraw(ctx, tx, a, m.Person, role)
	if err != nil {
		return err
	}
	return s.Trail.Record(ctx, tx, append(withdrawn, audit.Event{
		Org: a.ID, Person: a.Person, Action: "member.role", Subject: m.Person.String(),
		Detail: map[string]string{"from": string(m.Role), "to": string(role)}, At: s.Now(),
	})...)
}

// withdraw revokes the invitations of somebody who could not make them any more
// in the role that they have from now on; "" is none.
func (s *Service) withdraw(ctx context.Context, tx postgres.Tx, a Access, by PersonID, role Role) (events []audit.Event, err error) {
	var void []Role
	for _, r := range Roles() {
		if !role.MayGive(r) {
			void = append(void, r)
		}
	}
	gone, err := takeInvitationsOf(ctx, tx, a.ID, by, void)
	for _, i := range gone {
		events = append(events, s.invitationEvent(i, a.Person, "invitation.revoke"))
	}
	return events, err
}

// Remove ends somebody's membership. What they did stays.
func (s *Service) Remove(ctx context.Context, a Access, person PersonID) error {
	return s.changing(ctx, a, ManageMembers, func(ctx context.Context, tx postgres.Tx, mine Role) error {
		m, err := member(ctx, tx, a.ID, person)
		if err != nil {
			return err
		}
		if !mine.MayGive(m.Role) {
			return fault.New(fault.Denied, ownersOnly)
		}
		return s.end(ctx, tx, a, person, "member.remove", lastOwner)
	})
}

// Leave ends the person's own membership.
func (s *Service) Leave(ctx context.Context, a Access) error {
	return s.changing(ctx, a, Read, func(ctx context.Context, tx postgres.Tx, _ Role) error {
		return s.end(ctx, tx, a, a.Person, "member.leave", lastLeaves)
	})
}

func (s *Service) end(ctx context.Context, tx postgres.Tx, a Access, person PersonID, action, without string) error {
	if err := deleteMember(ctx, tx, a.ID, person); err != nil {
		return err
	}
	if err := keepsOwner(ctx, tx, a.ID, without); err != nil {
		return err
	}
	withdrawn, err := s.withdraw(ctx, tx, a, person, "")
	if err != nil {
		return err
	}
	return s.Trail.Record(ctx, tx, append(withdrawn, audit.Event{Org: a.ID, Person: a.Person, Action: action, Subject: person.String(), At: s.Now()})...)
}

// Transfer makes a member an owner and the one who asks an admin.
func (s *Service) Transfer(ctx context.Context, a Access, to PersonID) error {
	return s.changing(ctx, a, Own, func(ctx context.Context, tx postgres.Tx, _ Role) error {
		m, err := member(ctx, tx, a.ID, to)
		if err != nil {
			return err
		}
		if to == a.Person {
			return fault.InvalidFields(fault.Fields{"member": "Choose somebody else."})
		}
		if err := setRole(ctx, tx, a.ID, m.Person, Owner); err != nil {
			return err
		}
		if err := setRole(ctx, tx, a.ID, a.Person, Admin); err != nil {
			return err
		}
		if err := keepsOwner(ctx, tx, a.ID, "Their account is being deleted. Choose somebody else."); err != nil {
			return err
		}
		withdrawn, err := s.withdraw(ctx, tx, a, a.Person, Admin)
		if err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, append(withdrawn, audit.Event{Org: a.ID, Person: a.Person, Action: "organization.transfer", Subject: to.String(), At: s.Now()})...)
	})
}

// keepsOwner refuses a change that leaves the organization without an owner. One
// whose account is being deleted does not count.
func keepsOwner(ctx context.Context, tx postgres.Tx, org ID, without string) error {
	n, err := owners(ctx, tx, org)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, without)
	}
	return err
}
