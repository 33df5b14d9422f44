package mailbox

import (
	"context"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/spool"
)

// batch is fetched mails in the order they were asked for. Nothing of the
// server's answer is open any more, so a slow database holds up nobody.
type batch struct {
	mails []Mail
	files []*spool.File
}

// size returns the bytes of the fetched mails.
func (b *batch) size() (n int64) {
	for _, m := range b.mails {
		if m.Content != nil {
			n += m.Size
		}
	}
	return n
}

// discard frees what the batch holds.
func (b *batch) discard() {
	for _, f := range b.files {
		_ = f.Close() // only read back
	}
}

// fetch reads the mails. The batch is to be discarded also after an error.
func fetch(ctx context.Context, session mailfetch.Session, ids []mailfetch.MailID) (*batch, error) {
	b := &batch{}
	content := map[mailfetch.MailID]Mail{}
	outcomes, err := session.Fetch(ctx, ids, func(m mailfetch.Mail) error {
		body, err := spool.Keep(m.Body, m.Size)
		if err != nil {
			return err
		}
		b.files = append(b.files, body)
		content[m.ID] = Mail{Content: body, Size: body.Size(), Received: m.Received}
		return nil
	})
	if err != nil {
		return b, err
	}
	for _, o := range outcomes {
		mail := Mail{Size: o.Size, Received: o.Received}
		if o.State == mailfetch.Delivered {
			mail = content[o.ID]
		}
		mail.ID, mail.State = o.ID, o.State
		b.mails = append(b.mails, mail)
	}
	return b, nil
}
