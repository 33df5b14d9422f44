// Package seal keeps secrets closed at rest and in cookies.
//
// Ring seals what is stored: XChaCha20-Poly1305 with a fresh 24-byte nonce per
// record, the key's id in front, and the record's place (table, column, row,
// organization) as associated data, so that a ciphertext moved elsewhere does
// not open. Signer proves by HMAC-SHA-256 that what is stored is as it was
// written. Box seals short-lived browser state with nacl/secretbox.
package seal

import (
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/chacha20poly1305"
)

// version is the first byte of an envelope: version, length of the key id,
// key id, nonce, ciphertext with its 16-byte tag.
const version = 1

// Errors of opening. Neither tells what the secret was.
var (
	ErrUnknownKey = errors.New("made with a key that is not in the ring")
	ErrNotOpened  = errors.New("the sealed value does not open here: it was changed, moved or sealed with another key")
)

// Ring holds the keys: the first one seals, every one opens.
type Ring struct {
	ids  []string
	keys map[string]cipher.AEAD
}

// ParseRing reads keys written as id:base64, separated by commas or white
// space. Each key has 32 bytes; ids have 1 to 32 characters and do not repeat.
// Errors name the position and the id, never a key.
func ParseRing(s string) (*Ring, error) {
	list, err := parseKeys(s)
	if err != nil {
		return nil, err
	}
	r := &Ring{keys: map[string]cipher.AEAD{}}
	for _, k := range list {
		aead, err := chacha20poly1305.NewX(k.raw)
		if err != nil {
			return nil, err
		}
		r.ids = append(r.ids, k.id)
		r.keys[k.id] = aead
	}
	return r, nil
}

// key is one key of a ring, as the operator wrote it.
type key struct {
	id  string
	raw []byte // 32 bytes
}

func parseKeys(s string) ([]key, error) {
	var list []key
	for i, field := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r' }) {
		id, encoded, ok := strings.Cut(field, ":")
		if !ok || id == "" || len(id) > 32 {
			return nil, fmt.Errorf("key %d is not of the form id:base64", i+1)
		}
		if slices.ContainsFunc(list, func(k key) bool { return k.id == id }) {
			return nil, fmt.Errorf("the key id %q stands twice", id)
		}
		raw, err := base64.StdEncoding.DecodeString(encoded)
		if err != nil || len(raw) != chacha20poly1305.KeySize {
			return nil, fmt.Errorf("key %q is not 32 bytes in base64", id)
		}
		list = append(list, key{id, raw})
	}
	if len(list) == 0 {
		return nil, errors.New("no key")
	}
	return list, nil
}

// GenerateKey returns a new key in the form that ParseRing and ParseSigner read.
func GenerateKey(id string) string {
	raw := make([]byte, chacha20poly1305.KeySize)
	_, _ = rand.Read(raw) // never fails
	return id + ":" + base64.StdEncoding.EncodeToString(raw)
}

// IDs returns the ids of the keys; the first one seals.
func (r *Ring) IDs() []string { return r.ids }

// Prefix is what values begin with that the first key sealed.
func (r *Ring) Prefix() []byte {
	id := r.ids[0]
	return append([]byte{version, byte(len(id))}, id...)
}

// Place is where a sealed value lives. It is authenticated, not stored.
type Place struct{ Table, Column, Row, Org string }

// data encodes the place with the length of each part in front, so that no
// two places look alike.
func (p Place) data() []byte {
	var b []byte
	for _, part := range []string{p.Table, p.Column, p.Row, p.Org} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

// Seal closes secret for its place.
func (r *Ring) Seal(p Place, secret []byte) []byte {
	id := r.ids[0]
	out := make([]byte, 0, 2+len(id)+chacha20poly1305.NonceSizeX+len(secret)+chacha20poly1305.Overhead)
	out = append(out, r.Prefix()...)
	nonce := make([]byte, chacha20poly1305.NonceSizeX)
	_, _ = rand.Read(nonce) // never fails
	out = append(out, nonce...)
	return r.keys[id].Seal(out, nonce, secret, p.data())
}

// Open returns the secret that was sealed for this place.
func (r *Ring) Open(p Place, sealed []byte) ([]byte, error) {
	id, rest, err := split(sealed)
	if err != nil {
		return nil, err
	}
	aead, ok := r.keys[id]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknownKey, id)
	}
	if len(rest) < chacha20poly1305.NonceSizeX+chacha20poly1305.Overhead {
		return nil, ErrNotOpened
	}
	secret, err := aead.Open(nil, rest[:chacha20poly1305.NonceSizeX], rest[chacha20poly1305.NonceSizeX:], p.data())
	if err != nil {
		return nil, ErrNotOpened
	}
	return secret, nil
}

// KeyID returns the id of the key that a value is sealed with.
func KeyID(sealed []byte) (string, error) {
	id, _, err := split(sealed)
	return id, err
}

func split(sealed []byte) (id string, rest []byte, err error) {
	if len(sealed) < 2 || sealed[0] != version || len(sealed) < 2+int(sealed[1]) {
		return "", nil, ErrNotOpened
	}
	n := 2 + int(sealed[1])
	return string(sealed[2:n]), sealed[n:], nil
}
