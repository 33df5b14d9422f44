package journey

import (
	"fmt"
	"testing"
	"time"
)

// TestKilledDuringTheImport ends the program as a power cut would, in the
// middle of the first import, and starts it again: the import goes on by
// itself and every report is there exactly once. It takes a while because the
// dead program's lease on the mailbox has to run out first.
func TestKilledDuringTheImport(t *testing.T) {
	t.Parallel()
	p := newProgram(t)
	p.start()
	c := newCaller(t, p)
	c.signsIn("owner@example.org")
	c.connectsTheDemonstration()

	var done, total int
	within(t, time.Minute, "the import does not begin", func() bool {
		done, total = c.progress()
		return done >= 300
	})
	p.kill()
	if done >= total {
		t.Fatalf("killed too late: %d of %d mails were done", done, total)
	}
	t.Logf("killed after %d of %d mails", done, total)

	p.start()
	within(t, 90*time.Second, "the import does not go on by itself", func() bool {
		return c.find(c.mailbox, `Works\. [\d\s]+ reports in 30 days`) != ""
	})
	want := p.totals(time.Time{})
	all := sum(want)
	for name, told := range want {
		if got := c.find(c.org+"/reports?from=2000-01-01&domain="+name, `<h1[^>]*>(\d+) reports`); got != fmt.Sprint(told.Reports) {
			t.Errorf("%s has %q reports, the story tells %d", name, got, told.Reports)
		}
	}
	if got := c.find(c.org+"/?from=2000-01-01", `<h1[^>]*>[\d.]+% of (\d+) messages passed`); got != fmt.Sprint(all.Messages) {
		t.Errorf("%q messages are counted, the story tells %d", got, all.Messages)
	}
	if errors := p.complaints(); errors != "" {
		t.Errorf("the program logged errors:\n%s", errors)
	}
}
