package app

import (
	"context"
	"fmt"
	"slices"

	"sendvery.com/sendvery/internal/keyring"
)

// KeyStatus is every key and what is sealed or signed with it.
type KeyStatus struct {
	Sealing   []KeyUse      // of SEAL_KEYS
	Signing   []KeyUse      // of AUDIT_KEYS; its values are not counted
	Rotations []keyring.Run // the latest first
}

// KeyUse is one key.
type KeyUse struct {
	ID      string
	Values  int
	Columns []keyring.Use // where the values are
	Missing bool          // something stored names it, the ring has it not
	Remark  string
}

// KeyStatus lists the keys of the rings and those that stored values and events
// name.
func (a *App) KeyStatus(ctx context.Context) (s KeyStatus, err error) {
	uses, err := a.keys.Uses(ctx)
	if err != nil {
		return s, err
	}
	byKey := map[string][]keyring.Use{}
	ids := a.ring.IDs()
	for _, u := range uses {
		if byKey[u.Key] = append(byKey[u.Key], u); !slices.Contains(ids, u.Key) {
			ids = append(slices.Clone(ids), u.Key)
		}
	}
	for i, id := range ids {
		use := KeyUse{ID: id, Columns: byKey[id]}
		for _, u := range use.Columns {
			use.Values += u.Values
		}
		switch {
		case i == 0:
			use.Remark = "seals"
		case slices.Contains(a.ring.IDs(), id):
			use.Remark = "can be removed once nothing is sealed with it"
		default:
			use.Missing = id != keyring.Unreadable
			use.Remark = "MISSING from SEAL_KEYS: these values cannot be read"
		}
		s.Sealing = append(s.Sealing, use)
	}
	if s.Signing, err = a.signing(ctx); err != nil {
		return s, err
	}
	s.Rotations, err = a.keys.Runs(ctx)
	return s, err
}

// signing lists the keys of the audit trail.
func (a *App) signing(ctx context.Context) (list []KeyUse, err error) {
	for i, id := range a.trail.Keys.IDs() {
		remark := "proves older events"
		if i == 0 {
			remark = "signs"
		}
		list = append(list, KeyUse{ID: id, Remark: remark})
	}
	missing, err := a.trail.MissingKeys(ctx)
	for _, id := range missing {
		list = append(list, KeyUse{ID: id, Missing: true, Remark: "MISSING from AUDIT_KEYS: events that it signed cannot be proved"})
	}
	return list, err
}

// RotateKeys seals everything again with the first key, or goes on with it, and
// tells progress how far it has come. The running program goes on with it when
// this is stopped.
func (a *App) RotateKeys(ctx context.Context, progress func(keyring.Run)) error {
	run, err := a.keys.Rotate(ctx)
	for err == nil && run.FinishedAt == nil {
		progress(run)
		run, err = a.keys.Advance(ctx)
	}
	if err != nil {
		return err
	}
	progress(run)
	if run.Failed > 0 {
		return fmt.Errorf("%d values stay as they are, because they do not open; the first: %s", run.Failed, run.Failure)
	}
	return nil
}
