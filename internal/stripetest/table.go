package stripetest

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// thing is what all that has an id has in common.
type thing struct {
	ID       string            `json:"id"`
	Object   string            `json:"object"`
	Created  int64             `json:"created"`
	Livemode bool              `json:"livemode"`
	Metadata map[string]string `json:"metadata"`
}

func (t *thing) self() *thing { return t }

// note sets what a request says of metadata; an empty value removes one.
func (t *thing) note(c call) {
	maps.Copy(t.Metadata, c.section("metadata"))
	maps.DeleteFunc(t.Metadata, func(_, v string) bool { return v == "" })
}

// newThing makes one that was created now. Held: mu.
func (s *Server) newThing(prefix, object string, c call) thing {
	t := thing{
		ID: prefix + "_" + rand.Text()[:16], Object: object, Created: s.now().Unix(), Livemode: strings.HasPrefix(s.Key, "sk_live_"),
		Metadata: map[string]string{},
	}
	t.note(c)
	return t
}

// table holds things in the order in which they were made.
type table[T interface{ self() *thing }] []T

func (t *table[T]) add(one T) T {
	*t = append(*t, one)
	return one
}

// get returns the one with the id.
func (t table[T]) get(id string) (one T, found bool) {
	n := slices.IndexFunc(t, func(one T) bool { return one.self().ID == id })
	if n < 0 {
		return one, false
	}
	return t[n], true
}

// page is the part of those that are kept which a request asks for, the newest
// first.
func (t table[T]) page(c call, keep func(T) bool) (any, *problem) {
	limit := 10
	if text := c.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > 100 {
			return nil, invalid("limit", "This value must be between 1 and 100.")
		}
		limit = n
	}
	list := slices.DeleteFunc(slices.Clone(t), func(one T) bool { return !keep(one) })
	slices.Reverse(list)
	if after := c.Get("starting_after"); after != "" {
		n := slices.IndexFunc(list, func(one T) bool { return one.self().ID == after })
		if n < 0 {
			return nil, missing(http.StatusBadRequest, "starting_after", after)
		}
		list = list[n+1:]
	}
	more := len(list) > limit
	return listOf(c.path, list[:min(limit, len(list))], more), nil
}

// listOf is how Stripe writes a list.
func listOf[T any](path string, data []T, more bool) map[string]any {
	if data == nil {
		data = []T{}
	}
	return map[string]any{"object": "list", "url": path, "has_more": more, "data": data}
}

// date is how pages and invoices write a time.
func date(seconds int64) string { return time.Unix(seconds, 0).UTC().Format("02 Jan 2006") }
