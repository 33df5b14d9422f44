// Package report stores DMARC aggregate reports and answers what they say:
// who sent as a domain, what passed, and what became of each mail that
// brought a report.
//
// Rollups hold facts (source, results, disposition, reporter); the class that
// a page shows is derived when it is read, in one place (class.go).
package report

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/work"
)

// ID identifies a report within its organization.
type ID int64

// ReceiptID identifies a receipt within its organization.
type ReceiptID int64

// Source is the way by which a mail or file came in.
type Source string

// The sources.
const (
	FromMailbox Source = "mailbox"
	FromInbound Source = "inbound" // by a mail provider, which hands it over
	FromUpload  Source = "upload"  // by a person, in the page
	FromImport  Source = "import"  // by the import command
)

// ByMail reports whether what came is a mail as anybody may have sent it, and
// not a file that somebody of the organization or its operator handed in.
func (s Source) ByMail() bool { return s == FromMailbox || s == FromInbound }

// Verdict is what became of a mail or of one report in it.
type Verdict string

// The verdicts, from the one that most needs a person to the one that least does.
const (
	Refused  Verdict = "refused"
	Conflict Verdict = "conflict" // another report under the same key is stored; the first counts until somebody decides
	Held     Verdict = "held"     // kept, waiting for something: its domain is not watched
	Repaired Verdict = "repaired" // accepted, with something unusual
	Accepted Verdict = "accepted"
	Replaced Verdict = "replaced"  // a conflict that is decided: another report counts instead
	Known    Verdict = "known"     // the same report was stored before, or the same file read
	NoReport Verdict = "no_report" // an ordinary mail; nothing of it is kept
)

// Verdicts lists the verdicts in that order.
var Verdicts = [...]Verdict{Refused, Conflict, Held, Repaired, Accepted, Replaced, Known, NoReport}

// Stored reports whether the verdict means that the report's numbers count.
func (v Verdict) Stored() bool { return v == Accepted || v == Repaired || v == Known }

// Service stores reports and answers questions about them.
type Service struct {
	DB    *postgres.DB
	Trail *audit.Trail
	Queue work.Enqueuer
	// Stored is told, in a transaction of its own, that mails of a mailbox brought
	// reports: who sends may be somebody new. nil: nobody is.
	Stored func(ctx context.Context, tx postgres.Tx) error
	// Mails says who a report mail comes from; nil: nobody asks, and no report
	// is doubted.
	Mails Authenticator
	// Plans says for how many days reports are kept.
	Plans billing.Limits
	Log   *slog.Logger
	Now   func() time.Time
	// Limits bounds the reading of one mail or file.
	Limits  reading.Limits
	Uploads UploadLimits

	months   sync.Map // which partitions are known to exist
	results  resultIDs
	encoders sync.Pool
	decoders sync.Pool
	readers  [2]sync.Pool // with and without a bound on the time
}

var _ mailbox.Intake = (*Service)(nil)

// DomainID identifies a watched domain.
type DomainID = domain.ID
