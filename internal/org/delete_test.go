package org_test

import (
	"testing"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
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
	if err := h.Depart(t.Context(), h.ada.Person, ""); !fault.Is(err, fault.Conflict) {
		t.Errorf("others are left without an owner: %v", err)
	}
	if len(h.wiped) != 0 {
		t.Errorf("something was deleted although she stays: %v", h.wiped)
	}
	if err := h.SetRole(t.Context(), h.ada, bob.Person, org.Owner); err != nil {
		t.Fatal(err)
	}
	if err := h.Depart(t.Context(), h.ada.Person, ""); err != nil {
		t.Fatal(err)
	}
	if len(h.wiped) != 1 || h.wiped[0] != alone.ID {
		t.Errorf("deleted: %v, want the one that nobody else belongs to", h.wiped)
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
