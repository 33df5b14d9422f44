package auth_test

import (
	"context"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/seal"
)

func TestCodeWorksInTheBrowserThatAskedOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.ask(t, "ada@example.org")
	for name, browser := range map[string]string{"another browser": "browser of somebody else", "no browser": ""} {
		if _, err := b.ConfirmCode(t.Context(), a.id, browser, a.code, here); fault.FieldsOf(err)["code"] == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := one[int](t, b, `SELECT code_tries FROM sign_in_requests`); n != 0 {
		t.Errorf("strangers used up %d tries", n)
	}
	in, err := b.ConfirmCode(t.Context(), a.id, a.browser, a.code, here)
	if err != nil || in.Email != "ada@example.org" {
		t.Errorf("the browser that asked: %+v, %v", in, err)
	}
	if _, err := b.ConfirmCode(t.Context(), a.id, a.browser, a.code, here); err == nil {
		t.Error("the code works twice")
	}
	if _, err := b.Confirm(t.Context(), a.token, here); problem(err) != auth.LinkUsed {
		t.Errorf("the link beside it: %v", err)
	}
}

func TestCodeOfAnotherRequestDoesNotWork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	first, second := b.ask(t, "ada@example.org"), b.ask(t, "bob@example.org")
	for first.code == second.code { // one in a million
		second = b.ask(t, "bob@example.org")
	}
	if _, err := b.ConfirmCode(t.Context(), first.id, first.browser, second.code, here); err == nil {
		t.Error("it works")
	}
}

func TestAfterFiveWrongCodesOnlyTheLinkWorks(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.ask(t, "ada@example.org")
	for range 5 {
		_, err := b.ConfirmCode(t.Context(), a.id, a.browser, another(a.code), here)
		if !strings.Contains(fault.FieldsOf(err)["code"], "not the code") {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	_, err := b.ConfirmCode(t.Context(), a.id, a.browser, a.code, here)
	if !strings.Contains(fault.FieldsOf(err)["code"], "no longer works") {
		t.Errorf("the right code at the sixth try: %v", err)
	}
	if _, err := b.Confirm(t.Context(), a.token, here); err != nil {
		t.Error("the link: ", err)
	}
}

func TestWrongCodesAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.ask(t, "ada@example.org")
	try := func() error {
		_, err := b.ConfirmCode(context.Background(), a.id, a.browser, another(a.code), here)
		return err
	}
	judged := 0
	for _, err := range atOnce(try, try, try, try, try, try, try, try, try, try) {
		if strings.Contains(fault.FieldsOf(err)["code"], "not the code") {
			judged++
		}
	}
	if judged != 5 {
		t.Errorf("%d of 10 codes were compared, want 5", judged)
	}
}

func TestCodeEndsWithItsLink(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	a := b.ask(t, "ada@example.org")
	b.advance(auth.LinkLife)
	if _, err := b.ConfirmCode(t.Context(), a.id, a.browser, a.code, here); fault.FieldsOf(err)["code"] == "" {
		t.Errorf("after a quarter of an hour: %v", err)
	}
}

func TestCodeBeforeTheMailWasSentDoesNotWork(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id, err := b.Ask(t.Context(), "ada@example.org", "secret", here)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.ConfirmCode(t.Context(), id, "secret", "000000", here); fault.FieldsOf(err)["code"] == "" {
		t.Errorf("%v", err)
	}
}

func TestCodeOutlivesAChangeOfTheCookieKey(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	older, newer := strings.Repeat("k", 32), strings.Repeat("n", 32)
	a := b.ask(t, "ada@example.org")
	for _, c := range []struct {
		secrets []string
		works   bool
	}{{[]string{newer}, false}, {[]string{newer, older}, true}} {
		box, err := seal.NewBox(c.secrets[0], c.secrets[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		b.Box = box
		if _, err := b.ConfirmCode(t.Context(), a.id, a.browser, a.code, here); (err == nil) != c.works {
			t.Errorf("with %d values: %v", len(c.secrets), err)
		}
	}
}
