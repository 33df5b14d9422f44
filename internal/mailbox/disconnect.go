package mailbox

import (
	"context"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// DisconnectAll deletes every mailbox of an organization that is being deleted,
// within that transaction: secrets do not wait for the end of its time to undo.
// It returns what to record, and what to do after the commit.
func (s *Service) DisconnectAll(ctx context.Context, tx postgres.Tx, a org.Access) (events []audit.Event, after func(context.Context), err error) {
	all, err := list(ctx, tx, a.ID)
	if err != nil {
		return nil, nil, err
	}
	granted := map[ID]string{}
	for i, m := range all {
		if all[i], err = getToChange(ctx, tx, a.ID, m.ID); err != nil {
			return nil, nil, err
		}
		if granted[m.ID], err = s.refreshToken(ctx, tx, a.ID, all[i]); err != nil {
			return nil, nil, err
		}
		if err := remove(ctx, tx, a.ID, m.ID); err != nil {
			return nil, nil, err
		}
		events = append(events, s.event(a, m.ID, "mailbox.delete", all[i]))
	}
	return events, func(ctx context.Context) {
		for _, m := range all {
			s.revokeAtProvider(ctx, m, granted[m.ID])
		}
	}, nil
}
