package seal

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"golang.org/x/crypto/nacl/secretbox"
)

// Box seals state that a browser keeps for us for a short while, and makes
// the message authentication codes of sign-in codes. Both keys come from one
// secret.
type Box struct {
	key [32]byte
	mac []byte
}

// ErrNoBox means that a sealed cookie was not made by us, or not for this use.
var ErrNoBox = errors.New("not a value that we sealed")

// NewBox derives the keys from a secret of at least 32 characters.
func NewBox(secret string) (*Box, error) {
	if len(secret) < 32 {
		return nil, errors.New("shorter than 32 characters")
	}
	key, err := hkdf.Key(sha256.New, []byte(secret), nil, "sendvery cookie", 32)
	if err != nil {
		return nil, err
	}
	mac, err := hkdf.Key(sha256.New, []byte(secret), nil, "sendvery code", 32)
	if err != nil {
		return nil, err
	}
	return &Box{key: [32]byte(key), mac: mac}, nil
}

// Seal closes a value for one use, named by purpose (the cookie's name); the
// result is safe in a cookie.
func (b *Box) Seal(purpose string, value []byte) string {
	var nonce [24]byte
	_, _ = rand.Read(nonce[:]) // never fails
	plain := append([]byte(purpose+"\x00"), value...)
	return base64.RawURLEncoding.EncodeToString(secretbox.Seal(nonce[:], plain, &nonce, &b.key))
}

// Open returns what Seal closed for the same purpose.
func (b *Box) Open(purpose, sealed string) ([]byte, error) {
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil || len(raw) < 24 {
		return nil, ErrNoBox
	}
	plain, ok := secretbox.Open(nil, raw[24:], (*[24]byte)(raw[:24]), &b.key)
	prefix := purpose + "\x00"
	if !ok || len(plain) < len(prefix) || string(plain[:len(prefix)]) != prefix {
		return nil, ErrNoBox
	}
	return plain[len(prefix):], nil
}

// MAC returns the HMAC-SHA-256 of the parts, for values too short to be
// stored as a plain hash.
func (b *Box) MAC(parts ...string) []byte {
	h := hmac.New(sha256.New, b.mac)
	for _, p := range parts {
		h.Write([]byte(p)) // never fails
		h.Write([]byte{0})
	}
	return h.Sum(nil)
}
