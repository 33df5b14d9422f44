package mailbox

import "time"

// Bounds of a batch. It starts small and grows while the server is quick, so
// that a slow one still settles something before a slice ends.
const (
	firstMails = 10
	mostMails  = 400
	mostBytes  = 64 << 20
	quickBatch = 2 * time.Second
	slowBatch  = 8 * time.Second
)

// pace is how many mails are fetched at once.
type pace struct{ mails int }

// newPace starts with one mail where the last try failed: whatever it was, a
// single mail is the least that can be asked for.
func newPace(m Mailbox) *pace {
	if m.Failures > 0 {
		return &pace{mails: 1}
	}
	return &pace{mails: firstMails}
}

// adapt judges the batch that took so long and brought so many bytes.
func (p *pace) adapt(took time.Duration, size int64) {
	switch {
	case took > slowBatch || size > mostBytes:
		p.mails = max(1, p.mails/2)
	case took < quickBatch && size < mostBytes/2:
		p.mails = min(mostMails, p.mails*2)
	}
}
