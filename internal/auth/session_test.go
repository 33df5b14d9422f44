package auth_test

import (
	"testing"
	"time"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
)

const aDay = 24 * time.Hour

func TestSessionSlidesThirtyDays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.signIn(t, "ada@example.org")
	b.advance(30*aDay - time.Second)
	if _, err := b.Session(t.Context(), in.Token, here); err != nil {
		t.Fatal("used within thirty days: ", err)
	}
	b.advance(30*aDay - time.Second)
	if _, err := b.Session(t.Context(), in.Token, here); err != nil {
		t.Fatal("used again within thirty days: ", err)
	}
	b.advance(30 * aDay)
	if _, err := b.Session(t.Context(), in.Token, here); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("not used for thirty days: %v", err)
	}
}

func TestSessionEndsAfterNinetyDaysHoweverUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.signIn(t, "ada@example.org")
	for range 89 {
		b.advance(aDay)
		if _, err := b.Session(t.Context(), in.Token, here); err != nil {
			t.Fatal(err)
		}
	}
	b.advance(aDay)
	if _, err := b.Session(t.Context(), in.Token, here); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("on the ninetieth day: %v", err)
	}
}

func TestTokensThatAreNoSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.signIn(t, "ada@example.org")
	for name, token := range map[string]string{"none": "", "changed": in.Token + "A", "a stranger's": "AAAA"} {
		if _, err := b.Session(t.Context(), token, here); !fault.Is(err, fault.Unauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	b.db.Close()
	if _, err := b.Session(t.Context(), "", here); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("the database was asked about no token at all: %v", err)
	}
}

func TestSessionsAreListedAndEndedOneByOne(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.signIn(t, "ada@example.org")
	b.advance(time.Hour)
	second, third := b.signIn(t, "ada@example.org"), b.signIn(t, "ada@example.org")
	stranger := b.signIn(t, "bob@example.org")
	b.advance(time.Hour)
	travelled, err := b.Session(t.Context(), first.Token, client("203.0.113"))
	if err != nil {
		t.Fatal(err)
	}
	list, err := b.Sessions(t.Context(), first.Person)
	if err != nil || len(list) != 3 {
		t.Fatalf("%d sessions, %v", len(list), err)
	}
	if s := list[0]; s.ID != travelled.ID || !s.LastSeenAt.Equal(b.clock()) || s.Network != "203.0.113.0/24" || s.Device != here.Device {
		t.Errorf("the last used one is not first: %+v", s)
	}
	theirs, err := b.Sessions(t.Context(), stranger.Person)
	if err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]auth.SessionID{"one's own": list[1].ID, "a stranger's": theirs[0].ID} {
		if err := b.End(t.Context(), first.Person, id); err != nil {
			t.Error(name, ": ", err)
		}
	}
	alive := func(in auth.SignedIn) bool { _, err := b.Session(t.Context(), in.Token, here); return err == nil }
	if !alive(first) || alive(second) == alive(third) || !alive(stranger) {
		t.Error("ending one session did not end exactly this one")
	}
	if err := b.EndOthers(t.Context(), first.Person, travelled.ID); err != nil {
		t.Fatal(err)
	}
	if !alive(first) || alive(second) || alive(third) || !alive(stranger) {
		t.Error("ending the others did not end exactly these")
	}
}

func TestSweepKeepsExplanationsForADay(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	used, expired := b.ask(t, "ada@example.org"), b.ask(t, "bob@example.org")
	if _, err := b.Confirm(t.Context(), used.token, here); err != nil {
		t.Fatal(err)
	}
	sweep := func(after time.Duration) {
		t.Helper()
		b.advance(after)
		if err := b.Sweep(t.Context(), auth.Sweep{}); err != nil {
			t.Fatal(err)
		}
	}
	sweep(auth.LinkLife + 24*time.Hour)
	_, first := b.Inspect(t.Context(), used.token)
	_, second := b.Inspect(t.Context(), expired.token)
	if problem(first) != auth.LinkUsed || problem(second) != auth.LinkExpired {
		t.Errorf("within a day: %q and %q", problem(first), problem(second))
	}
	sweep(time.Second)
	if n := one[int](t, b, `SELECT count(*) FROM sign_in_requests`); n != 0 {
		t.Errorf("%d requests are left after a day", n)
	}
	sweep(30 * aDay)
	if n := one[int](t, b, `SELECT count(*) FROM sessions`); n != 0 {
		t.Errorf("%d sessions are left after their end", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM people`); n != 1 {
		t.Errorf("%d people, want the one who signed in", n)
	}
}
