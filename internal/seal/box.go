package seal

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"slices"

	"golang.org/x/crypto/nacl/secretbox"
)

// Box seals state that a browser keeps for us for a short while, and makes
// the message authentication codes of sign-in codes. The first of its secrets
// seals, every one opens.
type Box struct{ keys []boxKeys }

// boxKeys are the two keys that come from one secret.
type boxKeys struct {
	box [32]byte
	mac []byte
}

// ErrNoBox means that a sealed cookie was not made by us, or not for this use.
var ErrNoBox = errors.New("not a value that we sealed")

// NewBox derives the keys from a secret of at least 32 characters, and from
// those that it takes the place of.
func NewBox(secret string, older ...string) (*Box, error) {
	b := &Box{}
	for _, s := range append([]string{secret}, older...) {
		if len(s) < 32 {
			return nil, errors.New("shorter than 32 characters")
		}
		box, err := hkdf.Key(sha256.New, []byte(s), nil, "sendvery cookie", 32)
		if err != nil {
			return nil, err
		}
		mac, err := hkdf.Key(sha256.New, []byte(s), nil, "sendvery code", 32)
		if err != nil {
			return nil, err
		}
		b.keys = append(b.keys, boxKeys{[32]byte(box), mac})
	}
	return b, nil
}

// Seal closes a value for one use, named by purpose (the cookie's name); the
// result is safe in a cookie.
func (b *Box) Seal(purpose string, value []byte) string {
	var nonce [24]byte
	_, _ = rand.Read(nonce[:]) // never fails
	plain := append([]byte(purpose+"\x00"), value...)
	return base64.RawURLEncoding.EncodeToString(secretbox.Seal(nonce[:], plain, &nonce, &b.keys[0].box))
}

// Open returns what Seal closed for the same purpose.
func (b *Box) Open(purpose, sealed string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 24 {
		return nil, ErrNoBox
	}
	for _, k := range b.keys {
		if plain, ok := secretbox.Open(nil, raw[24:], (*[24]byte)(raw[:24]), &k.box); ok {
			if value, ok := bytes.CutPrefix(plain, []byte(purpose+"\x00")); ok {
				return value, nil
			}
		}
	}
	return nil, ErrNoBox
}

// MAC returns the HMAC-SHA-256 of the parts, for values too short to be
// stored as a plain hash.
func (b *Box) MAC(parts ...string) []byte { return b.keys[0].sum(parts) }

// Made reports whether MAC made the code of the parts, by any of the secrets.
func (b *Box) Made(code []byte, parts ...string) bool {
	return slices.ContainsFunc(b.keys, func(k boxKeys) bool { return hmac.Equal(code, k.sum(parts)) })
}

func (k boxKeys) sum(parts []string) []byte {
	h := hmac.New(sha256.New, k.mac)
	for _, p := range parts {
		h.Write([]byte(p)) // never fails
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}
