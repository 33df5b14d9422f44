package app

import (
	"context"
	"fmt"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/report"
)

// Import stores report files in the organization that a slug names.
func (a *App) Import(ctx context.Context, slug string, files []report.File) (report.Imported, error) {
	o, err := a.orgs.BySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	return a.reports.Import(ctx, o.ID, files)
}

// Reparse reads kept originals again, of the organization that a slug names or
// of all, and counts what became of them.
func (a *App) Reparse(ctx context.Context, slug string, q report.Originals) (map[report.Turn]int, error) {
	chosen, err := a.chosen(ctx, slug)
	if err != nil {
		return nil, err
	}
	total := map[report.Turn]int{}
	for _, o := range chosen {
		counts, err := a.reports.Reparse(ctx, o.ID, q)
		for turn, n := range counts {
			total[turn] += n
		}
		if err != nil {
			return total, fmt.Errorf("%s: %w", o.Slug, err)
		}
	}
	return total, nil
}

// chosen are the organizations that a slug names: one, or all without one.
func (a *App) chosen(ctx context.Context, slug string) ([]org.Organization, error) {
	if slug == "" {
		return a.orgs.All(ctx)
	}
	o, err := a.orgs.BySlug(ctx, slug)
	return []org.Organization{o}, err
}

// sealedStore keeps values that are sealed with the keys of the ring.
type sealedStore interface {
	// SealedWith counts the values by the id of their key.
	SealedWith(ctx context.Context) (map[string]int, error)
	// Reseal seals again with the first key what is sealed with another.
	Reseal(ctx context.Context) (int, error)
}

func (a *App) sealedStores() []sealedStore { return []sealedStore{a.mailboxes, a.certs} }

// RotateKeys seals everything again that is not sealed with the first key, and
// returns how many values were.
func (a *App) RotateKeys(ctx context.Context) (int, error) {
	total := 0
	for _, s := range a.sealedStores() {
		n, err := s.Reseal(ctx)
		total += n
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

// KeyUse is one key and what is sealed with it.
type KeyUse struct {
	ID      string
	Secrets int
	Missing bool // stored values name it, the ring has it not
	Remark  string
}

// KeyStatus lists the keys of the ring and those that stored values name.
func (a *App) KeyStatus(ctx context.Context) ([]KeyUse, error) {
	used := map[string]int{}
	for _, s := range a.sealedStores() {
		counts, err := s.SealedWith(ctx)
		if err != nil {
			return nil, err
		}
		for id, n := range counts {
			used[id] += n
		}
	}
	var list []KeyUse
	for i, id := range a.ring.IDs() {
		use := KeyUse{ID: id, Secrets: used[id], Remark: "can be removed once nothing is sealed with it"}
		if i == 0 {
			use.Remark = "seals"
		}
		list = append(list, use)
		delete(used, id)
	}
	for id, n := range used {
		list = append(list, KeyUse{ID: id, Secrets: n, Missing: id != mailbox.Unreadable, Remark: "MISSING from SEAL_KEYS: these passwords cannot be read"})
	}
	return list, nil
}
