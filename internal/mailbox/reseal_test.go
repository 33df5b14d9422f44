package mailbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/keyring"
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
	sealedWith := func(key string) {
		t.Helper()
		keys := &keyring.Service{DB: b.db.DB, Columns: keyring.Columns()}
		if got, err := keys.Uses(t.Context()); err != nil || len(got) != 1 || got[0].Key != key || got[0].Values != 2 {
			t.Errorf("sealed with %v, %v, want both with %s", got, err, key)
		}
	}
	rotate := func() keyring.Run {
		t.Helper()
		keys := &keyring.Service{DB: b.db.DB, Trail: b.Trail, Ring: b.Ring, Columns: keyring.Columns(), Queue: b, Now: b.clock}
		run, err := keys.Rotate(t.Context())
		for err == nil && run.FinishedAt == nil {
			run, err = keys.Advance(t.Context())
		}
		if err != nil {
			t.Fatal(err)
		}
		return run
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
	sealedWith("first")
	b.Ring = ring(second + "," + b.key)
	poll("with both keys, sealed by the older one")
	if run := rotate(); run.Done != 2 || run.Failed != 0 {
		t.Errorf("sealed again: %+v", run)
	}
	sealedWith("second")
	if run := rotate(); run.Done != 0 || run.Failed != 0 {
		t.Errorf("the second time: %+v", run)
	}
	poll("sealed by the newer one")
	b.Ring = ring(second)
	poll("without the older key")
	b.Ring = ring(seal.GenerateKey("third"))
	if run := rotate(); run.Done != 0 || run.Failed != 2 || !strings.Contains(run.Failure, seal.ErrUnknownKey.Error()) {
		t.Errorf("with none of the keys: %+v", run)
	}
	sealedWith("second")
}

func TestSwappedPasswordsBothRefuse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.polling(t, b.settings())
	b.polling(t, b.settings())
	b.admin(t, `UPDATE mailboxes m SET secret = o.secret FROM mailboxes o WHERE o.mailbox_id <> m.mailbox_id`)
	b.advance(17 * time.Minute)
	if err := b.Dispatch(t.Context()); err != nil {
		t.Fatal(err)
	}
	slices := b.take()
	for _, j := range slices {
		if err := b.Do(t.Context(), j); !errors.Is(err, seal.ErrNotOpened) {
			t.Errorf("mailbox %s with the other one's password: %v", j.Mailbox, err)
		}
	}
	if len(slices) != 2 {
		t.Errorf("%d mailboxes were due", len(slices))
	}
	key := seal.GenerateKey("second")
	ring, err := seal.ParseRing(key + "," + b.key)
	if err != nil {
		t.Fatal(err)
	}
	keys := &keyring.Service{DB: b.db.DB, Trail: b.Trail, Ring: ring, Columns: keyring.Columns(), Queue: b, Now: b.clock}
	run, err := keys.Rotate(t.Context())
	for err == nil && run.FinishedAt == nil {
		run, err = keys.Advance(t.Context())
	}
	if err != nil || run.Failed != 2 || run.Done != 0 {
		t.Errorf("a new key: %+v, %v", run, err)
	}
}
