package report

import (
	"context"
	"io"
	"sync"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/plaintext"
)

// File is a file on its way in by a person's hand.
type File struct {
	Name    string // for display only
	Content io.ReaderAt
	Size    int64
}

// Imported counts what became of imported files.
type Imported map[Verdict]int

// Import stores what the files hold, in any order. What it counts is stored,
// also when it fails.
func (s *Service) Import(ctx context.Context, org org.ID, files []File) (Imported, error) {
	items := make([]item, len(files))
	for i, f := range files {
		items[i] = item{source: FromImport, label: plaintext.String(f.Name), size: f.Size, content: f.Content}
	}
	results, err := s.ingestAtOnce(ctx, org, items)
	counts := Imported{}
	for _, r := range results {
		counts[r.verdict]++
	}
	return counts, err
}

// Importers is how many transactions Import has under way at the same time:
// while some wait for the disk, others read and write.
const Importers = 8

// importItems is how many files one of these transactions takes at most, so that
// each has some.
const importItems = 50

// ingestAtOnce stores items whose order does not matter, several transactions
// at the same time. It returns those that are settled.
func (s *Service) ingestAtOnce(ctx context.Context, org org.ID, items []item) ([]result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		wait    sync.WaitGroup
		mu      sync.Mutex
		settled []result
		failed  error
	)
	share := func() (some []item) {
		mu.Lock()
		defer mu.Unlock()
		n := min(importItems, len(items))
		some, items = items[:n], items[n:]
		return some
	}
	for range Importers {
		wait.Go(func() {
			for some := share(); len(some) > 0 && ctx.Err() == nil; some = share() {
				results, err := s.ingest(ctx, org, some, nil)
				mu.Lock()
				settled = append(settled, results...)
				if err != nil && failed == nil {
					failed = err
					cancel()
				}
				mu.Unlock()
			}
		})
	}
	wait.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return settled, failed
}
