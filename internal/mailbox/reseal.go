package mailbox

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
)

// sealed is a stored password with its place.
type sealed struct {
	Org    org.ID `db:"org_id"`
	ID     ID     `db:"mailbox_id"`
	Secret []byte `db:"secret"`
}

// Unreadable stands for the key of what is no sealed value.
const Unreadable = "unreadable"

// SealedWith counts the stored passwords by the id of the key that they are
// sealed with.
func (s *Service) SealedWith(ctx context.Context) (map[string]int, error) {
	counts := map[string]int{}
	all, err := s.allSealed(ctx)
	if err != nil {
		return nil, err
	}
	for _, m := range all {
		id, err := seal.KeyID(m.Secret)
		if err != nil {
			id = Unreadable
		}
		counts[id]++
	}
	return counts, nil
}

// Reseal seals every password again that is not sealed with the first key of
// the ring. Each is its own transaction: it can stop and go on at any time,
// and mailboxes are read meanwhile.
func (s *Service) Reseal(ctx context.Context) (int, error) {
	all, err := s.allSealed(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, m := range all {
		if id, err := seal.KeyID(m.Secret); err == nil && id == s.Ring.IDs()[0] {
			continue
		}
		plain, err := s.Ring.Open(place(m.Org, m.ID), m.Secret)
		if err != nil {
			return n, fmt.Errorf("mailbox %s of organization %s: %w", m.ID, m.Org, err)
		}
		again := s.Ring.Seal(place(m.Org, m.ID), plain)
		err = s.DB.InOrg(ctx, m.Org, func(ctx context.Context, tx postgres.Tx) error {
			if err := replaceSecret(ctx, tx, m, again); err != nil {
				return err
			}
			return s.Trail.Record(ctx, tx, audit.Event{Org: m.Org, Action: "mailbox.reseal", Subject: m.ID.String(), At: s.Now(),
				Detail: map[string]string{"key": s.Ring.IDs()[0]}})
		})
		if err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

func (s *Service) allSealed(ctx context.Context) (all []sealed, err error) {
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) error {
		all, err = sealedSecrets(ctx, tx)
		return err
	})
	return all, err
}
