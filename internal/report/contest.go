package report

import (
	"cmp"
	"context"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Contest is how a report that counts stands among others with its key.
type Contest struct {
	Open   ReceiptID // the latest mail with one that nobody decided about; 0 = none
	Closed ReceiptID // the same with one that is replaced
	// Receipt and Part are where it is in its own mail, when it counts by a
	// choice that can be taken back; 0 = it does not.
	Receipt ReceiptID
	Part    int       // from 0
	Beside  ReceiptID // the mail with the one that it counts beside; 0 = it counts instead
}

// Contest returns how a report stands among others with its key.
func (s *Service) Contest(ctx context.Context, org org.ID, kind Kind, id ID) (c Contest, err error) {
	err = s.DB.ReadOrg(ctx, org, func(b *postgres.Batch) { queueContest(b, org, kind, id, &c) })
	return c, err
}

// Sentence says how the report stands; "" for one that stands alone.
func (c Contest) Sentence() string {
	switch {
	case c.Open != 0:
		return "Another version of this report arrived with other numbers, and nobody has chosen yet. Until then this one counts."
	case c.Receipt != 0:
		return ChoiceSentence(c.Beside != 0)
	case c.Closed != 0:
		return "Another version of this report arrived with other numbers. It is kept and not counted."
	}
	return ""
}

// Other is the mail that brought the other version; 0 = none.
func (c Contest) Other() ReceiptID {
	return cmp.Or(c.Open, c.Beside, c.Closed)
}

// ChoiceSentence says what was chosen about a report.
func ChoiceSentence(beside bool) string {
	if beside {
		return "You chose to count this report beside another one with the same reporter, name and period."
	}
	return "You chose that this report counts, instead of another one with the same reporter, name and period."
}

// UndoSentence says what taking back the choice about a report does.
func UndoSentence(beside bool) string {
	if beside {
		return "When you take this choice back, only the other report counts, as before, and all numbers with it."
	}
	return "When you take this choice back, the other report counts again, as before, and all numbers with it."
}
