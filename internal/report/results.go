package report

import "sync"

// maxResults bounds how many ids of dictionaries are remembered: 8 bytes and
// some more each.
const maxResults = 200_000

// resultIDs remembers which authentication results and heads of reports the
// dictionaries have, so that the same few need not be offered with every
// report. They are never deleted
// as long as their organization lives, and their ids hold the organization.
type resultIDs struct {
	mu   sync.RWMutex
	held map[int64]struct{}
}

func (r *resultIDs) has(id int64) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.held[id]
	return ok
}

// add remembers ids of committed rows.
func (r *resultIDs) add(ids []int64) {
	if len(ids) == 0 {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.held == nil || len(r.held)+len(ids) > maxResults {
		r.held = make(map[int64]struct{}, len(ids))
	}
	for _, id := range ids {
		r.held[id] = struct{}{}
	}
}
