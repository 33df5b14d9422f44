// Package org holds organizations, who belongs to them, and what each role
// may do. An organization is the tenant: everything a customer has is its.
package org

import (
	"context"
	"crypto/rand"
	"errors"
	"math"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/plaintext"
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
	DB     *postgres.DB
	Post   // how invitations are sent
	Trail  *audit.Trail
	Limits billing.Limits
	Mails  *limit.Limiter // bounds the invitations that an organization sends
	Now    func() time.Time
	// Born is told of a new organization in the transaction that makes it; nil
	// tells nobody.
	Born func(ctx context.Context, tx postgres.Tx, id ID) error
	// Wipe removes the secrets of an organization that is being deleted, in that
	// transaction. It returns what to record, and what to do after the commit.
	Wipe func(ctx context.Context, tx postgres.Tx, a Access) (events []audit.Event, after func(context.Context), err error)
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
// after their mail domain, and returns the one to show first. Whoever was
// invited, can take a deletion back or is leaving gets none: they have a choice
// to make, which a zero Organization says.
func (s *Service) EnsureFirst(ctx context.Context, person postgres.PersonID, email string) (Organization, error) {
	mine, err := s.Mine(ctx, person)
	if err != nil {
		return Organization{}, err
	}
	if len(mine.Memberships) > 0 {
		return mine.Memberships[0].Organization, nil
	}
	if len(mine.Offers) > 0 || len(mine.Deleted) > 0 || mine.Leaves {
		return Organization{}, nil
	}
	_, name, _ := strings.Cut(email, "@")
	return s.add(ctx, person, name, true, mostOwned)
}

// Create makes one more organization, owned by the person.
func (s *Service) Create(ctx context.Context, person postgres.PersonID, name string) (Organization, error) {
	name, err := nameOf(name)
	if err != nil {
		return Organization{}, err
	}
	return s.add(ctx, person, name, false, mostOwned)
}

// Settle is Create for the operator's commands, however many the person owns.
func (s *Service) Settle(ctx context.Context, person postgres.PersonID, name string) (Organization, error) {
	return s.add(ctx, person, name, false, math.MaxInt)
}

// add makes an organization under a slug that is free. With first, a person who
// got one in the meantime by a second click keeps that one. Most bounds how many
// they own.
func (s *Service) add(ctx context.Context, person postgres.PersonID, name string, first bool, most int) (Organization, error) {
	for try := range 5 {
		o := Organization{ID: uid.New[postgres.Tenant](), Name: name, Slug: slugOf(name, try)}
		found, err := s.create(ctx, o, person, first, most)
		if err == nil {
			return found, nil
		}
		if !errors.Is(err, errSlugTaken) {
			return Organization{}, err
		}
	}
	return Organization{}, errSlugTaken
}

// mostOwned bounds how many organizations one person may own.
const mostOwned = 50

func (s *Service) create(ctx context.Context, o Organization, person postgres.PersonID, first bool, most int) (Organization, error) {
	err := s.DB.InOrgAs(ctx, o.ID, person, func(ctx context.Context, tx postgres.Tx) error {
		if err := lockPerson(ctx, tx, person); err != nil {
			return err
		}
		list, err := memberships(ctx, tx, person)
		if err != nil {
			return err
		}
		if first && len(list) > 0 {
			o = list[0].Organization
			return nil
		}
		owned, err := ownedBy(ctx, tx, person)
		if err != nil {
			return err
		}
		if owned >= most {
			return fault.New(fault.LimitReached, "You own as many organizations as one person can, those that can be taken back included. Hand one over, or wait.")
		}
		now := s.Now()
		if err := insert(ctx, tx, o, now); err != nil {
			return err
		}
		if s.Born != nil {
			if err := s.Born(ctx, tx, o.ID); err != nil {
				return err
			}
		}
		if err := insertMember(ctx, tx, o.ID, Colleague{Person: person, Role: Owner, JoinedAt: now}); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Org: o.ID, Person: person, Action: "organization.create", Subject: o.Slug, At: now})
	})
	return o, err
}

// Rename changes the name that people see. The slug in URLs stays, so that
// links go on working.
func (s *Service) Rename(ctx context.Context, a Access, name string) error {
	name, err := nameOf(name)
	if err != nil {
		return err
	}
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if err := rename(ctx, tx, a.ID, name); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Org: a.ID, Person: a.Person, Action: "organization.rename", Subject: name, At: s.Now()})
	})
}

// nameOf tidies a name that a person typed. It stands in mails to people who
// are invited, so it cannot hold a whole web address; the mail takes care that
// what looks like the name of a server is no link.
func nameOf(name string) (string, error) {
	name = strings.Join(strings.Fields(plaintext.String(name)), " ")
	if name == "" || len([]rune(name)) > 80 {
		return "", fault.InvalidFields(fault.Fields{"name": "Give the organization a name of 1 to 80 characters."})
	}
	if strings.Contains(name, "//") || strings.Contains(strings.ToLower(name), "www.") {
		return "", fault.InvalidFields(fault.Fields{"name": "Give the organization a name without a web address."})
	}
	return name, nil
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
