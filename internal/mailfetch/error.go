package mailfetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/emersion/go-imap/v2"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/netguard"
)

// Error is a mailbox that could not be read. Its chain holds a fault with the
// sentence, and the cause, which may quote the server and is for the log only.
type Error struct {
	Kind     Kind
	Step     StepName // how far it had come
	Protocol Protocol // "": IMAP
	Host     string
	Port     uint16
	Folder   string
	Cause    error
}

// Error describes the failure for the log.
func (e *Error) Error() string {
	s := fmt.Sprintf("mailbox at %q port %d: %s: %s", e.Host, e.Port, e.Step, e.Kind)
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the fault for the user and the cause.
func (e *Error) Unwrap() []error {
	chain := []error{fault.New(e.Kind.fault(), e.Sentence()+" "+e.Advice())}
	if e.Cause != nil {
		chain = append(chain, e.Cause)
	}
	return chain
}

// Sentence says what happened, for the owner.
func (e *Error) Sentence() string { return e.fill(texts[e.Kind].sentence) }

// Advice says what the owner can do.
func (e *Error) Advice() string { return e.fill(advise(e.Kind, e.Host)) }

func (e *Error) fill(s string) string {
	protocol, implicit, byCommand := "IMAP", "993", "143"
	if e.Protocol == POP3 {
		protocol, implicit, byCommand = "POP3", "995", "110"
	}
	return strings.NewReplacer("{host}", e.Host, "{port}", strconv.Itoa(int(e.Port)), "{folder}", e.Folder,
		"{protocol}", protocol, "{tls}", implicit, "{starttls}", byCommand).Replace(s)
}

// KindOf returns the kind of the first *Error in err's chain, Odd without one.
func KindOf(err error) Kind {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Odd
}

// The causes that this package makes itself.
var (
	errTooMuch      = errors.New("the server sent more than was asked for")
	errNoTLS        = errors.New("the server refused STARTTLS")
	errPreauth      = errors.New("the server greeted with PREAUTH before TLS")
	errInjected     = errors.New("bytes arrived between the answer to STARTTLS and the handshake")
	errNoPasswords  = errors.New("neither plain passwords nor SASL PLAIN are offered")
	errNoTokens     = errors.New("XOAUTH2 is not offered")
	errTokenRefused = errors.New("the server refused the access token")
	errNoUniqueIDs  = errors.New("the server has no UIDL")
	errOnlyIMAP     = errors.New("POP3 cannot do this")
	errNotNumbered  = errors.New("the server gave no UIDVALIDITY")
	errRenumbered   = errors.New("UIDVALIDITY changed within the session")
	errNotSupported = errors.New("not supported yet")
)

// kindOf finds the kind of a cause: who failed first, the context, the
// network, TLS or the server's own answer.
func kindOf(step StepName, cause error) Kind {
	if guard, ok := errors.AsType[*netguard.Error](cause); ok {
		return guardKinds[guard.Reason]
	}
	if errors.Is(cause, errTokenRefused) {
		return TokenRefused
	}
	if answer, ok := errors.AsType[*imap.Error](cause); ok {
		return answerKind(step, answer)
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](cause); ok {
		return certificateKind(cause)
	}
	switch {
	case errors.Is(cause, context.DeadlineExceeded), errors.Is(cause, os.ErrDeadlineExceeded):
		return TimedOut
	case errors.Is(cause, context.Canceled):
		return Cancelled
	case errors.Is(cause, errNoTLS):
		return TLSNotOffered
	case errors.Is(cause, errPreauth), errors.Is(cause, errInjected):
		return Interference
	case errors.Is(cause, errNoPasswords):
		return PasswordsRefused
	case errors.Is(cause, errNoTokens):
		return TokensNotOffered
	case errors.Is(cause, errNoUniqueIDs):
		return NoUniqueIDs
	case errors.Is(cause, errOnlyIMAP):
		return BadAccount
	case errors.Is(cause, errNotSupported):
		return NotYet
	case errors.Is(cause, errTooMuch), errors.Is(cause, errNotNumbered):
		return Odd
	case step == StepTLS:
		return handshakeKind(cause)
	case errors.Is(cause, errConnectionEnded):
		return Dropped
	}
	return Odd
}

var guardKinds = map[netguard.Reason]Kind{
	netguard.Unreachable:    Unreachable,
	netguard.PortNotAllowed: PortNotAllowed,
	netguard.Forbidden:      ForbiddenAddress,
	netguard.NameNotFound:   NameNotFound,
	netguard.LookupFailed:   LookupFailed,
	netguard.Refused:        Refused,
	netguard.TimedOut:       TimedOut,
}

func certificateKind(err error) Kind {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return CertificateWrongHost
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return CertificateUntrusted
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return CertificateExpired
	}
	return CertificateInvalid
}

func handshakeKind(err error) Kind {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return TLSNotOffered
	}
	if errors.Is(err, errConnectionEnded) {
		return Dropped
	}
	return TLSFailed
}
