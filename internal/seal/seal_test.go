package seal_test

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/seal"
)

var place = seal.Place{Table: "mailboxes", Column: "secret", Row: "r1", Org: "o1"}

func ring(t *testing.T, s string) *seal.Ring {
	t.Helper()
	r, err := seal.ParseRing(s)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestSealedValueOpensOnlyInItsPlace(t *testing.T) {
	r := ring(t, seal.GenerateKey("a"))
	sealed := r.Seal(place, []byte("hunter2"))
	if got, err := r.Open(place, sealed); err != nil || string(got) != "hunter2" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	for name, other := range map[string]seal.Place{
		"table":        {Table: "other", Column: "secret", Row: "r1", Org: "o1"},
		"column":       {Table: "mailboxes", Column: "other", Row: "r1", Org: "o1"},
		"row":          {Table: "mailboxes", Column: "secret", Row: "r2", Org: "o1"},
		"organization": {Table: "mailboxes", Column: "secret", Row: "r1", Org: "o2"},
		"shifted":      {Table: "mailboxess", Column: "ecret", Row: "r1", Org: "o1"},
	} {
		if _, err := r.Open(other, sealed); !errors.Is(err, seal.ErrNotOpened) {
			t.Errorf("another %s: err = %v, want ErrNotOpened", name, err)
		}
	}
}

func TestEachSealingHasItsOwnNonce(t *testing.T) {
	r := ring(t, seal.GenerateKey("a"))
	if bytes.Equal(r.Seal(place, []byte("x")), r.Seal(place, []byte("x"))) {
		t.Error("the same secret sealed twice looks the same")
	}
}

func TestChangedByteDoesNotOpen(t *testing.T) {
	r := ring(t, seal.GenerateKey("a"))
	sealed := r.Seal(place, []byte("hunter2"))
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 1
		if _, err := r.Open(place, changed); err == nil {
			t.Errorf("byte %d changed, still opens", i)
		}
	}
	for n := range sealed {
		if _, err := r.Open(place, sealed[:n]); err == nil {
			t.Errorf("cut to %d bytes, still opens", n)
		}
	}
}

func TestRotationOpensOldAndSealsWithNew(t *testing.T) {
	oldKey, newKey := seal.GenerateKey("2025"), seal.GenerateKey("2026")
	sealed := ring(t, oldKey).Seal(place, []byte("hunter2"))
	both := ring(t, newKey+","+oldKey)
	if got, err := both.Open(place, sealed); err != nil || string(got) != "hunter2" {
		t.Fatalf("old value: %q, %v", got, err)
	}
	again := both.Seal(place, []byte("hunter2"))
	if id, _ := seal.KeyID(again); id != "2026" {
		t.Errorf("sealed with key %q, want the first of the ring", id)
	}
	if _, err := ring(t, newKey).Open(place, sealed); !errors.Is(err, seal.ErrUnknownKey) {
		t.Errorf("old key removed: err = %v, want ErrUnknownKey", err)
	}
}

func TestRingRefusesBadKeysWithoutShowingThem(t *testing.T) {
	short := base64.StdEncoding.EncodeToString([]byte("tooshort"))
	good := seal.GenerateKey("a")
	for name, s := range map[string]string{
		"empty": "", "no id": good[2:], "short": "a:" + short, "no base64": "a:!!!", "twice": good + " " + good,
	} {
		_, err := seal.ParseRing(s)
		if err == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		if strings.Contains(err.Error(), short) || strings.Contains(err.Error(), good[2:]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

func TestBoxOpensOnlyForItsPurpose(t *testing.T) {
	box, err := seal.NewBox(strings.Repeat("k", 32))
	if err != nil {
		t.Fatal(err)
	}
	s := box.Seal("flash", []byte("saved"))
	if got, err := box.Open("flash", s); err != nil || string(got) != "saved" {
		t.Fatalf("Open = %q, %v", got, err)
	}
	if _, err := box.Open("sign-in", s); !errors.Is(err, seal.ErrNoBox) {
		t.Errorf("other purpose: err = %v", err)
	}
	if _, err := box.Open("flash", s[:len(s)-2]+"AA"); !errors.Is(err, seal.ErrNoBox) {
		t.Errorf("changed: err = %v", err)
	}
	if _, err := seal.NewBox("short"); err == nil {
		t.Error("short secret accepted")
	}
}

func TestBoxOpensWithTheSecretBefore(t *testing.T) {
	box := func(secrets ...string) *seal.Box {
		t.Helper()
		b, err := seal.NewBox(secrets[0], secrets[1:]...)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	older, newer := strings.Repeat("o", 32), strings.Repeat("n", 32)
	both := box(newer, older)
	sealed, code := box(older).Seal("flash", []byte("saved")), box(older).MAC("request", "123456")
	if got, err := both.Open("flash", sealed); err != nil || string(got) != "saved" || !both.Made(code, "request", "123456") {
		t.Errorf("what the older one sealed: %q, %v", got, err)
	}
	if both.Made(code, "request", "123457") || both.Made(code, "request1", "23456") || both.Made(nil, "request", "123456") {
		t.Error("another code is taken")
	}
	if got, err := box(newer).Open("flash", both.Seal("flash", []byte("saved"))); err != nil || string(got) != "saved" || !box(newer).Made(both.MAC("x"), "x") {
		t.Errorf("the first one does not seal: %q, %v", got, err)
	}
	if _, err := box(newer).Open("flash", sealed); !errors.Is(err, seal.ErrNoBox) || box(newer).Made(code, "request", "123456") {
		t.Errorf("once the older one is gone: %v", err)
	}
	if _, err := seal.NewBox(newer, "short"); err == nil {
		t.Error("a short older one is accepted")
	}
}
