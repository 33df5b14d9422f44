package sender

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/plaintext"
	"sendvery.com/sendvery/internal/postgres"
)

// Verdict is what people of an organization say of a sender.
type Verdict string

// The verdicts.
const (
	Unreviewed Verdict = ""
	Authorised Verdict = "authorised" // sends for the domain and is meant to
	NotMine    Verdict = "not_mine"
)

// Opinion is what people say of a sender of a domain.
type Opinion struct {
	Key     string             `db:"sender"`
	Verdict Verdict            `db:"review"`
	Note    string             `db:"note"`
	By      *postgres.PersonID `db:"reviewed_by"` // nil: nobody reviewed it, or the person is erased
	At      *time.Time         `db:"reviewed_at"` // nil: nobody reviewed it

	// KeepNote says that the note stays as it is, when it is to be stored.
	KeepNote bool `db:"-" json:"-"`
}

// Bounds of a review.
const (
	MaxReviewed = 500  // senders at once
	MaxNote     = 1000 // characters
)

// Review says of senders of a domain what they are, and returns what was said
// before, so that Restore can take it back. It changes what pages show at once
// and nothing that is stored of mail. Invalid when the verdict is none or the
// note too long; NotFound when the domain or a sender of it is not there.
func (s *Service) Review(ctx context.Context, a org.Access, d domain.ID, keys []string, v Verdict, note string) ([]Opinion, error) {
	opinions := make([]Opinion, len(keys))
	for i, k := range keys {
		opinions[i] = Opinion{Key: k, Verdict: v, Note: note}
	}
	return s.Restore(ctx, a, d, opinions)
}

// Restore is Review with a verdict and note for each sender; who says so and
// when is the person and now, or nobody where it is Unreviewed without a note.
func (s *Service) Restore(ctx context.Context, a org.Access, d domain.ID, opinions []Opinion) (former []Opinion, err error) {
	opinions, err = checked(opinions)
	if err != nil {
		return nil, err
	}
	keys := make([]string, len(opinions))
	for i, o := range opinions {
		keys[i] = o.Key
	}
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		name, err := domainName(ctx, tx, a.ID, d)
		if err != nil {
			return err
		}
		if former, err = lockOpinions(ctx, tx, a.ID, d, keys); err != nil {
			return err
		}
		if len(former) != len(opinions) {
			return fault.New(fault.NotFound, "There is no such sender of this domain any more: it is known as something else by now.")
		}
		events := []audit.Event{}
		changed := []Opinion{}
		for i, o := range opinions { // both by key
			if o.KeepNote {
				o.Note = former[i].Note
			}
			if was := former[i]; was.Verdict == o.Verdict && was.Note == o.Note {
				continue
			}
			changed = append(changed, o)
			events = append(events, audit.Event{Org: a.ID, Person: a.Person, Action: "sender.review", Subject: o.Key, At: s.Now(),
				Detail: map[string]string{"domain": name, "from": former[i].Verdict.word(), "to": o.Verdict.word()}})
		}
		if len(changed) == 0 {
			return nil
		}
		if err := saveOpinions(ctx, tx, a.ID, d, changed, a.Person, s.Now()); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, events...)
	})
	return former, err
}

// checked are opinions by key, each key once.
func checked(opinions []Opinion) ([]Opinion, error) {
	if len(opinions) == 0 || len(opinions) > MaxReviewed {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("Choose between one and %d senders.", MaxReviewed))
	}
	opinions = slices.Clone(opinions)
	for i, o := range opinions {
		if !slices.Contains([]Verdict{Unreviewed, Authorised, NotMine}, o.Verdict) {
			return nil, fault.New(fault.Invalid, "Say whether you authorised the sender or it is not yours.")
		}
		if utf8.RuneCountInString(o.Note) > MaxNote {
			return nil, fault.InvalidFields(fault.Fields{"note": fmt.Sprintf("Write at most %d characters.", MaxNote)})
		}
		opinions[i].Note = plaintext.String(strings.TrimSpace(o.Note))
	}
	slices.SortFunc(opinions, func(a, b Opinion) int { return strings.Compare(a.Key, b.Key) })
	return slices.CompactFunc(opinions, func(a, b Opinion) bool { return a.Key == b.Key }), nil
}

// word is the verdict in the record of changes.
func (v Verdict) word() string {
	switch v {
	case Authorised:
		return "authorised"
	case NotMine:
		return "not mine"
	}
	return "unreviewed"
}
