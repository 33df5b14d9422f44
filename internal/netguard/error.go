package netguard

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"syscall"

	"sendvery.com/sendvery/internal/fault"
)

// Reason says why a host could not be reached.
type Reason uint8

// The reasons.
const (
	Unreachable    Reason = iota // no route, or a failure of the network that has no better name
	PortNotAllowed               // the port is none that mail is read on
	Forbidden                    // every address is private or special
	NameNotFound                 // DNS answered: no such name, or no address
	LookupFailed                 // DNS did not answer, or with a failure
	Refused                      // nothing listens on the port
	TimedOut                     // no answer in time
)

// Error is a host that could not be reached. Its chain holds a fault with a
// sentence for the user, and the cause for the log.
type Error struct {
	Reason Reason
	At     Endpoint
	Addrs  []netip.Addr // the addresses concerned, where there are any
	Cause  error        // nil where this package itself refused
}

// Error describes the failure for the log.
func (e *Error) Error() string {
	s := fmt.Sprintf("reach %q port %d %v: %s", e.At.Host, e.At.Port, e.Addrs, e.Sentence())
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the fault for the user and the cause.
func (e *Error) Unwrap() []error {
	chain := []error{fault.New(e.Kind(), e.Sentence())}
	if e.Cause != nil {
		chain = append(chain, e.Cause)
	}
	return chain
}

// Kind is Invalid where the owner has to change something, Temporary where
// trying again later may help.
func (e *Error) Kind() fault.Kind {
	switch e.Reason {
	case PortNotAllowed, Forbidden, NameNotFound:
		return fault.Invalid
	default:
		return fault.Temporary
	}
}

// Sentence says what happened, for the user.
func (e *Error) Sentence() string {
	host, port := e.At.Host, e.At.Port
	switch e.Reason {
	case PortNotAllowed:
		return fmt.Sprintf("Port %d is not used for reading mail, so we do not connect to it.", port)
	case Forbidden:
		return fmt.Sprintf("%s leads to a private or special network address, which we do not connect to.", host)
	case NameNotFound:
		return fmt.Sprintf("There is no server with the name %s.", host)
	case LookupFailed:
		return fmt.Sprintf("The address of %s could not be looked up just now.", host)
	case Refused:
		return fmt.Sprintf("%s does not accept connections on port %d.", host, port)
	case TimedOut:
		return fmt.Sprintf("%s did not answer on port %d in time.", host, port)
	default:
		return fmt.Sprintf("%s could not be reached on port %d.", host, port)
	}
}

func reasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return Unreachable
}

func lookupError(ctx context.Context, at Endpoint, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("look up %q: %w", at.Host, context.Cause(ctx))
	}
	reason := LookupFailed
	if de, ok := errors.AsType[*net.DNSError](err); ok && de.IsNotFound {
		reason = NameNotFound
	}
	return &Error{Reason: reason, At: at, Cause: err}
}

func dialError(ctx context.Context, at Endpoint, a netip.Addr, err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e // the control hook refused
	}
	if ctx.Err() != nil {
		return fmt.Errorf("connect to %q: %w", at.Host, context.Cause(ctx))
	}
	reason := Unreachable
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		reason = Refused
	case errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, syscall.ETIMEDOUT):
		reason = TimedOut
	}
	return &Error{Reason: reason, At: at, Addrs: []netip.Addr{a}, Cause: err}
}
