package audit

import (
	"context"
	"fmt"
	"slices"

	"sendvery.com/sendvery/internal/postgres"
)

// MissingKeys returns the ids of keys that events are signed with and that are
// not in the ring: those events could not be proved any more.
func (t *Trail) MissingKeys(ctx context.Context) ([]string, error) {
	var used []string
	err := t.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		used, err = keysInUse(ctx, tx)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read what keys events are signed with: %w", err)
	}
	return slices.DeleteFunc(used, func(id string) bool { return slices.Contains(t.Keys.IDs(), id) }), nil
}
