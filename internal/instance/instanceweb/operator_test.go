package instanceweb

import (
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/instance"
	"sendvery.com/sendvery/internal/work"
)

func TestNeedsSayWhatToDo(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	due := func(ago time.Duration) work.Status {
		return work.Status{Worked: true, Counts: []work.Count{{Queue: "mailbox", State: "available", Jobs: 2, Since: new(now.Add(-ago))}}}
	}
	for name, c := range map[string]struct {
		program  Program
		queue    work.Status
		payments *Payments
		want     string // "" = nothing
	}{
		"well":           {Program{Keys: []Key{{ID: "a", Secrets: 3}}}, due(time.Minute), nil, ""},
		"waiting":        {Program{}, due(time.Hour), nil, "Jobs of the queue mailbox wait for 60 min"},
		"no worker":      {Program{}, work.Status{}, nil, "No worker runs"},
		"not migrated":   {Program{Pending: 2}, due(0), nil, "lacks 2 migrations: run sendvery migrate"},
		"roles":          {Program{Roles: "it is a superuser"}, due(0), nil, "it is a superuser"},
		"a key":          {Program{Keys: []Key{{ID: "old", Secrets: 1, Missing: true}}}, due(0), nil, `The key "old" is missing, and 1 secret sealed with it cannot be read`},
		"jobs given up":  {Program{}, work.Status{Worked: true, Counts: []work.Count{{State: "discarded", Jobs: 1}, {State: "cancelled", Jobs: 9}}}, nil, "1 job was given up"},
		"payments":       {Program{}, due(0), &Payments{Number: 2}, "2 deliveries of the payment provider could not be followed yet"},
		"payments done":  {Program{}, due(0), &Payments{}, ""},
		"jobs once more": {Program{}, work.Status{Worked: true, Counts: []work.Count{{State: "retryable", Jobs: 3}}}, nil, ""},
	} {
		got := strings.ReplaceAll(strings.Join(needs(c.program, c.queue, c.payments, now), "\n"), "\u00a0", " ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) || strings.Contains(got, "\n") {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if got := headline(1, instance.Totals{Organizations: 1, Domains: 2, Mailboxes: map[string]int64{"polling": 2, "paused": 1}}); got != "One thing needs you: 1 organization with 2 domains and 3 mailboxes depend on it." {
		t.Error(got)
	}
}

// Whatever a job failed with, the page has words of its own for it.
func TestEveryClassOfFailureHasWords(t *testing.T) {
	t.Parallel()
	for _, class := range []work.Class{work.Panicked, work.Lost, work.Unknown, work.Refused, work.Database, work.TimedOut, work.Network, work.Other} {
		if classes[class] == "" {
			t.Errorf("%s has no words", class)
		}
	}
}
