package report

import (
	"context"
	"io"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/plaintext"
	"sendvery.com/sendvery/internal/postgres"
)

// File is a file on its way in by a person's hand.
type File struct {
	Name    string // for display only
	Content io.ReaderAt
	Size    int64
}

// Imported counts what became of imported files.
type Imported map[Verdict]int

// Import stores what the files hold.
func (s *Service) Import(ctx context.Context, org org.ID, files []File) (Imported, error) {
	items := make([]item, len(files))
	for i, f := range files {
		items[i] = item{source: FromImport, label: plaintext.String(f.Name), size: f.Size, content: f.Content}
	}
	results, err := s.ingest(ctx, org, items, func(context.Context, postgres.Tx, int) error { return nil })
	counts := Imported{}
	for _, r := range results {
		counts[r.verdict]++
	}
	return counts, err
}
