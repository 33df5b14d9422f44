package org_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func TestRolesAreGivenByWhoMay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	admin, viewer := h.joins(t, "bob@first.example", org.Admin), h.joins(t, "eve@first.example", org.Viewer)
	other := h.founder(t, "mallory@second.example")
	for name, c := range map[string]struct {
		by   org.Access
		whom org.PersonID
		to   org.Role
		want fault.Kind
	}{
		"an admin makes an owner":             {admin, viewer.Person, org.Owner, fault.Denied},
		"an admin unmakes an owner":           {admin, h.ada.Person, org.Viewer, fault.Denied},
		"a viewer makes themselves an admin":  {viewer, viewer.Person, org.Admin, fault.Denied},
		"the last owner steps down":           {h.ada, h.ada.Person, org.Admin, fault.Conflict},
		"a role that does not exist":          {h.ada, viewer.Person, "root", fault.Invalid},
		"somebody of another organization":    {h.ada, other.Person, org.Admin, fault.NotFound},
		"by the owner of another one":         {other, viewer.Person, org.Admin, fault.NotFound},
		"with access that has been made up":   {org.Access{Membership: h.ada.Membership, Person: other.Person}, viewer.Person, org.Admin, fault.Denied},
		"an admin gives a role that they may": {admin, viewer.Person, org.Viewer, 0},
	} {
		if err := h.SetRole(t.Context(), c.by, c.whom, c.to); !kindIs(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := h.team(t); got != "ada owner, bob admin, eve viewer" {
		t.Errorf("the members are %s", got)
	}
	if err := h.SetRole(t.Context(), h.ada, viewer.Person, org.Member); err != nil {
		t.Error(err)
	}
	if got := h.team(t); got != "ada owner, bob admin, eve member" {
		t.Errorf("the members are %s", got)
	}
}

func kindIs(err error, want fault.Kind) bool {
	if want == 0 {
		return err == nil
	}
	return fault.Is(err, want)
}

func TestRemovedMemberIsOutAtOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Admin)
	if err := h.Remove(t.Context(), bob, h.ada.Person); !fault.Is(err, fault.Denied) {
		t.Errorf("an admin removes the owner: %v", err)
	}
	if err := h.Remove(t.Context(), h.ada, bob.Person); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Enter(t.Context(), bob.Person, "", h.ada.Slug); !fault.Is(err, fault.NotFound) {
		t.Errorf("they are let in: %v", err)
	}
	// A request that was let in before is refused where it changes members.
	if err := h.Invite(t.Context(), bob, "eve@first.example", org.Viewer); !fault.Is(err, fault.Denied) {
		t.Errorf("they invite: %v", err)
	}
}

func TestTheLastOwnerCannotLeave(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Admin)
	if err := h.Leave(t.Context(), h.ada); !fault.Is(err, fault.Conflict) {
		t.Errorf("the only owner leaves: %v", err)
	}
	if err := h.Transfer(t.Context(), bob, bob.Person); !fault.Is(err, fault.Denied) {
		t.Errorf("an admin takes it over: %v", err)
	}
	if err := h.Transfer(t.Context(), h.ada, h.ada.Person); !fault.Is(err, fault.Invalid) {
		t.Errorf("handed over to oneself: %v", err)
	}
	if err := h.Transfer(t.Context(), h.ada, bob.Person); err != nil {
		t.Fatal(err)
	}
	if got := h.team(t); got != "bob owner, ada admin" {
		t.Errorf("the members are %s", got)
	}
	if err := h.Leave(t.Context(), h.ada); err != nil {
		t.Error(err)
	}
	if got := h.team(t); got != "bob owner" {
		t.Errorf("the members are %s", got)
	}
}

func TestTwoOwnersWhoGoAtOnceLeaveOne(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Owner)
	for range 5 {
		var together sync.WaitGroup
		errs := make([]error, 2)
		for i, a := range []org.Access{h.ada, bob} {
			together.Go(func() { errs[i] = h.SetRole(t.Context(), a, a.Person, org.Admin) })
		}
		together.Wait()
		if (errs[0] == nil) == (errs[1] == nil) {
			t.Fatalf("%v, %v", errs[0], errs[1])
		}
		who := slices.IndexFunc(errs, func(err error) bool { return err != nil }) // still an owner
		if err := h.SetRole(t.Context(), []org.Access{h.ada, bob}[who], []org.Access{bob, h.ada}[who].Person, org.Owner); err != nil {
			t.Fatal(err)
		}
	}
}

// Changes of members and any other event of the organization lock the same rows
// in an order in which nobody waits for ever.
func TestChangesOfMembersAndOtherEventsDoNotBlockOneAnother(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Member)
	var together sync.WaitGroup
	errs := make([]error, 40)
	for i := range errs {
		together.Go(func() {
			if i%2 == 0 {
				errs[i] = h.SetRole(t.Context(), h.ada, bob.Person, org.Roles()[1+i/2%3])
				return
			}
			errs[i] = h.DB.InOrg(t.Context(), h.ada.ID, func(ctx context.Context, tx postgres.Tx) error {
				return h.Trail.Record(ctx, tx, audit.Event{Org: h.ada.ID, Action: "mailbox.pause", At: h.clock()})
			})
		})
	}
	together.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
}
