package auth

import (
	"context"

	"sendvery.com/sendvery/internal/mailaddr"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// Enrol makes somebody known who has not signed in yet, for the operator's
// commands, and returns who they are.
func (s *Service) Enrol(ctx context.Context, email string) (person PersonID, err error) {
	address, err := mailaddr.Parse(email)
	if err != nil {
		return person, err
	}
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		person, err = ensurePerson(ctx, tx, uid.New[postgres.Person](), address, s.Now())
		return err
	})
	return person, err
}
