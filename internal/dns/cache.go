package dns

import (
	"sync"
	"time"
)

type question struct {
	name string // canonical
	kind uint16
}

type entry struct {
	texts []string
	err   error
	until time.Time
}

// cache keeps answers, failures included, up to a number of them.
type cache struct {
	most int
	now  func() time.Time

	mu      sync.Mutex
	entries map[question]entry
}

func newCache(most int, now func() time.Time) *cache {
	return &cache{most: most, now: now, entries: map[question]entry{}}
}

// get returns a known answer that is still good. Its texts are shared: clone.
func (c *cache) get(q question) (entry, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[q]
	return e, ok && c.now().Before(e.until)
}

func (c *cache) put(q question, texts []string, err error, ttl time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, known := c.entries[q]; !known && len(c.entries) >= c.most {
		c.makeRoom()
	}
	c.entries[q] = entry{texts, err, c.now().Add(ttl)}
}

// makeRoom drops what is old, or, when nothing is, a tenth of all: which does
// not matter, a cache may forget.
func (c *cache) makeRoom() {
	now := c.now()
	for q, e := range c.entries {
		if !now.Before(e.until) {
			delete(c.entries, q)
		}
	}
	for q := range c.entries {
		if len(c.entries) <= c.most-c.most/10-1 {
			return
		}
		delete(c.entries, q)
	}
}
