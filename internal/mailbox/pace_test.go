package mailbox

import (
	"testing"
	"time"
)

func TestPaceGrowsWhileTheServerIsQuickAndFallsWhenItIsSlow(t *testing.T) {
	t.Parallel()
	p := newPace(Mailbox{})
	for range 10 {
		p.adapt(time.Second, 1<<20)
	}
	if p.mails != mostMails {
		t.Errorf("quick server: %d mails at once, want %d", p.mails, mostMails)
	}
	p.adapt(time.Second, mostBytes+1)
	if p.mails != mostMails/2 {
		t.Errorf("heavy mails: %d at once, want half", p.mails)
	}
	for range 10 {
		p.adapt(time.Minute, 1<<20)
	}
	if p.mails != 1 {
		t.Errorf("slow server: %d mails at once, want 1", p.mails)
	}
	if p := newPace(Mailbox{Failures: 1}); p.mails != 1 {
		t.Errorf("after a failure: %d mails at once, want 1", p.mails)
	}
}
