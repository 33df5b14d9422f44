// Package oauth asks a mail provider for leave to read a person's mailbox
// without their password: OAuth 2.0 (RFC 6749) by authorization code with PKCE
// (RFC 7636), and the address of the account by OpenID Connect.
//
// The addresses that it asks are the operator's configuration, never a user's
// word. Answers are bounded, redirects are not followed, and neither an error
// nor a log line holds a code, a token, or a server's text.
package oauth

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// timeout bounds one request to an authorization server.
const timeout = 15 * time.Second

// Client is this program as one provider knows it. It is safe for concurrent use.
type Client struct {
	Provider
	ID       string
	Secret   string
	Redirect string // absolute address that the browser comes back to
	HTTP     *http.Client
	Now      func() time.Time
}

// NewHTTP makes a client for authorization servers: bounded in time, and
// without redirects, which would carry secrets to another place.
func NewHTTP() *http.Client {
	return &http.Client{
		Timeout: timeout,
		Transport: &http.Transport{
			Proxy: http.ProxyFromEnvironment, ForceAttemptHTTP2: true, MaxIdleConns: 10, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: timeout, MaxResponseHeaderBytes: 64 << 10,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// NewVerifier makes a PKCE verifier of 256 random bits.
func NewVerifier() string { return oauth2.GenerateVerifier() }

// Token is leave to read a mailbox for a while.
type Token struct {
	Access  string
	Expiry  time.Time // now, when the server does not say how long it lasts
	Refresh string    // the one to keep: a new one, or that which was sent
	Rotated bool      // Refresh is new; the old one may be void
}

// Granted is what a person allowed.
type Granted struct {
	Token
	Address string // of the account
}

func (c *Client) config() *oauth2.Config {
	return &oauth2.Config{
		ClientID: c.ID, ClientSecret: c.Secret, RedirectURL: c.Redirect, Scopes: c.scopes,
		Endpoint: oauth2.Endpoint{AuthURL: c.Endpoints.Auth, TokenURL: c.Endpoints.Token, AuthStyle: oauth2.AuthStyleInParams},
	}
}

// AuthURL is where the person's browser is sent to consent. hint names the
// account to offer; "" leaves the choice open.
func (c *Client) AuthURL(state, verifier, hint string) string {
	options := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier)}
	for name, value := range c.extra {
		options = append(options, oauth2.SetAuthURLParam(name, value))
	}
	if hint != "" {
		options = append(options, oauth2.SetAuthURLParam("login_hint", hint))
	}
	return c.config().AuthCodeURL(state, options...)
}

// Exchange turns the code that the browser brought into what was granted. Its
// error is *Error; Revoked is a code that is void or was used.
func (c *Client) Exchange(ctx context.Context, code, verifier string) (Granted, error) {
	t, err := c.config().Exchange(c.with(ctx), code, oauth2.VerifierOption(verifier))
	if err != nil {
		return Granted{}, c.failure(err)
	}
	scope, told := t.Extra("scope").(string)
	if told && c.optional != "" && !slices.Contains(strings.Fields(scope), c.optional) {
		return Granted{}, c.incomplete("the leave to read mail was not given")
	}
	if t.RefreshToken == "" {
		return Granted{}, c.incomplete("there is no refresh token")
	}
	identity, _ := t.Extra("id_token").(string) // "" is refused
	address, err := addressOf(identity, c.ID)
	if err != nil {
		return Granted{}, &Error{Reason: Incomplete, Provider: c.Key, Cause: err}
	}
	return Granted{Token: c.token(t, ""), Address: address}, nil
}

// Refresh asks for a new access token. Its error is *Error; Revoked means that
// only the person can help, by consenting again.
func (c *Client) Refresh(ctx context.Context, refresh string) (Token, error) {
	t, err := c.config().TokenSource(c.with(ctx), &oauth2.Token{RefreshToken: refresh}).Token()
	if err != nil {
		return Token{}, c.failure(err)
	}
	return c.token(t, refresh), nil
}

// Revoke gives what was granted back. Where the provider has no end point for
// that, it does nothing.
func (c *Client) Revoke(ctx context.Context, refresh string) error {
	if c.Endpoints.Revoke == "" {
		return nil
	}
	body := strings.NewReader(url.Values{"token": {refresh}, "client_id": {c.ID}, "client_secret": {c.Secret}}.Encode())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Endpoints.Revoke, body)
	if err != nil {
		return &Error{Provider: c.Key, Cause: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.HTTP.Do(req)
	if err != nil {
		return &Error{Provider: c.Key, Cause: networkError(err)}
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection can be used again
	if resp.StatusCode != http.StatusOK {
		return &Error{Provider: c.Key, Status: resp.StatusCode}
	}
	return nil
}

// with has the library use our HTTP client.
func (c *Client) with(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, c.HTTP)
}

func (c *Client) token(t *oauth2.Token, sent string) Token {
	return Token{
		Access: t.AccessToken, Expiry: c.Now().Add(time.Duration(max(t.ExpiresIn, 0)) * time.Second),
		Refresh: t.RefreshToken, Rotated: t.RefreshToken != sent,
	}
}

func (c *Client) incomplete(why string) *Error {
	return &Error{Reason: Incomplete, Provider: c.Key, Cause: errors.New(why)}
}

// networkError keeps of a failed request what the network says, and nothing of
// an answer that could not be read.
func networkError(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return fmt.Errorf("reach it: %w", e.Err)
	}
	return errNoToken
}
