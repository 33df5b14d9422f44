package auth_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
)

// changing begins a change of address and returns the links of both sides.
func (b *bench) changing(t *testing.T, in auth.SignedIn, email string) (old, fresh string) {
	t.Helper()
	if err := b.AskAddress(t.Context(), b.session(t, in), email, here); err != nil {
		t.Fatal(err)
	}
	links := map[auth.Side]string{}
	for _, job := range b.links {
		if err := b.SendAddress(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		m := b.mails[len(b.mails)-1]
		if want := map[auth.Side]string{auth.OldSide: in.Email, auth.NewSide: strings.ToLower(email)}[job.Side]; m.To != want {
			t.Errorf("the mail of the %s side went to %s, want %s", job.Side, m.To, want)
		}
		links[job.Side] = m.Text
	}
	b.links = nil
	return links[auth.OldSide], links[auth.NewSide]
}

// session is who is signed in.
func (b *bench) session(t *testing.T, in auth.SignedIn) auth.Session {
	t.Helper()
	s, err := b.Session(t.Context(), in.Token, here)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAddressChangesWhenBothSidesConfirm(t *testing.T) {
	t.Parallel()
	for name, oldFirst := range map[string]bool{"the old address first": true, "the new address first": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			in, elsewhere := b.signIn(t, "ada@first.example"), b.signIn(t, "ada@first.example")
			open := b.ask(t, "ada@first.example")
			first, second := b.changing(t, in, "Ada@Second.example")
			if !oldFirst {
				first, second = second, first
			}
			if _, done, err := b.ConfirmAddress(t.Context(), first); done || err != nil {
				t.Fatalf("one side was enough: %v, %v", done, err)
			}
			if _, done, err := b.ConfirmAddress(t.Context(), first); done || err != nil {
				t.Fatalf("one side twice was enough: %v, %v", done, err)
			}
			if b.session(t, in).Email != "ada@first.example" {
				t.Error("the address is changed already")
			}
			if _, done, err := b.ConfirmAddress(t.Context(), second); !done || err != nil {
				t.Fatalf("%v, %v", done, err)
			}
			for _, s := range []auth.SignedIn{in, elsewhere} {
				if _, err := b.Session(t.Context(), s.Token, here); !fault.Is(err, fault.Unauthenticated) {
					t.Errorf("a session goes on: %v", err)
				}
			}
			if _, err := b.Confirm(t.Context(), open.token, here); problem(err) != auth.LinkUsed {
				t.Errorf("a link to the old address signs in: %v", err)
			}
			if again := b.signIn(t, "ada@second.example"); again.Person != in.Person {
				t.Error("the new address is somebody else")
			}
			if _, _, err := b.ConfirmAddress(t.Context(), second); !fault.Is(err, fault.NotFound) {
				t.Errorf("a link works again: %v", err)
			}
		})
	}
}

func TestChangeOfAddressIsStopped(t *testing.T) {
	t.Parallel()
	for name, stop := range map[string]func(*testing.T, *bench, auth.SignedIn, string, string){
		"by the old address": func(t *testing.T, b *bench, _ auth.SignedIn, old, _ string) {
			t.Helper()
			check(t, b.StopAddress(t.Context(), old))
		},
		"by the new address": func(t *testing.T, b *bench, _ auth.SignedIn, _, fresh string) {
			t.Helper()
			check(t, b.StopAddress(t.Context(), fresh))
		},
		"by the person": func(t *testing.T, b *bench, in auth.SignedIn, _, _ string) {
			t.Helper()
			check(t, b.StopOwnAddress(t.Context(), in.Person))
		},
		"by another change": func(t *testing.T, b *bench, in auth.SignedIn, _, _ string) {
			t.Helper()
			b.changing(t, in, "ada@third.example")
		},
		"by its hour": func(_ *testing.T, b *bench, _ auth.SignedIn, _, _ string) { b.advance(auth.ChangeLife) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			in := b.signIn(t, "ada@first.example")
			old, fresh := b.changing(t, in, "ada@second.example")
			if _, _, err := b.ConfirmAddress(t.Context(), old); err != nil {
				t.Fatal(err)
			}
			stop(t, b, in, old, fresh)
			for _, link := range []string{old, fresh} {
				if _, _, err := b.ConfirmAddress(t.Context(), link); !fault.Is(err, fault.NotFound) {
					t.Errorf("the link works: %v", err)
				}
			}
			if b.session(t, in).Email != "ada@first.example" {
				t.Error("the address is changed")
			}
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func TestNewAddressOfSomebodyElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.signIn(t, "bob@second.example")
	in := b.signIn(t, "ada@first.example")
	// Asking looks the same, so that nobody learns who has an account.
	old, fresh := b.changing(t, in, "bob@second.example")
	if _, done, err := b.ConfirmAddress(t.Context(), fresh); done || !strings.Contains(fault.Sentence(err), "has an account") {
		t.Errorf("%v, %v", done, err)
	}
	if _, done, err := b.ConfirmAddress(t.Context(), old); done || err != nil {
		t.Errorf("the old address learns something: %v, %v", done, err)
	}
	if b.session(t, in).Email != "ada@first.example" {
		t.Error("two people have one address")
	}
	for email, want := range map[string]fault.Kind{"ada@first.example": fault.Invalid, "ada": fault.Invalid} {
		if err := b.AskAddress(t.Context(), b.session(t, in), email, here); !fault.Is(err, want) {
			t.Errorf("%s: %v", email, err)
		}
	}
}

func TestSecondTryOfAMailAboutAnAddressVoidsTheFirstLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.signIn(t, "ada@first.example")
	if err := b.AskAddress(t.Context(), b.session(t, in), "ada@second.example", here); err != nil {
		t.Fatal(err)
	}
	job := b.links[0]
	var links []string
	for range 2 {
		check(t, b.SendAddress(t.Context(), job))
		links = append(links, b.mails[len(b.mails)-1].Text)
	}
	if _, _, err := b.InspectAddress(t.Context(), links[0]); !fault.Is(err, fault.NotFound) {
		t.Errorf("the first link: %v", err)
	}
	if _, side, err := b.InspectAddress(t.Context(), links[1]); err != nil || side != job.Side {
		t.Errorf("the second link: %s, %v", side, err)
	}
}

func TestDeletedAccountComesBackBySigningIn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.signIn(t, "ada@first.example")
	b.changing(t, in, "ada@second.example")
	if err := b.Delete(t.Context(), in.Person); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Session(t.Context(), in.Token, here); !fault.Is(err, fault.Unauthenticated) {
		t.Errorf("still signed in: %v", err)
	}
	b.advance(auth.UndoLife - time.Hour)
	check(t, b.Purge(t.Context(), auth.Purge{}))
	again := b.signIn(t, "ada@first.example")
	if s := b.session(t, again); again.Person != in.Person || s.PurgeAt == nil || !s.PurgeAt.Equal(b.clock().Add(time.Hour)) {
		t.Errorf("%+v", s)
	}
	check(t, b.Restore(t.Context(), in.Person))
	if s := b.session(t, again); s.PurgeAt != nil {
		t.Errorf("%+v", s)
	}
	if err := b.Restore(t.Context(), in.Person); !fault.Is(err, fault.NotFound) {
		t.Errorf("restored twice: %v", err)
	}
}

func TestErasedPersonLeavesNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	bob := b.signIn(t, "bob@second.example")
	in := b.signIn(t, "ada@first.example")
	check(t, b.Delete(t.Context(), in.Person))
	b.signIn(t, "ada@first.example") // which alone does not take it back
	b.advance(auth.UndoLife)
	check(t, b.Purge(t.Context(), auth.Purge{}))
	for _, sql := range []string{
		`SELECT count(*) FROM people WHERE person_id = $1`, `SELECT count(*) FROM sessions WHERE person_id = $1`,
		`SELECT count(*) FROM audit_person_events WHERE chain_id = $1`, `SELECT count(*) FROM audit_person_heads WHERE chain_id = $1`,
	} {
		if n := one[int](t, b, sql, in.Person); n != 0 {
			t.Errorf("%s: %d", sql, n)
		}
		if n := one[int](t, b, sql, bob.Person); n == 0 {
			t.Errorf("%s: nothing is left of somebody else", sql)
		}
	}
	if n := one[int](t, b, `SELECT count(*) FROM sign_in_requests WHERE email = $1`, "ada@first.example"); n != 0 {
		t.Errorf("%d requests are left", n)
	}
	if again := b.signIn(t, "ada@first.example"); again.Person == in.Person {
		t.Error("who signs in after that is the same person")
	}
}

// An account stays when organizations need its person.
func TestAccountThatIsNeededStays(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	in := b.signIn(t, "ada@first.example")
	b.departs = fault.New(fault.Conflict, "You are needed.")
	if err := b.Delete(t.Context(), in.Person); !fault.Is(err, fault.Conflict) {
		t.Fatal(err)
	}
	if s := b.session(t, in); s.PurgeAt != nil {
		t.Errorf("the account is being deleted: %+v", s)
	}
}

func TestAskedTwiceAtOnceOneChangeWaits(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	s := b.session(t, b.signIn(t, "ada@first.example"))
	var together sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		together.Go(func() { errs[i] = b.AskAddress(t.Context(), s, "ada@second.example", here) })
	}
	together.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	if n := one[int](t, b, `SELECT count(*) FROM address_changes`); n != 1 {
		t.Errorf("%d changes wait", n)
	}
}
