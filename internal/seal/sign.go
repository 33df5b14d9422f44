package seal

import (
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
)

// Signer makes and checks message authentication codes (HMAC-SHA-256) with a
// ring of keys: the first one signs, every one checks.
type Signer struct {
	ids  []string
	keys map[string][]byte
}

// ParseSigner reads keys in the form of ParseRing.
func ParseSigner(s string) (*Signer, error) {
	list, err := parseKeys(s)
	if err != nil {
		return nil, err
	}
	signer := &Signer{keys: map[string][]byte{}}
	for _, k := range list {
		signer.ids = append(signer.ids, k.id)
		signer.keys[k.id] = k.raw
	}
	return signer, nil
}

// IDs returns the ids of the keys; the first one signs.
func (s *Signer) IDs() []string { return s.ids }

// Sum returns the code of a message, 32 bytes, by the key of an id; its
// callers put what the message is for in front of it. ErrUnknownKey without the key.
func (s *Signer) Sum(id string, message []byte) ([]byte, error) {
	key, ok := s.keys[id]
	if !ok {
		return nil, fmt.Errorf("%w: %q", ErrUnknownKey, id)
	}
	h := hmac.New(sha256.New, key)
	h.Write(message) // never fails
	return h.Sum(nil), nil
}

// Made reports whether code is the one that the key of an id makes of message.
func (s *Signer) Made(code []byte, id string, message []byte) bool {
	sum, err := s.Sum(id, message)
	return err == nil && hmac.Equal(code, sum)
}
