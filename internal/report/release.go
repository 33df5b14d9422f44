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

// DomainsAdded has held reports of new domains read, if there are any, and
// counts what stored TLS reports say about them besides.
func (s *Service) DomainsAdded(ctx context.Context, tx postgres.Tx, org org.ID, added []fqdn.Name) error {
	if err := tlsreport.DomainsAdded(ctx, tx, org, added); err != nil {
		return err
	}
	return s.Queue.Enqueue(ctx, tx, Release{Org: org})
}

// Release does a Release job: it reads the originals of held reports whose
// domain is watched by now, and goes on in another job while there are more.
func (s *Service) Release(ctx context.Context, j Release) error {
	var items []item
	err := s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		items, err = s.releasable(ctx, tx, j.Org, releaseItems)
		return err
	})
	defer discard(items)
	if err != nil || len(items) == 0 {
		return err
	}
	if _, err := s.ingest(ctx, j.Org, items, nil); err != nil {
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
