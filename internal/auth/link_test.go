package auth_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
)

func TestOnlyTheJobKnowsTheLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, err := b.Ask(t.Context(), "ada@example.org", "secret", here)
	if err != nil {
		t.Fatal(err)
	}
	if one[bool](t, b, `SELECT token_hash IS NOT NULL OR code_mac IS NOT NULL FROM sign_in_requests`) {
		t.Error("the request holds a link before the job ran")
	}
	if err := b.Service.Send(t.Context(), auth.SendLink{Request: id}); err != nil {
		t.Fatal(err)
	}
	if !one[bool](t, b, `SELECT length(token_hash) = 32 AND length(code_mac) = 32 FROM sign_in_requests`) {
		t.Error("the job left no hash")
	}
	if m := b.mails[0]; m.To != "ada@example.org" || m.ID == "" || m.Subject != "Firefox on Linux 192.0.2.0/24" {
		t.Errorf("mail: %+v", m)
	}
}

func TestLinkProblems(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	used, expired := b.ask(t, "used@example.org"), b.ask(t, "expired@example.org")
	if _, err := b.Confirm(t.Context(), used.token, here); err != nil {
		t.Fatal(err)
	}
	b.advance(auth.LinkLife)
	for name, c := range map[string]struct {
		token string
		want  auth.LinkProblem
	}{
		"used, and over since": {used.token, auth.LinkUsed}, "a quarter of an hour old": {expired.token, auth.LinkExpired},
		"cut by the mail program": {expired.token[:30], auth.LinkUnknown}, "with a dot behind": {expired.token + ".", auth.LinkUnknown},
		"made up": {strings.Repeat("A", 43), auth.LinkUnknown}, "empty": {"", auth.LinkUnknown}, "with NUL": {"\x00", auth.LinkUnknown},
	} {
		_, inspected := b.Inspect(t.Context(), c.token)
		_, confirmed := b.Confirm(t.Context(), c.token, here)
		if problem(inspected) != c.want || problem(confirmed) != c.want {
			t.Errorf("%s: shown as %q, confirmed as %q, want %q", name, problem(inspected), problem(confirmed), c.want)
		}
		if !fault.Is(confirmed, fault.Invalid) || fault.Sentence(confirmed) == "" {
			t.Errorf("%s: no sentence: %v", name, confirmed)
		}
	}
}

func TestLookingAtALinkDoesNotUseIt(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.ask(t, "ada@example.org")
	for range 3 {
		r, err := b.Inspect(t.Context(), a.token)
		if err != nil || r.Email != "ada@example.org" || r.Device != here.Device || r.Network != here.Network || !r.CreatedAt.Equal(b.clock()) {
			t.Fatalf("%+v, %v", r, err)
		}
	}
	b.advance(auth.LinkLife - time.Second)
	if _, err := b.Confirm(t.Context(), a.token, here); err != nil {
		t.Error("a second before its end: ", err)
	}
}

// atOnce does all at the same time and returns what came of each.
func atOnce(do ...func() error) []error {
	results, start := make(chan error, len(do)), make(chan struct{})
	for _, f := range do {
		go func() { <-start; results <- f() }()
	}
	close(start)
	var errs []error
	for range do {
		errs = append(errs, <-results)
	}
	return errs
}

// tally counts what came of confirming.
func tally(errs []error) map[auth.LinkProblem]int {
	n := map[auth.LinkProblem]int{}
	for _, err := range errs {
		n[problem(err)]++
	}
	return n
}

func TestOneOfManyConfirmsOfALinkWins(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.ask(t, "ada@example.org")
	confirm := func() error { _, err := b.Confirm(context.Background(), a.token, here); return err }
	if n := tally(atOnce(confirm, confirm, confirm, confirm)); n[""] != 1 || n[auth.LinkUsed] != 3 {
		t.Errorf("results: %v", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM sessions`); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

func TestTwoLinksOfAnAddressAtOnceMakeOneSession(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for round := range 4 {
		first, second, third := b.ask(t, "ada@example.org"), b.ask(t, "ada@example.org"), b.ask(t, "ada@example.org")
		errs := atOnce(
			func() error { _, err := b.Confirm(context.Background(), first.token, here); return err },
			func() error { _, err := b.Confirm(context.Background(), second.token, here); return err },
			func() error {
				_, err := b.ConfirmCode(context.Background(), third.id, third.browser, third.code, here)
				if err != nil && fault.Is(err, fault.Invalid) {
					return &auth.LinkError{Problem: auth.LinkUsed}
				}
				return err
			})
		if n := tally(errs); n[""] != 1 || n[auth.LinkUsed] != 2 {
			t.Fatalf("round %d: %v", round, n)
		}
		b.Limits = newBench(t).Limits
	}
}

func TestOlderLinkWorksUntilOneIsUsed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	older, newer, other := b.ask(t, "ada@example.org"), b.ask(t, "ada@example.org"), b.ask(t, "bob@example.org")
	if _, err := b.Confirm(t.Context(), older.token, here); err != nil {
		t.Fatal("the older link: ", err)
	}
	if _, err := b.Confirm(t.Context(), newer.token, here); problem(err) != auth.LinkUsed {
		t.Errorf("the newer link afterwards: %v", err)
	}
	if _, err := b.ConfirmCode(t.Context(), newer.id, newer.browser, newer.code, here); fault.FieldsOf(err)["code"] == "" {
		t.Errorf("the newer code afterwards: %v", err)
	}
	if _, err := b.Confirm(t.Context(), other.token, here); err != nil {
		t.Error("somebody else's link: ", err)
	}
}

func TestSecondTryOfTheJobVoidsTheFirstLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.fail = errors.New("the connection broke after the mail was taken")
	id, err := b.Ask(t.Context(), "ada@example.org", "secret", here)
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Service.Send(t.Context(), b.jobs[0]); err == nil {
		t.Fatal("the failure of the mail server is lost")
	}
	voided, voidedCode := b.last()
	if err := b.Service.Send(t.Context(), b.jobs[0]); err != nil {
		t.Fatal(err)
	}
	token, code := b.last()
	if _, err := b.Inspect(t.Context(), voided); problem(err) != auth.LinkUnknown {
		t.Errorf("the first link: %v", err)
	}
	if voidedCode != code {
		if _, err := b.ConfirmCode(t.Context(), id, "secret", voidedCode, here); err == nil {
			t.Error("the first code works")
		}
	}
	if _, err := b.Confirm(t.Context(), token, here); err != nil {
		t.Error("the second link: ", err)
	}
}

func TestJobOfARequestThatIsOverSendsNothing(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	used := b.ask(t, "ada@example.org")
	if _, err := b.Confirm(t.Context(), used.token, here); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Ask(t.Context(), "bob@example.org", "secret", here); err != nil {
		t.Fatal(err)
	}
	b.advance(auth.LinkLife)
	sent := len(b.mails)
	for _, job := range b.jobs {
		if err := b.Service.Send(t.Context(), job); !fault.Is(err, fault.NotFound) {
			t.Errorf("%v, want an end of the job", err)
		}
	}
	if len(b.mails) != sent {
		t.Error("a link that cannot work was mailed")
	}
}
