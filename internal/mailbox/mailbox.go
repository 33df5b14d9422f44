// Package mailbox connects the mailboxes that reports arrive in and reads them.
//
// A mailbox lives through states: testing, scanning, choosing, importing,
// polling. Whatever it needs next is done in slices of at most 20 seconds, each
// under a lease on its row: generation, holder, end. A slice
// that lost its lease cannot commit, so two processes never read one mailbox,
// and a dead one hands over when its lease ends.
package mailbox

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/oauth"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// ID identifies a mailbox.
type ID = uid.ID[Mailbox]

// State is what a mailbox needs next.
type State string

// The states, in the order of a mailbox's life.
const (
	Testing   State = "testing"   // the connection is tried before anything is kept for good
	Scanning  State = "scanning"  // the newest mails are looked through for domains
	Choosing  State = "choosing"  // the owner picks among the found domains
	Importing State = "importing" // everything up to now is read
	Polling   State = "polling"   // new mail is read every quarter of an hour
	Paused    State = "paused"    // reading stopped: by a person, or after failures that only one can mend (then with a Failure)
)

// AfterImport is what happens to a report mail once its report is stored.
type AfterImport string

// The choices. Other mail is never touched.
const (
	LeaveUntouched AfterImport = "leave"
	MarkSeen       AfterImport = "seen"
	Move           AfterImport = "move"
	Delete         AfterImport = "delete"
)

// actions are what the choices mean to a session.
var actions = map[AfterImport]mailfetch.Action{
	LeaveUntouched: mailfetch.Leave, MarkSeen: mailfetch.MarkSeen, Move: mailfetch.Move, Delete: mailfetch.Delete,
}

// SignIn is how a mailbox is signed in to: by password, or by what a provider
// of this name grants.
type SignIn string

// ByPassword is the way without a provider.
const ByPassword SignIn = "password"

// Mailbox is a connected mailbox, without its secret.
type Mailbox struct {
	ID           ID                 `db:"mailbox_id"`
	Protocol     mailfetch.Protocol `db:"protocol"`
	Host         string             `db:"host"`
	Port         int                `db:"port"`
	Security     mailfetch.Security `db:"security"`
	SignIn       SignIn             `db:"sign_in"`
	Username     string             `db:"username"`
	Folder       string             `db:"folder"`
	AfterImport  AfterImport        `db:"after_import"`
	MoveTo       string             `db:"move_to"`   // folder of Move
	Authserv     string             `db:"authserv"`  // see Settings
	ReadFrom     *time.Time         `db:"read_from"` // UTC day of the oldest mail to read; nil = all
	State        State              `db:"state"`
	CreatedAt    time.Time          `db:"created_at"`
	Cursor       string             `db:"cursor"`
	LastPollAt   *time.Time         `db:"last_poll_at"`
	LastReportAt *time.Time         `db:"last_report_at"`
	Failure      *string            `db:"failure"` // sentence for the owner; nil = the last try went well
	Advice       *string            `db:"advice"`
	FailedAt     *time.Time         `db:"failed_at"`
	Failures     int                `db:"failures"` // in a row
	NextAt       *time.Time         `db:"next_at"`

	// How it went with marking, moving or deleting report mails. Reading goes on
	// either way.
	OnlyMarked    bool    `db:"only_marked"`    // the server cannot remove single mails: they are marked as deleted
	FinishFailure *string `db:"finish_failure"` // sentence for the owner; nil = it went well
	FinishAdvice  *string `db:"finish_advice"`

	Epoch int `db:"epoch"` // counts the mailboxes and folders that it has been
}

// generation names what the ids of mails belong to: a generation of the folder
// in an epoch of the mailbox.
func (m Mailbox) generation(session mailfetch.Session) string {
	if m.Epoch == 0 {
		return session.Folder().Generation
	}
	return fmt.Sprintf("%d/%s", m.Epoch, session.Folder().Generation)
}

// Connected reports whether the mailbox has been set up to its end.
func (m Mailbox) Connected() bool {
	return m.State == Importing || m.State == Polling || m.State == Paused
}

// Title names the mailbox for people.
func (m Mailbox) Title() string { return m.Username + " at " + m.Host }

// RunKind is something that a person watches.
type RunKind string

// The kinds of runs.
const (
	TestRun   RunKind = "test"
	ScanRun   RunKind = "scan"
	ImportRun RunKind = "import"
)

// RunState is how a run stands.
type RunState string

// The states of runs.
const (
	RunRunning RunState = "running"
	RunDone    RunState = "done"
	RunFailed  RunState = "failed"
)

// Run is the progress of a test, scan or import, kept so that it survives
// reloads and restarts.
type Run struct {
	Kind       RunKind          `db:"kind"`
	State      RunState         `db:"state"`
	Steps      []mailfetch.Step `db:"steps"` // of a test
	Done       int64            `db:"done"`
	Total      int64            `db:"total"`
	StartedAt  time.Time        `db:"started_at"`
	UpdatedAt  time.Time        `db:"updated_at"`
	FinishedAt *time.Time       `db:"finished_at"`
}

// Found is a policy domain that the first scan met.
type Found struct {
	Name     fqdn.Name `db:"name"`
	Reports  int64     `db:"reports"`
	Messages int64     `db:"messages"`
}

// Mail is one fetched mail on its way to the intake. Content is nil when the
// server did not hand the mail over or it was too large.
type Mail struct {
	Mailbox    ID
	Generation string // of the folder
	ID         mailfetch.MailID
	State      mailfetch.OutcomeState
	Received   time.Time
	Size       int64
	Content    io.ReaderAt
	Authserv   string // whose Authentication-Results in it are trusted, see mailauth; "" = nobody's
	// Doomed is for a mail that its owner has deleted once it counts as stored:
	// then its original has to be kept, whatever else is in it.
	Doomed bool
}

// Intake is where fetched mail goes; the reports' slice is plugged in.
type Intake interface {
	// Survey returns the policy domains of the reports that a mail holds and
	// stores nothing.
	Survey(ctx context.Context, content io.ReaderAt, size int64) ([]Found, error)
	// Read begins to read mails, which may be while others are being stored.
	Read(ctx context.Context, org org.ID, mails []Mail) (Reading, error)
}

// Reading is mails that an Intake has begun to read.
type Reading interface {
	// Store stores what the mails hold, in their order and in one or several
	// transactions, and calls settle in each of them. It is called once, or not
	// at all.
	Store(ctx context.Context, settle Settle) error
}

// Settle is told within a transaction which mails are settled once it commits,
// in their order, and in which of them every report is stored; of mails that
// are doomed only those whose original is kept.
type Settle func(ctx context.Context, tx postgres.Tx, settled, stored []mailfetch.MailID) error

// Service is what can be done with mailboxes.
type Service struct {
	DB      *postgres.DB
	Trail   *audit.Trail
	Ring    *seal.Ring
	Queue   work.Enqueuer
	Fetcher *mailfetch.Fetcher
	Intake  Intake
	Domains *domain.Service
	Tests   *limit.Limiter // of connection tests, per organization
	// TestsAtHost limits the connection tests of all organizations together, per
	// host.
	TestsAtHost *limit.Limiter
	Idlers      *Idlers // nil: no mailbox is watched between polls
	Holder      string  // names this process in leases
	Now         func() time.Time

	Grants map[SignIn]*oauth.Client // providers that can let us into a mailbox without its password
	Box    *seal.Box                // of what a browser keeps while its person is at one of them
	tokens tokens

	// How the people who manage mailboxes are told that one needs them.
	Mail    mailer.Sender
	Compose func(org.Organization, Mailbox) (mailer.Message, error)
}

// place is where a mailbox's password is sealed for.
func place(org org.ID, id ID) seal.Place {
	return seal.Place{Table: "mailboxes", Column: "secret", Row: id.String(), Org: org.String()}
}

// Get returns a mailbox of the organization; NotFound without one.
func (s *Service) Get(ctx context.Context, org org.ID, id ID) (Mailbox, error) {
	var m Mailbox
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		m, err = get(ctx, tx, org, id)
		return err
	})
	return m, err
}

// List returns the organization's mailboxes, oldest first.
func (s *Service) List(ctx context.Context, org org.ID) ([]Mailbox, error) {
	var all []Mailbox
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		all, err = list(ctx, tx, org)
		return err
	})
	return all, err
}

// Connected reports whether any mailbox of the organization is set up to its end.
func (s *Service) Connected(ctx context.Context, org org.ID) (bool, error) {
	all, err := s.List(ctx, org)
	return slices.ContainsFunc(all, Mailbox.Connected), err
}

// Run returns the progress of a kind; ok is false when there was none yet.
func (s *Service) Run(ctx context.Context, org org.ID, id ID, kind RunKind) (r Run, ok bool, err error) {
	err = s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		r, ok, err = run(ctx, tx, org, id, kind)
		return err
	})
	return r, ok, err
}

// Found returns the domains that the scan met, the most reported first.
func (s *Service) Found(ctx context.Context, org org.ID, id ID) ([]Found, error) {
	var all []Found
	err := s.DB.InOrg(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		all, err = found(ctx, tx, org, id)
		return err
	})
	return all, err
}

// Rate returns mails per second over the run so far; 0 while nothing is known.
func (r Run) Rate() float64 {
	took := r.UpdatedAt.Sub(r.StartedAt).Seconds()
	if r.Done == 0 || took <= 0 {
		return 0
	}
	return float64(r.Done) / took
}

// Left returns the time that the run still needs at its rate so far; 0 while
// that cannot be said.
func (r Run) Left() time.Duration {
	rate := r.Rate()
	if rate == 0 || r.Total == 0 {
		return 0
	}
	return time.Duration(float64(r.Total-r.Done) / rate * float64(time.Second))
}
