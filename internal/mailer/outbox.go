package mailer

import (
	"context"
	"slices"
	"sync"
	"time"
)

// outboxSize bounds the captured mails; the oldest go first.
const outboxSize = 100

// Captured is a mail that was not sent.
type Captured struct {
	Message
	At time.Time
}

// Outbox is a Sender that keeps mail in memory instead of sending it.
type Outbox struct {
	now    func() time.Time
	notify func(Message)

	mu    sync.Mutex
	mails []Captured
}

// NewOutbox makes an empty outbox. notify, if not nil, is told of each mail.
func NewOutbox(now func() time.Time, notify func(Message)) *Outbox {
	return &Outbox{now: now, notify: notify}
}

// Send implements Sender by keeping the mail.
func (o *Outbox) Send(_ context.Context, m Message) error {
	o.mu.Lock()
	o.mails = append(o.mails, Captured{Message: m, At: o.now()})
	if len(o.mails) > outboxSize {
		o.mails = slices.Delete(o.mails, 0, len(o.mails)-outboxSize)
	}
	o.mu.Unlock()
	if o.notify != nil {
		o.notify(m)
	}
	return nil
}

// Mails returns what was captured, newest first.
func (o *Outbox) Mails() []Captured {
	o.mu.Lock()
	defer o.mu.Unlock()
	mails := slices.Clone(o.mails)
	slices.Reverse(mails)
	return mails
}
