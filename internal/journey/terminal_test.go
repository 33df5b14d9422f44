package journey

import (
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// terminal collects what a program prints.
type terminal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (o *terminal) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *terminal) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// newest waits until the pattern has matched n times and returns the last match.
func (o *terminal) newest(t *testing.T, pattern *regexp.Regexp, n int) string {
	t.Helper()
	var found []string
	within(t, 20*time.Second, "the terminal does not show "+pattern.String(), func() bool {
		found = pattern.FindAllString(o.String(), -1)
		return len(found) >= n
	})
	return found[len(found)-1]
}

// within waits for a condition and fails the test when it does not come true.
func within(t *testing.T, limit time.Duration, otherwise string, condition func() bool) {
	t.Helper()
	deadline := time.After(limit)
	tick := time.NewTicker(40 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s (waited %s)", otherwise, limit)
		}
	}
}
