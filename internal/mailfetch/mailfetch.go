// Package mailfetch reads mail out of a customer's mailbox without disturbing
// it. One contract, Session, stands for IMAP and POP3.
//
// What every reader here promises: credentials travel only through verified
// TLS 1.2 or newer; reading never marks, moves or deletes anything; each mail
// that was asked for ends in exactly one Outcome, so that none is lost in
// silence; every wait and every size is bounded; nothing that the server says
// is shown to the user.
package mailfetch

import (
	"context"
	"crypto/x509"
	"io"
	"net"
	"net/netip"
	"time"
)

// Protocol is how a mailbox is read.
type Protocol string

// The protocols of an Account.
const (
	IMAP Protocol = "imap"
	POP3 Protocol = "pop3"
)

// Ordered reports whether mails have an order that a Cursor can stand in. POP3
// has none: whoever reads it has to remember the ids of what was read.
func (p Protocol) Ordered() bool { return p != POP3 }

// Security is when TLS begins. There is no third choice.
type Security string

// The ways to begin TLS.
const (
	ImplicitTLS Security = "tls"      // with the first byte (ports 993 and 995)
	STARTTLS    Security = "starttls" // by command, before anything else (ports 143 and 110)
)

// Account is a mailbox as its owner described it.
type Account struct {
	Protocol Protocol
	Host     string // name or address; the certificate must be for it
	Port     uint16
	Security Security
	Username string
	Password string
	Token    string    // OAuth2 access token, used instead of a password (XOAUTH2)
	Folder   string    // "": INBOX; POP3 has no other
	Since    time.Time // Open counts mails received on or after this UTC day; zero: all
}

// Dialer finds and connects hosts; *netguard.Guard is the one in production.
type Dialer interface {
	Resolve(ctx context.Context, host string, port uint16) ([]netip.Addr, error)
	Dial(ctx context.Context, host string, port uint16, addrs []netip.Addr) (net.Conn, error)
}

// Limits of a session; a zero field takes the default.
type Limits struct {
	Silence   time.Duration // longest wait for the server's next bytes; 30 s
	MailBytes int64         // larger mails are not downloaded; 50 MB
	Mails     int           // most mails that a folder may list; 2,000,000, and by POP3 never more than 300,000
}

// MaxBatch is the most mails that one Fetch may ask for. 200 to 500 is where
// the rate stops growing; a batch is also what is repeated after a break.
const MaxBatch = 500

// Fetcher opens sessions. Its fields are set before first use; then it is
// safe for concurrent use.
type Fetcher struct {
	Dialer Dialer
	Roots  *x509.CertPool // nil: the system's
	Limits Limits
	Now    func() time.Time // judges certificates; nil: time.Now
}

// MailID names a mail within a folder: for IMAP its UID in decimal, for POP3
// its UIDL. It means nothing in another folder or under another Generation.
type MailID string

// Folder is the opened folder at the time of opening.
type Folder struct {
	Name       string
	Generation string // changes when the server renumbers; IMAP: UIDVALIDITY
	Mails      int    // all mails in it, as the server says
}

// Query chooses mails to list. POP3 knows neither order nor dates: After and
// Since choose nothing there, and its newest mails are those of the highest numbers.
type Query struct {
	After  Cursor    // only mails after it; zero: from the start
	Since  time.Time // received on or after this UTC day; zero: any
	Newest int       // > 0: only so many, newest first, for a first look
}

// Listing is what a Query found.
type Listing struct {
	IDs   []MailID // oldest first; newest first for Query.Newest
	Reset bool     // the server renumbered since Query.After, so all mails are listed
}

// Mail is one mail on its way to the callback of Fetch.
type Mail struct {
	ID       MailID
	Size     int64     // bytes of Body; by POP3 only as the server reckons
	Received time.Time // when the server took it in; zero when it does not say
	Body     io.Reader // the original bytes; ends in an error when the mail was cut. Valid during the callback only
}

// OutcomeState is how the fetch of one mail ended.
type OutcomeState uint8

// The outcomes.
const (
	Undelivered OutcomeState = iota // the server lists it but does not hand it over, also when asked for it alone
	Delivered                       // handed to the callback, whole
	TooLarge                        // above Limits.MailBytes; not downloaded
	Gone                            // no longer in the folder
)

// Outcome is how the fetch of one mail ended.
type Outcome struct {
	ID       MailID
	State    OutcomeState
	Size     int64     // as the server says; 0 when unknown
	Received time.Time // zero when unknown
}

// Action is what happens to a report mail once its report is committed.
type Action uint8

// The actions. POP3 knows Leave and Delete only.
const (
	Leave Action = iota
	MarkSeen
	Move
	Delete
)

// Disposal is the owner's choice for report mails.
type Disposal struct {
	Action Action
	Folder string // of Move; created when it is missing
}

// Session is an open folder. It is for one goroutine, but for Folder and
// CursorAt, which any may call; its errors are *Error, or the callback's. After an error that is not the server's plain "no" the
// session is closed and every call repeats that error.
type Session interface {
	// Folder returns the state at opening.
	Folder() Folder
	// List names mails without reading them.
	List(ctx context.Context, q Query) (Listing, error)
	// Fetch hands each mail to fn, one at a time and in no fixed order, then
	// returns the outcome of every id in the order asked, also of those known
	// when it fails. At most MaxBatch ids. An error of fn ends the session.
	Fetch(ctx context.Context, ids []MailID, fn func(Mail) error) ([]Outcome, error)
	// CursorAt returns the cursor that stands on a mail: the caller moves
	// there once the outcome of it and of all before it is recorded. The zero
	// Cursor where mails have no order.
	CursorAt(id MailID) (Cursor, error)
	// Finish carries out the owner's choice on mails whose reports are
	// committed, however many. Doing it again does no harm, and mails that are
	// gone are none. With onlyMarked the server cannot remove single mails:
	// they are marked as deleted and go when their owner's mail program removes
	// what is marked. After Finish the session only finishes, watches and closes.
	Finish(ctx context.Context, ids []MailID, d Disposal) (onlyMarked bool, err error)
	// CanWatch reports whether the server tells of new mail by itself (IDLE,
	// RFC 2177).
	CanWatch() bool
	// Watch waits until the server tells of new mail, at most so long, and
	// reports whether it did. The session stays open.
	Watch(ctx context.Context, most time.Duration) (news bool, err error)
	// Close signs out, waiting two seconds at most.
	Close() error
}
