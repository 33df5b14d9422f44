package mailbox_test

import (
	"errors"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/seal"
)

func TestKeysRotateWhileMailboxesAreRead(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	id := b.polling(t, b.settings())
	b.connect(t, b.settings())
	b.settle(t)
	poll := func(when string) {
		t.Helper()
		b.advance(17 * time.Minute)
		b.dispatch(t)
		if m := b.get(t, id); m.State != mailbox.Polling || !m.LastPollAt.Equal(b.clock()) {
			t.Errorf("%s: state %s, last poll %v", when, m.State, m.LastPollAt)
		}
	}
	sealedWith := func(want map[string]int) {
		t.Helper()
		got, err := b.SealedWith(t.Context())
		if err != nil || len(got) != len(want) || got["first"] != want["first"] || got["second"] != want["second"] {
			t.Errorf("sealed with %v, %v, want %v", got, err, want)
		}
	}
	ring := func(keys string) *seal.Ring {
		t.Helper()
		r, err := seal.ParseRing(keys)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	second := seal.GenerateKey("second")
	sealedWith(map[string]int{"first": 2})
	b.Ring = ring(second + "," + b.key)
	poll("with both keys, sealed by the older one")
	if n, err := b.Reseal(t.Context()); n != 2 || err != nil {
		t.Errorf("sealed %d again, %v", n, err)
	}
	sealedWith(map[string]int{"second": 2})
	if n, err := b.Reseal(t.Context()); n != 0 || err != nil {
		t.Errorf("the second time %d, %v", n, err)
	}
	poll("sealed by the newer one")
	b.Ring = ring(second)
	poll("without the older key")
	b.Ring = ring(seal.GenerateKey("third"))
	if _, err := b.Reseal(t.Context()); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("with none of the keys: %v", err)
	}
	sealedWith(map[string]int{"second": 2})
}
