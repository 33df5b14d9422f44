package auth_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
)

// askFrom asks and returns only the error.
func (b *bench) askFrom(t *testing.T, email string, c auth.Client) error {
	t.Helper()
	_, err := b.Ask(t.Context(), email, "secret", c)
	return err
}

// limited checks that the answer says how long to wait and that links work.
func limited(t *testing.T, what string, err error) {
	t.Helper()
	e, ok := errors.AsType[*fault.Error](err)
	if !ok || e.Kind != fault.LimitReached {
		t.Errorf("%s: %v, want a limit", what, err)
		return
	}
	if e.Wait <= 0 || !strings.Contains(e.Sentence, "minute") || !strings.Contains(e.Sentence, "still work") {
		t.Errorf("%s: wait %s, %q", what, e.Wait, e.Sentence)
	}
}

func TestFiveLinksAnHourForAnAddressAndNetwork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first := b.ask(t, "ada@example.org")
	for range 4 {
		if err := b.askFrom(t, "ada@example.org", here); err != nil {
			t.Fatal(err)
		}
	}
	limited(t, "the sixth", b.askFrom(t, "ADA@example.org", here))
	if err := b.askFrom(t, "ada@example.org", client("203.0.113")); err != nil {
		t.Error("the same address from elsewhere: ", err)
	}
	if err := b.askFrom(t, "bob@example.org", here); err != nil {
		t.Error("another address from the same network: ", err)
	}
	if _, err := b.Confirm(t.Context(), first.token, here); err != nil {
		t.Error("a link sent before: ", err)
	}
}

func TestTenLinksAnHourForANetwork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 10 {
		if err := b.askFrom(t, fmt.Sprintf("p%d@example.org", i), auth.Client{Address: fmt.Sprintf("2001:db8:1:1::%d", i)}); err != nil {
			t.Fatal(i, err)
		}
	}
	limited(t, "another address of the same /64", b.askFrom(t, "ada@example.org", auth.Client{Address: "2001:db8:1:1:ffff::1"}))
	if err := b.askFrom(t, "ada@example.org", auth.Client{Address: "2001:db8:1:2::1"}); err != nil {
		t.Error("another network: ", err)
	}
}

func TestTwentyLinksADayForAnAddress(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for i := range 20 {
		if err := b.askFrom(t, "ada@example.org", client(fmt.Sprintf("198.51.%d", i))); err != nil {
			t.Fatal(i, err)
		}
	}
	limited(t, "the next, from a fresh network", b.askFrom(t, "ada@example.org", client("203.0.113")))
}

func TestThirtyCodesAnHourForANetwork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.ask(t, "ada@example.org")
	for range 30 {
		if _, err := b.ConfirmCode(t.Context(), a.id, "another browser", a.code, here); fault.Is(err, fault.LimitReached) {
			t.Fatal(err)
		}
	}
	_, err := b.ConfirmCode(t.Context(), a.id, a.browser, a.code, here)
	limited(t, "the thirty-first", err)
	if _, err := b.Confirm(t.Context(), a.token, here); err != nil {
		t.Error("the link: ", err)
	}
}

func TestKnownAndUnknownAddressesLookTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.signIn(t, "known@example.org")
	jobs := len(b.jobs)
	for _, email := range []string{"known@example.org", "unknown@example.org"} {
		id, err := b.Ask(t.Context(), email, "secret", client("203.0.113"))
		if err != nil || id.IsZero() {
			t.Errorf("%s: %v", email, err)
		}
	}
	if len(b.jobs) != jobs+2 {
		t.Errorf("%d mails for two askings", len(b.jobs)-jobs)
	}
	if n := one[int](t, b, `SELECT count(*) FROM people`); n != 1 {
		t.Errorf("asking made %d people", n-1)
	}
}
