package domain

import (
	"context"
	"slices"
	"strings"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/plaintext"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// GroupID identifies a group of an organization.
type GroupID = uid.ID[Group]

// Group is domains that belong together in the eyes of their organization. A
// domain is in one at most.
type Group struct {
	ID      GroupID `db:"group_id"`
	Name    string  `db:"name"`
	Domains int     `db:"domains"`
}

// Limits of groups.
const (
	maxGroups    = 200
	maxGroupName = 60 // characters
)

// Groups returns the organization's groups by name.
func (s *Service) Groups(ctx context.Context, org org.ID) (list []Group, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		list, err = groups(ctx, tx, org)
		return err
	})
	return list, err
}

// CreateGroup makes a group without domains.
func (s *Service) CreateGroup(ctx context.Context, a org.Access, name string) (Group, error) {
	g := Group{ID: uid.New[Group]()}
	err := s.named(ctx, a, GroupID{}, name, func(ctx context.Context, tx postgres.Tx, name string) error {
		g.Name = name
		if err := insertGroup(ctx, tx, a.ID, g); err != nil {
			return err
		}
		return s.told(ctx, tx, a, "group.create", name)
	})
	return g, err
}

// RenameGroup gives a group another name; NotFound without the group.
func (s *Service) RenameGroup(ctx context.Context, a org.Access, id GroupID, name string) error {
	return s.named(ctx, a, id, name, func(ctx context.Context, tx postgres.Tx, name string) error {
		if err := found(renameGroup(ctx, tx, a.ID, id, name)); err != nil {
			return err
		}
		return s.told(ctx, tx, a, "group.rename", name)
	})
}

// named does something that gives a group a name, which must be free.
func (s *Service) named(ctx context.Context, a org.Access, id GroupID, name string, do func(context.Context, postgres.Tx, string) error) error {
	name = strings.Join(strings.Fields(plaintext.String(name)), " ")
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		have, err := groups(ctx, tx, a.ID)
		if err != nil {
			return err
		}
		if err := found(id.IsZero() || slices.ContainsFunc(have, func(g Group) bool { return g.ID == id }), nil); err != nil {
			return err
		}
		if why := refuse(have, id, name); why != "" {
			return fault.InvalidFields(fault.Fields{"name": why})
		}
		return do(ctx, tx, name)
	})
}

// refuse says why a group cannot have a name; "" = it can.
func refuse(have []Group, id GroupID, name string) string {
	switch n := len([]rune(name)); {
	case n == 0 || n > maxGroupName:
		return "Give the group a name of at most 60 characters."
	case len(have) >= maxGroups && id.IsZero():
		return "There are 200 groups already. Delete one that is not used."
	case slices.ContainsFunc(have, func(g Group) bool { return strings.EqualFold(g.Name, name) && g.ID != id }):
		return "There is a group of this name already."
	}
	return ""
}

// told notes what was done with a group.
func (s *Service) told(ctx context.Context, tx postgres.Tx, a org.Access, action, name string) error {
	return s.Trail.Record(ctx, tx, audit.Event{Org: a.ID, Person: a.Person, Action: action, Subject: name, At: s.Now()})
}

// DeleteGroup ends a group; its domains stay. NotFound without it.
func (s *Service) DeleteGroup(ctx context.Context, a org.Access, id GroupID) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		name, err := deleteGroup(ctx, tx, a.ID, id)
		if err := found(name != "", err); err != nil {
			return err
		}
		return s.told(ctx, tx, a, "group.delete", name)
	})
}

// Assign puts domains into a group, or with the zero id into none; names that
// are not watched are passed over. It returns how many are in another one now.
func (s *Service) Assign(ctx context.Context, a org.Access, names []fqdn.Name, into GroupID) (moved int, err error) {
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if !into.IsZero() {
			if err := found(lockGroup(ctx, tx, a.ID, into)); err != nil {
				return err
			}
		}
		changed, err := assign(ctx, tx, a.ID, names, into)
		if err != nil || len(changed) == 0 {
			return err
		}
		moved = len(changed)
		return s.record(ctx, tx, a, "domain.group", changed)
	})
	return moved, err
}

// found is NotFound when there was no such group.
func found(there bool, err error) error {
	if err == nil && !there {
		err = fault.New(fault.NotFound, "There is no such group in this organization.")
	}
	return err
}
