package sender

import (
	"bytes"
	"context"
	"fmt"
	"maps"
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
	former, err := s.Restore(ctx, a, map[domain.ID][]Opinion{d: opinions})
	return former[d], err
}

// Restore is Review with a verdict and note for each sender of several domains:
// all of it is said or nothing. Who says so and when is what an opinion names,
// or else the person and now; nobody where it is Unreviewed without a note.
func (s *Service) Restore(ctx context.Context, a org.Access, said map[domain.ID][]Opinion) (former map[domain.ID][]Opinion, err error) {
	said, err = checked(said)
	if err != nil {
		return nil, err
	}
	former = map[domain.ID][]Opinion{}
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		var events []audit.Event
		// In the order of ids, and all senders before anything is changed, as
		// everybody locks them.
		domains := slices.SortedFunc(maps.Keys(said), func(a, b domain.ID) int { return bytes.Compare(a[:], b[:]) })
		for _, d := range domains {
			var err error
			if former[d], err = lockSaid(ctx, tx, a.ID, d, said[d]); err != nil {
				return err
			}
		}
		for _, d := range domains {
			more, err := s.say(ctx, tx, a, d, said[d], former[d])
			if err != nil {
				return err
			}
			events = append(events, more...)
		}
		if len(events) == 0 {
			return nil
		}
		return s.Trail.Record(ctx, tx, events...)
	})
	return former, err
}

// lockSaid returns what is said of the senders of a domain that opinions are
// about, by key, and keeps it until the transaction ends.
func lockSaid(ctx context.Context, tx postgres.Tx, org org.ID, d domain.ID, opinions []Opinion) ([]Opinion, error) {
	keys := make([]string, len(opinions))
	for i, o := range opinions {
		keys[i] = o.Key
	}
	former, err := lockOpinions(ctx, tx, org, d, keys)
	if err == nil && len(former) != len(opinions) {
		err = fault.New(fault.NotFound, "There is no such sender of this domain any more: it is known as something else by now.")
	}
	return former, err
}

// say stores opinions on senders of a domain in the place of the former ones,
// both by key, and returns what changed.
func (s *Service) say(ctx context.Context, tx postgres.Tx, a org.Access, d domain.ID, opinions, former []Opinion) (events []audit.Event, err error) {
	name, err := domainName(ctx, tx, a.ID, d)
	if err != nil {
		return nil, err
	}
	var changed []Opinion
	for i, o := range opinions {
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
	if len(changed) > 0 {
		err = saveOpinions(ctx, tx, a.ID, d, changed, a.Person, s.Now())
	}
	return events, err
}

// checked are opinions by key, each key of a domain once.
func checked(said map[domain.ID][]Opinion) (map[domain.ID][]Opinion, error) {
	n := 0
	clean := map[domain.ID][]Opinion{}
	for d, opinions := range said {
		opinions, n = slices.Clone(opinions), n+len(opinions)
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
		clean[d] = slices.CompactFunc(opinions, func(a, b Opinion) bool { return a.Key == b.Key })
	}
	if n == 0 || n > MaxReviewed {
		return nil, fault.New(fault.Invalid, fmt.Sprintf("Choose between one and %d senders.", MaxReviewed))
	}
	return clean, nil
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
