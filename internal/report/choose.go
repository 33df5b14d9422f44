package report

import (
	"context"
	"strconv"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Choose carries out what the owner says about a report that differs from the
// one stored under its key: part is its place in the receipt, from 0. The mail
// is read again out of its original; the other one is kept too, so that the
// choice can be turned round.
func (s *Service) Choose(ctx context.Context, a org.Access, id ReceiptID, part int, choice Choice) error {
	rec, items, err := s.Receipt(ctx, a.ID, id)
	if err != nil {
		return err
	}
	if choice != Replace && choice != Add {
		return fault.New(fault.Invalid, "Choose which of the two reports counts.")
	}
	if part < 0 || part >= len(items) || items[part].Verdict != Conflict || items[part].Kind != AggregateReport {
		return fault.New(fault.Conflict, "There is nothing to choose here any more: this report is counted already, or was read again meanwhile.")
	}
	it := item{receipt: id, again: true, stored: true, source: rec.Source, auth: rec.Authentication(), choices: map[int]Choice{part: choice}}
	original, err := s.original(ctx, a.ID, id)
	if err != nil {
		return err
	}
	if err := it.unpack(original); err != nil {
		return err
	}
	_, err = s.ingest(ctx, a.ID, []item{it}, func(ctx context.Context, tx postgres.Tx, _ int) error {
		return audit.Record(ctx, tx, audit.Event{Org: a.ID, Person: a.Person, Action: "report.choose", Subject: strconv.FormatInt(int64(id), 10), At: s.Now(),
			Detail: map[string]string{"choice": string(choice), "part": strconv.Itoa(part)}})
	})
	return err
}
