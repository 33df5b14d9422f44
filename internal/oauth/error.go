package oauth

import (
	"errors"
	"fmt"

	"golang.org/x/oauth2"
)

// Reason says why an authorization server did not do what it was asked for.
type Reason uint8

// The reasons. Temporary is the zero value, the one that claims nothing.
const (
	Temporary     Reason = iota // not reached, too busy, or an answer that makes no sense
	Revoked                     // the code or refresh token is void: the person has to consent again
	Misconfigured               // our client is not known or not allowed: the operator has to act
	Incomplete                  // an answer without what is needed: the leave to read mail, a refresh token, the address
)

// String names the reason.
func (r Reason) String() string {
	return [...]string{"temporary", "revoked", "misconfigured", "incomplete"}[r]
}

// Error is a request that an authorization server did not fulfil. It holds
// nothing that the server sent but its status and a known code: an answer may
// quote secrets.
type Error struct {
	Reason   Reason
	Provider string // its key
	Code     string // of RFC 6749 section 5.2 or OpenID Connect; "" = none that we know
	Status   int    // of HTTP; 0 = no answer
	Cause    error  // ours or the network's; nil for an answer of the server
}

// Error describes the failure for the log.
func (e *Error) Error() string {
	s := fmt.Sprintf("authorization server of %s: %s", e.Provider, e.Reason)
	if e.Code != "" {
		s += ": " + e.Code
	}
	if e.Status != 0 {
		s += fmt.Sprintf(" (status %d)", e.Status)
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// ReasonOf returns the reason of the first *Error in err's chain, Temporary
// without one.
func ReasonOf(err error) Reason {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Reason
	}
	return Temporary
}

// codes are the error codes that mean something to us. A refresh token of
// another client is unauthorized_client at some servers, invalid_grant at
// others: in either case new consent is what helps.
var codes = map[string]Reason{
	"invalid_grant":           Revoked,
	"unauthorized_client":     Revoked,
	"interaction_required":    Revoked,
	"consent_required":        Revoked,
	"login_required":          Revoked,
	"invalid_client":          Misconfigured,
	"invalid_request":         Misconfigured,
	"invalid_scope":           Misconfigured,
	"unsupported_grant_type":  Misconfigured,
	"temporarily_unavailable": Temporary,
	"server_error":            Temporary,
}

// errNoToken is an answer that is no token and no error either.
var errNoToken = errors.New("the answer holds no token")

// failure turns what the library says into an Error without the answer's body.
func (c *Client) failure(err error) *Error {
	answer, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return &Error{Provider: c.Key, Cause: networkError(err)}
	}
	e := &Error{Provider: c.Key, Status: answer.Response.StatusCode}
	if reason, known := codes[answer.ErrorCode]; known {
		e.Reason, e.Code = reason, answer.ErrorCode
	}
	return e
}
