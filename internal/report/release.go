package report

import (
	"context"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/spool"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/work"
)

// Release is the job that reads held reports again once their domain is
// watched. It works in slices: one job reads up to releaseItems receipts.
type Release struct {
	Org org.ID `json:"org"`
}

// Kind implements work.Args.
func (Release) Kind() string { return "release_held_reports" }

// releaseItems bounds how many receipts one job reads.
const releaseItems = 50

// DomainsAdded has held reports read of domains that are new or active again,
// if there are any, and counts what stored TLS reports say about them besides.
func (s *Service) DomainsAdded(ctx context.Context, tx postgres.Tx, org org.ID, added []fqdn.Name) error {
	if err := tlsreport.DomainsAdded(ctx, tx, org, added); err != nil {
		return err
	}
	return s.Queue.Enqueue(ctx, tx, Release{Org: org})
}

// Release does a Release job: it reads the originals of held reports whose
// domain is watched by now, and goes on in another job while there are more.
func (s *Service) Release(ctx context.Context, j Release) error {
	return s.release(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) ([]item, error) {
		return s.releasable(ctx, tx, j.Org, releaseItems)
	})
}

// release reads the chosen originals again, and goes on in another job until
// none is chosen.
func (s *Service) release(ctx context.Context, org org.ID, choose func(context.Context, postgres.Tx) ([]item, error)) error {
	var items []item
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) (err error) {
		items, err = choose(ctx, tx)
		return err
	})
	defer func() { discard(items) }()
	if err != nil || len(items) == 0 {
		return err
	}
	if _, err := s.ingest(ctx, org, items, nil); err != nil {
		return err
	}
	return work.Again(0) // until nothing is left
}

// keep makes a stored original the content of the item.
func (it *item) keep(original *spool.File) {
	it.original, it.size, it.content = original, original.Size(), original
}

// discard frees the stored originals of items.
func discard(items []item) {
	for _, it := range items {
		if it.original != nil {
			_ = it.original.Close() // only read
		}
	}
}
