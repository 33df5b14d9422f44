package mailbox

import (
	"bytes"
	"context"
	"io"
	"os"

	"sendvery.com/sendvery/internal/mailfetch"
)

// spoolAbove is the size from which a mail waits on disk instead of in memory.
const spoolAbove = 1 << 20

// batch is fetched mails in the order they were asked for. Nothing of the
// server's answer is open any more, so a slow database holds up nobody.
type batch struct {
	mails []Mail
	files []*os.File
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

// discard frees what the batch holds on disk.
func (b *batch) discard() {
	for _, f := range b.files {
		_ = f.Close() // only read back; already unlinked
	}
}

// fetch reads the mails. The batch is to be discarded also after an error.
func fetch(ctx context.Context, session mailfetch.Session, ids []mailfetch.MailID) (*batch, error) {
	b := &batch{}
	content := map[mailfetch.MailID]Mail{}
	outcomes, err := session.Fetch(ctx, ids, func(m mailfetch.Mail) error {
		body, size, err := b.keep(m.Body, m.Size)
		if err != nil {
			return err
		}
		content[m.ID] = Mail{Content: body, Size: size, Received: m.Received}
		return nil
	})
	if err != nil {
		return b, err
	}
	generation := session.Folder().Generation
	for _, o := range outcomes {
		mail := Mail{Size: o.Size, Received: o.Received}
		if o.State == mailfetch.Delivered {
			mail = content[o.ID]
		}
		mail.ID, mail.State, mail.Generation = o.ID, o.State, generation
		b.mails = append(b.mails, mail)
	}
	return b, nil
}

// keep reads a body to its end, into memory or, when it is large, into a file
// that nobody else can open.
func (b *batch) keep(body io.Reader, size int64) (io.ReaderAt, int64, error) {
	if size <= spoolAbove {
		data, err := io.ReadAll(body)
		return bytes.NewReader(data), int64(len(data)), err
	}
	f, err := os.CreateTemp("", "sendvery-mail-*")
	if err != nil {
		return nil, 0, err
	}
	b.files = append(b.files, f)
	if err := os.Remove(f.Name()); err != nil {
		return nil, 0, err
	}
	n, err := io.Copy(f, body)
	return f, n, err
}
