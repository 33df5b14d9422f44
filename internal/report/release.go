package report

import (
	"bytes"
	"context"

	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
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

// DomainsAdded has held reports of new domains read, if there are any.
func (s *Service) DomainsAdded(ctx context.Context, tx postgres.Tx, org org.ID, _ []fqdn.Name) error {
	return s.Queue.Enqueue(ctx, tx, Release{Org: org})
}

// Release does a Release job: it reads the originals of held reports whose
// domain is watched by now, and goes on in another job while there are more.
func (s *Service) Release(ctx context.Context, j Release) error {
	var items []item
	err := s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		items, err = releasable(ctx, tx, j.Org, releaseItems)
		return err
	})
	if err != nil || len(items) == 0 {
		return err
	}
	none := func(context.Context, postgres.Tx, int) error { return nil }
	if _, err := s.ingest(ctx, j.Org, items, none); err != nil {
		return err
	}
	return work.Again(0) // until nothing is left
}

// reread is a receipt's original as an item.
func reread(id ReceiptID, source Source, was Verdict, content []byte) (item, error) {
	raw, err := decompress(content)
	if err != nil {
		return item{}, err
	}
	return item{receipt: id, was: was, source: source, size: int64(len(raw)), content: bytes.NewReader(raw)}, nil
}
