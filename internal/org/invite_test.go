package org_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func (h *house) waiting(t *testing.T) []org.Invitation {
	t.Helper()
	team, err := h.Team(t.Context(), h.ada)
	if err != nil {
		t.Fatal(err)
	}
	return team.Invited
}

func TestInvitationIsForItsAddressAlone(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.Invite(t.Context(), h.ada, " Bob@Second.example ", org.Admin); err != nil {
		t.Fatal(err)
	}
	if sent := h.post(t); len(sent) != 1 || sent[0] != "bob@second.example: ada@first.example invites to first.example as admin" {
		t.Errorf("sent: %q", sent)
	}
	id := h.waiting(t)[0].ID
	eve := h.person(t, "eve@third.example")
	if _, err := h.Offer(t.Context(), eve, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else sees it: %v", err)
	}
	if _, err := h.Accept(t.Context(), eve, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody else accepts it: %v", err)
	}
	bob := h.person(t, "bob@second.example")
	if o, err := h.Offer(t.Context(), bob, id); err != nil || o.Organization != "first.example" || o.Role != org.Admin {
		t.Errorf("%+v, %v", o, err)
	}
	if o, err := h.EnsureFirst(t.Context(), bob, "bob@second.example"); err != nil || !o.ID.IsZero() {
		t.Errorf("who is invited gets an organization of their own unasked: %+v, %v", o, err)
	}
	if _, err := h.Accept(t.Context(), bob, id); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Accept(t.Context(), bob, id); !fault.Is(err, fault.NotFound) {
		t.Errorf("accepted twice: %v", err)
	}
	if got := h.team(t); got != "ada owner, bob admin" {
		t.Errorf("the members are %s", got)
	}
	if n := h.count(t, `SELECT count(*) FROM audit_events WHERE action IN ('invitation.create', 'invitation.accept')
		AND subject NOT LIKE '%@%' AND coalesce(detail::text, '') NOT LIKE '%@%'`); n != 2 {
		t.Errorf("%d of 2 events are recorded without an address", n)
	}
}

func TestOneInvitationWaitsPerAddress(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Member)
	for name, c := range map[string]struct {
		by    org.Access
		email string
		role  org.Role
		want  fault.Kind
	}{
		"the first":                    {h.ada, "eve@first.example", org.Viewer, 0},
		"no address":                   {h.ada, "eve", org.Viewer, fault.Invalid},
		"no role":                      {h.ada, "ivy@first.example", "", fault.Invalid},
		"who belongs to it already":    {h.ada, "Bob@first.example", org.Viewer, fault.Invalid},
		"by a member, who may not":     {bob, "ivy@first.example", org.Viewer, fault.Denied},
		"by the member, for ownership": {bob, "ivy@first.example", org.Owner, fault.Denied},
	} {
		if err := h.Invite(t.Context(), c.by, c.email, c.role); !kindIs(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	err := h.Invite(t.Context(), h.ada, "eve@first.example", org.Admin)
	if !strings.Contains(fault.FieldsOf(err)["email"], "invited already") {
		t.Errorf("invited twice: %v", err)
	}
	if all := h.waiting(t); len(all) != 1 || all[0].Role != org.Viewer {
		t.Errorf("%+v", all)
	}
}

func TestInvitationEndsAndIsSentAgain(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.Invite(t.Context(), h.ada, "bob@first.example", org.Viewer); err != nil {
		t.Fatal(err)
	}
	bob, i := h.person(t, "bob@first.example"), h.waiting(t)[0]
	h.advance(org.InvitationLife)
	if _, err := h.Accept(t.Context(), bob, i.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("accepted when its time was over: %v", err)
	}
	h.post(t)
	if err := h.Resend(t.Context(), h.ada, i.ID); err != nil {
		t.Fatal(err)
	}
	if sent := h.post(t); len(sent) != 1 {
		t.Errorf("sent: %q", sent)
	}
	h.advance(org.InvitationLife - time.Minute)
	if _, err := h.Decline(t.Context(), bob, i.ID); err != nil {
		t.Fatal(err)
	}
	if err := h.Invite(t.Context(), h.ada, "bob@first.example", org.Viewer); err != nil {
		t.Fatal(err)
	}
	i = h.waiting(t)[0]
	if err := h.Revoke(t.Context(), h.ada, i.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Accept(t.Context(), bob, i.ID); !fault.Is(err, fault.NotFound) {
		t.Errorf("accepted after it was revoked: %v", err)
	}
	if sent := h.post(t); len(sent) != 0 {
		t.Errorf("a mail about an invitation that is gone: %q", sent)
	}
}

// Addresses of those who never came are not kept for ever.
func TestForgottenInvitation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.Invite(t.Context(), h.ada, "bob@first.example", org.Viewer); err != nil {
		t.Fatal(err)
	}
	h.advance(org.InvitationLife + org.UndoLife - time.Minute)
	if err := h.Purge(t.Context(), org.Purge{}); err != nil || len(h.waiting(t)) != 1 {
		t.Errorf("%d wait, %v", len(h.waiting(t)), err)
	}
	h.advance(2 * time.Minute)
	if err := h.Purge(t.Context(), org.Purge{}); err != nil || len(h.waiting(t)) != 0 {
		t.Errorf("%d wait, %v", len(h.waiting(t)), err)
	}
}

func TestInvitationsAreFewADay(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	var err error
	n := 0
	for ; err == nil && n < 100; n++ {
		err = h.Invite(t.Context(), h.ada, "p"+strings.Repeat("x", n)+"@first.example", org.Viewer)
	}
	if !fault.Is(err, fault.LimitReached) || n != 51 {
		t.Errorf("after %d: %v", n, err)
	}
}

// Whoever may not decide about a role any more has not decided about it.
func TestInvitationsGoWithTheRightToMakeThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(*house, org.Access) error
		left string
	}{
		"removed":           {func(h *house, by org.Access) error { return h.Remove(t.Context(), h.ada, by.Person) }, ""},
		"gone":              {func(h *house, by org.Access) error { return h.Leave(t.Context(), by) }, ""},
		"no owner any more": {func(h *house, by org.Access) error { return h.SetRole(t.Context(), h.ada, by.Person, org.Admin) }, "viewer"},
		"a viewer now":      {func(h *house, by org.Access) error { return h.SetRole(t.Context(), h.ada, by.Person, org.Viewer) }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			cy := h.joins(t, "cy@first.example", org.Owner)
			for _, role := range []org.Role{org.Owner, org.Viewer} {
				if err := h.Invite(t.Context(), cy, string(role)+"@first.example", role); err != nil {
					t.Fatal(err)
				}
			}
			if err := c.do(h, cy); err != nil {
				t.Fatal(err)
			}
			var left []string
			for _, i := range h.waiting(t) {
				left = append(left, string(i.Role))
			}
			if got := strings.Join(left, " "); got != c.left {
				t.Errorf("%q wait, want %q", got, c.left)
			}
		})
	}
}

func TestSendingAgainIsTheSendersOwn(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob, cy := h.joins(t, "bob@first.example", org.Admin), h.joins(t, "cy@first.example", org.Owner)
	if err := h.Invite(t.Context(), cy, "eve@first.example", org.Owner); err != nil {
		t.Fatal(err)
	}
	id := h.waiting(t)[0].ID
	if err := h.Resend(t.Context(), bob, id); !fault.Is(err, fault.Denied) {
		t.Errorf("an admin offers ownership: %v", err)
	}
	h.post(t)
	if err := h.Resend(t.Context(), h.ada, id); err != nil {
		t.Fatal(err)
	}
	if sent := h.post(t); len(sent) != 1 || !strings.Contains(sent[0], "ada@first.example invites") {
		t.Errorf("sent: %q", sent)
	}
}

func TestNobodyIsWrittenToAboutWhatIsOver(t *testing.T) {
	t.Parallel()
	for name, over := range map[string]func(*house) error{
		"the organization is deleted": func(h *house) error { return h.Delete(t.Context(), h.ada) },
		"the invitation is over":      func(h *house) error { h.advance(org.InvitationLife); return nil },
		"who invited goes":            func(h *house) error { h.goes(t, h.ada.Person); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			if err := h.Invite(t.Context(), h.ada, "bob@first.example", org.Viewer); err != nil {
				t.Fatal(err)
			}
			if err := over(h); err != nil {
				t.Fatal(err)
			}
			if sent := h.post(t); len(sent) != 0 {
				t.Errorf("sent: %q", sent)
			}
		})
	}
}

// seats limits the plan of every organization.
func (h *house) seats(n int) {
	h.Limits.Of = func(context.Context, postgres.Tx, postgres.TenantID, billing.Limit) (billing.Allowance, error) {
		return billing.Allowance{Max: n}, nil
	}
}

func TestSeatsAreCountedOnInviteAndOnAccept(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.seats(3)
	var people []org.PersonID
	for _, email := range []string{"bob@first.example", "cy@first.example"} {
		if err := h.Invite(t.Context(), h.ada, email, org.Viewer); err != nil {
			t.Fatal(err)
		}
		people = append(people, h.person(t, email))
	}
	if err := h.Invite(t.Context(), h.ada, "eve@first.example", org.Viewer); !fault.Is(err, fault.LimitReached) {
		t.Errorf("a fourth is invited: %v", err)
	}
	h.seats(2) // the plan has become smaller
	var together sync.WaitGroup
	errs := make([]error, 2)
	for i, person := range people {
		together.Go(func() {
			offers, err := h.Offers(t.Context(), person)
			if err == nil {
				_, err = h.Accept(t.Context(), person, offers[0].ID)
			}
			errs[i] = err
		})
	}
	together.Wait()
	if (errs[0] == nil) == (errs[1] == nil) || !fault.Is(errors.Join(errs...), fault.LimitReached) {
		t.Errorf("of two who accept at once: %v", errs)
	}
	if all := h.waiting(t); len(all) != 1 {
		t.Errorf("%d invitations wait: the refused one is used up", len(all))
	}
	h.advance(org.InvitationLife)
	if err := h.Resend(t.Context(), h.ada, h.waiting(t)[0].ID); !fault.Is(err, fault.LimitReached) {
		t.Errorf("one that is over takes a seat again: %v", err)
	}
}

func TestOneSeatIsSaidInItsOwnWords(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	if err := h.Invite(t.Context(), h.ada, "bob@first.example", org.Viewer); err != nil {
		t.Fatal(err)
	}
	h.seats(1)
	if err := h.Invite(t.Context(), h.ada, "eve@first.example", org.Viewer); fault.Sentence(err) != "Your plan has one seat, which is yours." || !fault.Upgrades(err) {
		t.Errorf("the owner: %v", err)
	}
	_, err := h.Accept(t.Context(), h.person(t, "bob@first.example"), h.waiting(t)[0].ID)
	if fault.Sentence(err) != "There is no free seat in this organization at the moment. Ask whoever invited you." || fault.Upgrades(err) {
		t.Errorf("who is invited: %v", err)
	}
}
