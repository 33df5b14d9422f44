package certs

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/seal"
)

// Unreadable stands for the key of what is no sealed value.
const Unreadable = "unreadable"

// SealedWith counts the entries by the id of the key that they are sealed with.
func (s *Store) SealedWith(ctx context.Context) (map[string]int, error) {
	all, err := s.all(ctx)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, e := range all {
		id, err := seal.KeyID(e.Sealed)
		if err != nil {
			id = Unreadable
		}
		counts[id]++
	}
	return counts, nil
}

// Reseal seals every entry again that is not sealed with the first key of the
// ring, and returns how many were. It can stop and go on at any time.
func (s *Store) Reseal(ctx context.Context) (int, error) {
	all, err := s.all(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, e := range all {
		if id, err := seal.KeyID(e.Sealed); err == nil && id == s.Ring.IDs()[0] {
			continue
		}
		plain, err := s.Ring.Open(place(e.Name), e.Sealed)
		if err != nil {
			return n, fmt.Errorf("certificates: %s: %w", e.Name, err)
		}
		if err := s.replace(ctx, e, s.Ring.Seal(place(e.Name), plain)); err != nil {
			return n, fmt.Errorf("certificates: %s: %w", e.Name, err)
		}
		n++
	}
	return n, nil
}
