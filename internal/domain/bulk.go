package domain

import (
	"context"
	"fmt"
	"strings"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Outcome is what became of one name of many.
type Outcome int

// The outcomes.
const (
	Added   Outcome = iota
	Watched         // it was before, or stands there twice
	NoName          // it is no domain name
	OverLimit
)

// Line is one of the names that were pasted.
type Line struct {
	Text    string // in its one form, or as it was pasted
	Outcome Outcome
}

// MaxPasted is how many names may be added at once.
const MaxPasted = 1_000

// AddPasted begins to watch the domains of a text: names on lines of their own,
// or between commas, semicolons and spaces. What cannot be added stands in
// nobody's way. allowed is how many domains the plan watches.
func (s *Service) AddPasted(ctx context.Context, a org.Access, text string) (lines []Line, allowed billing.Allowance, err error) {
	words := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", ;\t\r\n", r) })
	switch {
	case len(words) == 0:
		return nil, allowed, fault.InvalidFields(fault.Fields{"names": "Paste at least one domain name, such as example.org."})
	case len(words) > MaxPasted:
		return nil, allowed, fault.InvalidFields(fault.Fields{"names": fmt.Sprintf("These are %d names. Paste at most %d at once.", len(words), MaxPasted)})
	}
	var names []fqdn.Name
	for _, word := range words {
		line := Line{Text: word, Outcome: NoName}
		if name, err := fqdn.Parse(word); err == nil && strings.Contains(name.String(), ".") {
			line = Line{Text: name.String(), Outcome: Watched}
			names = append(names, name)
		}
		lines = append(lines, line)
	}
	var added, over []fqdn.Name
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) (err error) {
		added, over, allowed, err = s.add(ctx, tx, a, names)
		return err
	})
	mark(lines, added, Added)
	mark(lines, over, OverLimit)
	return lines, allowed, err
}

// mark gives the first line of each name its outcome.
func mark(lines []Line, names []fqdn.Name, as Outcome) {
	first := map[string]bool{}
	for _, n := range names {
		first[n.String()] = true
	}
	for i, l := range lines {
		if first[l.Text] && l.Outcome == Watched {
			lines[i].Outcome = as
			delete(first, l.Text)
		}
	}
}
