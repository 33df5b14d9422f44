package report

import (
	"context"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

// Originals chooses receipts whose originals are kept.
type Originals struct {
	Receipt ReceiptID // one; 0 = all
	Refused bool      // only those that are refused
	Unknown bool      // only those whose sender's key DNS did not give
	Since   time.Time // received then or later; zero = all
	After   ReceiptID // beyond this one
	Last    ReceiptID // up to this one; 0 = to the end
}

// Turn is what reading again changed of one receipt. After is Damaged for one
// whose original could not be unpacked and that therefore stays as it was.
type Turn struct{ Before, After Verdict }

// Damaged is what became of a receipt in a Turn; none has it as its verdict.
const Damaged Verdict = "damaged"

// rereadItems bounds how many originals are read at once.
const rereadItems = 50

// Reparse reads the chosen originals again, as after an upgrade of the readers,
// and counts what became of them. What is stored already stays as it is. It
// can be stopped and done again at any time.
func (s *Service) Reparse(ctx context.Context, org org.ID, q Originals) (map[Turn]int, error) {
	counts := map[Turn]int{}
	none := func(context.Context, postgres.Tx, []item) error { return nil }
	for {
		items, results, err := s.readAgain(ctx, org, q, none)
		for i, r := range results {
			counts[Turn{items[i].was, r.verdict}]++
		}
		if err != nil || len(items) == 0 {
			return counts, err
		}
		q.After = items[len(items)-1].receipt
	}
}

// readAgain reads the next of the chosen originals again; advance is called in
// each transaction with those that it and the ones before it have settled.
func (s *Service) readAgain(ctx context.Context, org org.ID, q Originals, advance func(context.Context, postgres.Tx, []item) error) (items []item, results []result, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		items, err = s.chosenOriginals(ctx, tx, org, q, rereadItems)
		return err
	})
	defer func() { discard(items) }()
	if err != nil || len(items) == 0 {
		return nil, nil, err
	}
	results, err = s.ingest(ctx, org, items, func(ctx context.Context, tx postgres.Tx, n int, _ []result) error { return advance(ctx, tx, items[:n]) })
	return items, results, err
}

// Retry reads one refused mail or file again, out of its original, and returns
// its verdict; Conflict when its original is not kept. One that is not refused
// any more stays as it is.
func (s *Service) Retry(ctx context.Context, org org.ID, id ReceiptID) (Verdict, error) {
	rec, _, err := s.Receipt(ctx, org, id)
	switch {
	case err != nil:
		return "", err
	case rec.Verdict != Refused:
		return rec.Verdict, nil
	case !rec.Original:
		return "", fault.New(fault.Conflict, "The original of this mail or file is not kept, so it cannot be read again.")
	}
	if _, err := s.Reparse(ctx, org, Originals{Receipt: id, Refused: true}); err != nil {
		return "", err
	}
	rec, _, err = s.Receipt(ctx, org, id)
	return rec.Verdict, err
}

// rereadingStalls is how long a run may make no progress before another one
// takes its place.
const rereadingStalls = time.Hour

// Rereading is the newest run over all refused mails and files of an
// organization.
type Rereading struct {
	StartedAt  time.Time  `db:"started_at"`
	AdvancedAt time.Time  `db:"advanced_at"` // when it last came forward
	FinishedAt *time.Time `db:"finished_at"` // nil: it has not come to its end
	Last       ReceiptID  `db:"last_id"`
	Cursor     ReceiptID  `db:"cursor_id"`
	Total      int64      `db:"total"`
	Done       int64      `db:"done"`
	Still      int64      `db:"still"` // of those it goes to, how many are refused now, with their original
}

// Readable is how many of them are refused no more.
func (r *Rereading) Readable() int64 { return max(0, r.Total-r.Still) }

// UnderWay reports whether the run goes on: it is not at its end, and its job
// has not given up.
func (r *Rereading) UnderWay(now time.Time) bool {
	return r.FinishedAt == nil && now.Sub(r.AdvancedAt) < rereadingStalls
}

// Refusals is what can be done about refused mails and files.
type Refusals struct {
	Kept int64      // those with their original, which can be read again
	Lost int64      // those without
	Run  *Rereading // nil = never
}

// Refusals counts the refused mails and files of an organization.
func (s *Service) Refusals(ctx context.Context, org org.ID) (r Refusals, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueRefusals(b, org, &r) })
	return r, err
}

// Reread is the job that reads all refused mails and files again that there
// were when it was asked for. It works in slices.
type Reread struct {
	Org org.ID `json:"org"`
}

// Kind implements work.Args.
func (Reread) Kind() string { return "reread_refused" }

// RetryAll has all refused mails and files read again whose originals are
// kept. While that is under way and comes forward it changes nothing.
func (s *Service) RetryAll(ctx context.Context, a org.Access) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		now := s.Now()
		total, err := startRereading(ctx, tx, a, now)
		if err != nil || total == 0 {
			return err
		}
		if err := s.Queue.Enqueue(ctx, tx, Reread{Org: a.ID}, work.Once()); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, audit.Event{Org: a.ID, Person: a.Person, Action: "receipts.retry", Subject: "refused", At: now,
			Detail: map[string]string{"mails": strconv.FormatInt(total, 10)}})
	})
}

// Reread does a Reread job: it reads a slice, and goes on in another job while
// there are more.
func (s *Service) Reread(ctx context.Context, j Reread) error {
	refusals, err := s.Refusals(ctx, j.Org)
	run := refusals.Run
	if err != nil || run == nil || run.FinishedAt != nil {
		return err
	}
	items, _, err := s.readAgain(ctx, j.Org, Originals{Refused: true, After: run.Cursor, Last: run.Last}, func(ctx context.Context, tx postgres.Tx, settled []item) error {
		return advanceRereading(ctx, tx, j.Org, settled[len(settled)-1].receipt, run.Done+int64(len(settled)), s.Now())
	})
	if err != nil {
		return err
	}
	if len(items) > 0 {
		return work.Again(0)
	}
	return s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) error { return finishRereading(ctx, tx, j.Org, s.Now()) })
}
