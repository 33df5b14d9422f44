package audit_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/audit"
)

// It is not parallel to the others: it measures the memory of the process.
func TestVerifyHoldsAFewEventsAtATime(t *testing.T) {
	b := newBench(t)
	const calls, each = 20, 5000
	for i := range calls {
		events := make([]audit.Event, each)
		for j := range events {
			events[j] = b.event(fmt.Sprintf("%d-%d.example", i, j))
			events[j].Detail = map[string]string{"host": "imap.example.org", "domain": "example.org"}
		}
		if err := b.do(t.Context(), events...); err != nil {
			t.Fatal(err)
		}
	}
	before, most := heap(), uint64(0)
	done, sampled := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(sampled)
		for {
			select {
			case <-done:
				return
			case <-time.After(20 * time.Millisecond):
				most = max(most, heap())
			}
		}
	}()
	found, v := b.verify(t, "")
	close(done)
	<-sampled
	if found != "" || v.Events != calls*each {
		t.Errorf("%d events, %s", v.Events, found)
	}
	if most > before+16<<20 { // all of them together are four times as much
		t.Errorf("verifying %d events held %d kB", v.Events, (most-before)>>10)
	}
}

// heap is how much is alive, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}
