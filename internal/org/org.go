// Package org holds organizations, who belongs to them, and what each role
// may do. An organization is the tenant: everything a customer has is its.
package org

import (
	"context"
	"crypto/rand"
	"errors"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// ID identifies an organization.
type ID = postgres.TenantID

// Organization is one customer, or one self-hosting team.
type Organization struct {
	ID   ID     `db:"org_id"`
	Slug string `db:"slug"` // its name in URLs
	Name string `db:"name"`
}

// Contact is a member to write to.
type Contact struct {
	ID    postgres.PersonID `db:"person_id"`
	Email string            `db:"email"`
}

// Membership is a person's place in an organization.
type Membership struct {
	Organization
	Role Role `db:"role"`
}

// Access is what a request may act as: who, where, in which role. It exists
// only after membership and right were checked.
type Access struct {
	Membership
	Person postgres.PersonID
	Email  string
	All    []Membership // everywhere the person belongs, oldest first
}

// notFound is the same for what does not exist and for what is not yours.
const notFound = "There is no such page, or you do not have access to it."

// Service is what organizations can do.
type Service struct {
	DB    *postgres.DB
	Trail *audit.Trail
	Now   func() time.Time
}

// Memberships returns where the person belongs, oldest first.
func (s *Service) Memberships(ctx context.Context, person postgres.PersonID) ([]Membership, error) {
	var list []Membership
	err := s.DB.InPerson(ctx, person, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		list, err = memberships(ctx, tx, person)
		return err
	})
	return list, err
}

// Enter returns the person's access to the organization that a URL names. An
// organization that does not exist and one they do not belong to give the
// same NotFound.
func (s *Service) Enter(ctx context.Context, person postgres.PersonID, email, slug string) (Access, error) {
	all, err := s.Memberships(ctx, person)
	if err != nil {
		return Access{}, err
	}
	for _, m := range all {
		if m.Slug == slug {
			return Access{Membership: m, Person: person, Email: email, All: all}, nil
		}
	}
	return Access{}, fault.New(fault.NotFound, notFound)
}

// BySlug returns an organization for the operator's commands, without asking
// who they are; NotFound without one.
func (s *Service) BySlug(ctx context.Context, slug string) (Organization, error) {
	var o Organization
	err := s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		o, err = bySlug(ctx, tx, slug)
		return err
	})
	return o, err
}

// All returns every organization, for the operator's commands.
func (s *Service) All(ctx context.Context) (list []Organization, err error) {
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		list, err = all(ctx, tx)
		return err
	})
	return list, err
}

// EnsureFirst makes an organization for a person who belongs to none, named
// after their mail domain, and returns the one to show first.
func (s *Service) EnsureFirst(ctx context.Context, person postgres.PersonID, email string) (Organization, error) {
	list, err := s.Memberships(ctx, person)
	if err != nil {
		return Organization{}, err
	}
	if len(list) > 0 {
		return list[0].Organization, nil
	}
	_, name, _ := strings.Cut(email, "@")
	for try := range 5 {
		o := Organization{ID: uid.New[postgres.Tenant](), Name: name, Slug: slugOf(name, try)}
		found, err := s.create(ctx, o, person)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, errSlugTaken) {
			return Organization{}, err
		}
	}
	return Organization{}, errSlugTaken
}

// create adds the organization with its owner, unless the person got one in
// the meantime by a second click.
func (s *Service) create(ctx context.Context, o Organization, person postgres.PersonID) (Organization, error) {
	err := s.DB.InOrgAs(ctx, o.ID, person, func(ctx context.Context, tx postgres.Tx) error {
		if err := lockPerson(ctx, tx, person); err != nil {
			return err
		}
		list, err := memberships(ctx, tx, person)
		if err != nil {
			return err
		}
		if len(list) > 0 {
			o = list[0].Organization
			return nil
		}
		now := s.Now()
		if err := insert(ctx, tx, o, person, now); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Org: o.ID, Person: person, Action: "organization.create", Subject: o.Slug, At: now})
	})
	return o, err
}

// Rename changes the name that people see. The slug in URLs stays, so that
// links go on working.
func (s *Service) Rename(ctx context.Context, a Access, name string) error {
	name = strings.TrimSpace(name)
	if name == "" || len([]rune(name)) > 80 {
		return fault.InvalidFields(fault.Fields{"name": "Give the organization a name of 1 to 80 characters."})
	}
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if err := rename(ctx, tx, a.ID, name); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Org: a.ID, Person: a.Person, Action: "organization.rename", Subject: name, At: s.Now()})
	})
}

// slugOf turns a name into its form in URLs. From the second try on it ends
// in random letters.
func slugOf(name string, try int) string {
	var b strings.Builder
	for _, c := range strings.ToLower(name) {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			b.WriteRune(c)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	slug := strings.Trim(b.String()[:min(b.Len(), 32)], "-")
	if slug == "" {
		slug = "team"
	}
	if try > 0 {
		slug += "-" + strings.ToLower(rand.Text()[:6])
	}
	return slug
}
