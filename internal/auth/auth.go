// Package auth signs people in by mail: a link, or a code for the browser
// that asked. There are no passwords. Only hashes of links, codes and
// sessions are ever stored.
package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

// How long things last.
const (
	LinkLife        = 15 * time.Minute
	SessionIdle     = 30 * 24 * time.Hour // sliding
	SessionAbsolute = 90 * 24 * time.Hour
	RequestKept     = 24 * time.Hour // after its link has ended, so that the link still gets the right explanation
	codeTries       = 5
)

type (
	// PersonID identifies somebody who signs in.
	PersonID = postgres.PersonID
	// RequestID identifies one asking for a link.
	RequestID = uid.ID[Request]
	// SessionID identifies a session in lists; it opens nothing.
	SessionID = uid.ID[Session]
)

// Service signs people in and out.
type Service struct {
	DB      *postgres.DB
	Trail   *audit.Trail
	Queue   work.Enqueuer
	Box     *seal.Box
	Mail    mailer.Sender
	Compose func(LinkMail) (mailer.Message, error) // words and looks of the sign-in mail
	LinkURL func(token string) string
	// Words and links of the mails about a change of address.
	ComposeChange ChangeComposer
	AddressURL    func(token string) string
	// Depart tells organizations that somebody's account is being deleted; it
	// refuses with Conflict while others need them. EndMemberships ends what is
	// left before they are erased.
	Depart         func(ctx context.Context, person PersonID) error
	EndMemberships func(ctx context.Context, person PersonID, email string) error
	Limits         *Limits
	Now            func() time.Time
}

// Client is the browser on the other side of a request.
type Client struct {
	Device  string // for example "Firefox on Linux"
	Network string // the address without its last part, for people to recognise
	Address string // the whole address, for limits only
}

// LinkMail is what the sign-in mail says.
type LinkMail struct {
	To      string
	Link    string
	Code    string
	Device  string
	Network string
	AskedAt time.Time
	Life    time.Duration
}

// newToken returns 256 random bits in a form that fits a URL, and their hash.
func newToken() (token string, hash []byte) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	token = base64.RawURLEncoding.EncodeToString(raw)
	return token, hashToken(token)
}

func hashToken(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}
