package billing

import (
	"context"
	"crypto/rand"
	"errors"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// claimLife is how long something may take to change at the provider. One that
// is broken off gives others their turn after it.
const claimLife = 90 * time.Second

// alone runs do while nobody else changes anything of the organization at the
// provider, on the state that the provider has at that moment; Conflict while
// somebody does. The claim is a key that nobody had before.
func (s *Service) alone(ctx context.Context, a Actor, do func(ctx context.Context, claim string, r row) error) (err error) {
	claim := rand.Text()
	ctx, cancel := context.WithTimeout(ctx, claimLife-10*time.Second)
	defer cancel()
	err = s.DB.InOrg(ctx, a.Org, func(ctx context.Context, tx postgres.Tx) error {
		if _, err := s.People(ctx, tx, a.Org); err != nil { // nothing is bought for what is being deleted
			return err
		}
		return take(ctx, tx, a.Org, claim, s.Now(), s.Now().Add(claimLife))
	})
	if err != nil {
		return err
	}
	defer func() {
		after := context.WithoutCancel(ctx)
		err = errors.Join(err, s.DB.InOrg(after, a.Org, func(ctx context.Context, tx postgres.Tx) error { return giveBack(ctx, tx, a.Org, claim) }))
	}()
	r, err := s.read(ctx, a.Org)
	if err != nil {
		return err
	}
	return do(ctx, claim, r)
}

// read is the organization's account as the provider has it now.
func (s *Service) read(ctx context.Context, org postgres.TenantID) (row, error) {
	if err := s.Sync(ctx, org); err != nil {
		return row{}, err
	}
	return s.stored(ctx, org)
}

func (s *Service) stored(ctx context.Context, org postgres.TenantID) (r row, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) (err error) {
		r, err = load(ctx, tx, org)
		return err
	})
	return r, err
}

// event is that of what an owner did at the provider; sync writes it with
// the state that came of it.
func (s *Service) event(a Actor, action string, detail map[string]string) audit.Event {
	return audit.Event{Org: a.Org, Person: a.Person, Action: action, Detail: detail, At: s.Now()}
}

// errNoPlan is for whoever changes a plan that is not paid.
func errNoPlan() error {
	return fault.New(fault.Conflict, "This organization has no paid plan. Choose one first.")
}
