package org_test

import (
	"context"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func TestDeletedOrganizationComesBackForItsOwner(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Admin)
	if err := h.Delete(t.Context(), bob); !fault.Is(err, fault.Denied) {
		t.Errorf("an admin deletes it: %v", err)
	}
	if err := h.Delete(t.Context(), h.ada); err != nil {
		t.Fatal(err)
	}
	if len(h.wiped) != 1 || h.wiped[0] != h.ada.ID {
		t.Errorf("wiped: %v", h.wiped)
	}
	for _, a := range []org.Access{h.ada, bob} {
		if _, err := h.Enter(t.Context(), a.Person, "", h.ada.Slug); !fault.Is(err, fault.NotFound) {
			t.Errorf("%s is let in: %v", a.Role, err)
		}
	}
	if err := h.Invite(t.Context(), h.ada, "eve@first.example", org.Viewer); !fault.Is(err, fault.NotFound) {
		t.Errorf("somebody is invited to it: %v", err)
	}
	if _, err := h.BySlug(t.Context(), h.ada.Slug); !fault.Is(err, fault.NotFound) {
		t.Errorf("the operator's commands find it: %v", err)
	}
	if _, err := h.Restore(t.Context(), bob.Person, h.ada.Slug); !fault.Is(err, fault.NotFound) {
		t.Errorf("an admin takes it back: %v", err)
	}
	h.advance(org.UndoLife - time.Minute)
	if _, err := h.Restore(t.Context(), h.ada.Person, h.ada.Slug); err != nil {
		t.Fatal(err)
	}
	if got := h.team(t); got != "ada owner, bob admin" {
		t.Errorf("the members are %s", got)
	}
}

// What its time is up for is gone from every table, and nothing of another
// organization is; what can still be taken back cannot be erased.
func TestPurgeErasesWhatItsTimeIsUpFor(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	other := h.founder(t, "bob@second.example")
	for _, a := range []org.Access{h.ada, other} {
		h.admin(t, `INSERT INTO domains (org_id, domain_id, name, added_at) SELECT $1, gen_random_uuid(), 'd' || n || '.example', now() FROM generate_series(1, 50) n`, a.ID)
	}
	if err := h.Delete(t.Context(), h.ada); err != nil {
		t.Fatal(err)
	}
	h.advance(2 * org.UndoLife)
	if err := h.Purge(t.Context(), org.Purge{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(t, `SELECT count(*) FROM domains WHERE org_id = $1`, h.ada.ID); n != 50 {
		t.Errorf("%d of 50 domains are left although the database's own clock has not come so far", n)
	}
	h.admin(t, `UPDATE organizations SET purge_at = now() - interval '1 second' WHERE org_id = $1`, h.ada.ID)
	if err := h.Purge(t.Context(), org.Purge{}); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"organizations", "members", "domains", "audit_events", "audit_heads"} {
		if n := h.count(t, `SELECT count(*) FROM `+table+` WHERE org_id = $1`, h.ada.ID); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
		if n := h.count(t, `SELECT count(*) FROM `+table+` WHERE org_id = $1`, other.ID); n == 0 {
			t.Errorf("the other organization has nothing left in %s", table)
		}
	}
}

func TestDepartureOfAnAccount(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	alone, err := h.Create(t.Context(), h.ada.Person, "Only me")
	if err != nil {
		t.Fatal(err)
	}
	bob := h.joins(t, "bob@first.example", org.Member)
	h.goes(t, h.ada.Person)
	if err := h.Depart(t.Context(), h.ada.Person); !fault.Is(err, fault.Conflict) {
		t.Errorf("others are left without an owner: %v", err)
	}
	if len(h.wiped) != 0 {
		t.Errorf("something was deleted although she stays: %v", h.wiped)
	}
	if err := h.SetRole(t.Context(), h.ada, bob.Person, org.Owner); err != nil {
		t.Fatal(err)
	}
	if err := h.Depart(t.Context(), h.ada.Person); err != nil {
		t.Fatal(err)
	}
	if len(h.wiped) != 1 || h.wiped[0] != alone.ID {
		t.Errorf("deleted: %v, want the one that nobody else belongs to", h.wiped)
	}
	h.goes(t, bob.Person)
	if err := h.Depart(t.Context(), bob.Person); !fault.Is(err, fault.Conflict) {
		t.Errorf("both owners go: %v", err)
	}
}

func TestOwnershipIsNotForWhoGoes(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Member)
	h.goes(t, bob.Person)
	if err := h.Transfer(t.Context(), h.ada, bob.Person); !fault.Is(err, fault.Conflict) {
		t.Errorf("handed over to somebody whose account is being deleted: %v", err)
	}
	if got := h.team(t); got != "ada owner, bob member" {
		t.Errorf("the members are %s", got)
	}
}

// Whoever is erased is recorded as having left, and neither their invitations
// nor their address stay behind.
func TestEndOfAPersonInOrganizations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	bob := h.joins(t, "bob@first.example", org.Admin)
	if err := h.Invite(t.Context(), bob, "eve@first.example", org.Viewer); err != nil {
		t.Fatal(err)
	}
	other := h.founder(t, "cy@second.example")
	if err := h.Invite(t.Context(), other, "bob@first.example", org.Viewer); err != nil {
		t.Fatal(err)
	}
	if err := h.End(t.Context(), bob.Person, "bob@first.example"); err != nil {
		t.Fatal(err)
	}
	if got := h.team(t); got != "ada owner" {
		t.Errorf("the members are %s", got)
	}
	if n := h.count(t, `SELECT count(*) FROM invitations`); n != 0 {
		t.Errorf("%d invitations are left", n)
	}
	if n := h.count(t, `SELECT count(*) FROM audit_events WHERE action IN ('member.leave', 'invitation.revoke') AND person_id = $1`, bob.Person); n != 2 {
		t.Errorf("%d of 2 events are recorded", n)
	}
}

func TestOrganizationThatNobodyBelongsToIsClosed(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	h.founder(t, "bob@second.example")
	h.admin(t, `DELETE FROM members WHERE org_id = $1`, h.ada.ID)
	if err := h.Purge(t.Context(), org.Purge{}); err != nil {
		t.Fatal(err)
	}
	if n := h.count(t, `SELECT count(*) FROM organizations WHERE org_id = $1 AND deleted_at IS NOT NULL`, h.ada.ID); n != 1 || len(h.wiped) != 1 {
		t.Errorf("%d deleted, wiped %v", n, h.wiped)
	}
	if n := h.count(t, `SELECT count(*) FROM organizations WHERE deleted_at IS NULL`); n != 1 {
		t.Errorf("%d organizations are left, want the other one", n)
	}
}

// What the program's own role could do with the function that erases.
func TestTheAppCannotEraseWhatCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, statements := range map[string][]string{
		"by another time": {`UPDATE organizations SET deleted_at = now(), purge_at = now() - interval '1 day', ended = true`},
		"by a temporary table": {
			`CREATE TEMP TABLE organizations (org_id uuid, ended boolean, purge_at timestamptz)`, `GRANT ALL ON organizations TO PUBLIC`,
			`INSERT INTO organizations VALUES ('` + h.ada.ID.String() + `', true, now() - interval '1 day')`,
		},
	} {
		_ = h.DB.InOrg(t.Context(), h.ada.ID, func(ctx context.Context, tx postgres.Tx) error {
			for _, sql := range append(statements, `SET LOCAL ROLE sendvery_system`, `SELECT erase_organization('`+h.ada.ID.String()+`', 1000)`) {
				if _, err := tx.Exec(ctx, sql); err != nil {
					return err
				}
			}
			return nil
		})
		if n := h.count(t, `SELECT count(*) FROM audit_events WHERE org_id = $1`, h.ada.ID); n == 0 {
			t.Errorf("%s: erased", name)
		}
	}
}

func TestNamesOfOrganizations(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	for name, want := range map[string]string{
		" My  team ": "My team", "": "", "   ": "", "see https://x.example": "", "WWW.x.example now": "", "a\x00b": "ab",
	} {
		o, err := h.Create(t.Context(), h.ada.Person, name)
		if (err == nil) != (want != "") || o.Name != want {
			t.Errorf("%q: %q, %v", name, o.Name, err)
		}
	}
}
