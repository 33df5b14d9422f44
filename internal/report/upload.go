package report

import (
	"context"
	"fmt"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/plaintext"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// Visit marks identifiers of uploads: the files that one person brought in one
// visit to the page.
type Visit struct{}

// UploadID identifies an upload.
type UploadID = uid.ID[Visit]

// MaxUpload is the largest file that can be uploaded, in bytes: what a mail may
// have.
const MaxUpload = maxOriginal

// maxMails bounds the mails in one uploaded mbox file: somebody waits for it.
const maxMails = 5000

// uploadReceipts bounds the receipts that Upload returns.
const uploadReceipts = 20

// Uploaded is what became of an uploaded file.
type Uploaded struct {
	Mails    int             // 1, but for an mbox file
	Verdicts map[Verdict]int // of all its mails
	Receipts []Receipt       // in the order of the mails, at most uploadReceipts
}

// Upload stores what a file of a person holds, by the same limits and verdicts
// as what comes by mail; an mbox file is read mail by mail. LimitReached when
// there were too many files of late.
func (s *Service) Upload(ctx context.Context, a org.Access, upload UploadID, f File) (Uploaded, error) {
	if err := s.Uploads.take(ctx, a); err != nil {
		return Uploaded{}, err
	}
	var items []item
	for mail, err := range mimepart.Messages(mimepart.Source{ReaderAt: f.Content, Size: f.Size, Name: f.Name}) {
		if err != nil {
			return Uploaded{}, fmt.Errorf("split the file: %w", err)
		}
		if len(items) == maxMails {
			return Uploaded{}, fault.New(fault.Invalid, fmt.Sprintf("This file holds more than %d mails, which is the most we read at once. Nothing of it was read. Split it and upload the parts.", maxMails))
		}
		items = append(items, item{source: FromUpload, upload: upload, person: a.Person, label: fileName(f.Name), size: mail.Size, content: mail.ReaderAt})
	}
	if len(items) > 1 {
		for i := range items {
			items[i].label += fmt.Sprintf(", mail %d", i+1)
		}
	}
	results, err := s.ingest(ctx, a.ID, items, func(context.Context, postgres.Tx, int, []result) error { return nil })
	if err != nil {
		return Uploaded{}, err
	}
	out := Uploaded{Mails: len(items), Verdicts: map[Verdict]int{}}
	var ids []ReceiptID
	for _, r := range results {
		out.Verdicts[r.verdict]++
		if len(ids) < uploadReceipts {
			ids = append(ids, r.receipt)
		}
	}
	out.Receipts, _, err = s.Receipts(ctx, a.ID, ReceiptQuery{IDs: ids, Limit: uploadReceipts})
	slices.Reverse(out.Receipts) // the latest came first
	return out, err
}

// fileName is a file's name as it is kept: a label for people, never a path.
func fileName(name string) string {
	const most = 200
	if runes := []rune(plaintext.String(name)); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return plaintext.String(name)
}

// UploadLimits bounds how often files are uploaded; the zero value does not.
type UploadLimits struct {
	person, org, inbound *limit.Limiter
}

// NewUploadLimits makes the limits: 2,000 files at once of a person and 6,000
// of an organization, and as many again in an hour.
func NewUploadLimits(limiter limit.Maker) (l UploadLimits, err error) {
	if l.person, err = limiter("uploads of a person", 2000, time.Hour); err != nil {
		return l, err
	}
	if l.org, err = limiter("uploads of an organization", 6000, time.Hour); err != nil {
		return l, err
	}
	l.inbound, err = limiter("mails of an organization", 6000, time.Hour)
	return l, err
}

func (l UploadLimits) take(ctx context.Context, a org.Access) error {
	if err := takeTurn(ctx, l.person, a.Person.String()); err != nil {
		return err
	}
	return takeTurn(ctx, l.org, a.ID.String())
}

// takeInbound takes a turn of what a mail provider hands over: strangers who
// write to it must not use up what members have.
func (l UploadLimits) takeInbound(ctx context.Context, org org.ID) error {
	return takeTurn(ctx, l.inbound, org.String())
}

func takeTurn(ctx context.Context, l *limit.Limiter, key string) error {
	wait, err := l.Take(ctx, key)
	if err == nil && wait > 0 {
		err = &fault.Error{Kind: fault.LimitReached, Wait: wait, Sentence: "More files came within the last hour than we take. Those before this one are read. Please wait a few minutes and send the rest."}
	}
	return err
}
