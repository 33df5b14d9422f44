package mailfetch

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"
)

// The defaults of Limits.
const (
	defaultSilence   = 30 * time.Second
	defaultMailBytes = 50 << 20
	defaultMails     = 2_000_000
)

// Open resolves, connects, secures, signs in, opens the folder for reading and
// counts the mails to look through, and reports each step to onStep as it
// begins and ends. With a nil onStep nothing is reported, nor counted. Its
// error is *Error. Each wait for the server is bounded by Limits.Silence; the
// whole is bounded by the deadline of ctx.
func (f *Fetcher) Open(ctx context.Context, a Account, onStep func(Step)) (Session, error) {
	if a.Folder == "" {
		a.Folder = inbox
	}
	o := &opening{Fetcher: f, account: a, walk: walk{on: onStep, clock: f.now}}
	if err := a.check(); err != nil {
		return nil, err
	}
	s, err := o.open(ctx)
	if err != nil {
		if o.raw != nil {
			_ = o.raw.Close() // the failure is what matters
		}
		return nil, err
	}
	return s, nil
}

func (f *Fetcher) now() time.Time {
	if f.Now == nil {
		return time.Now()
	}
	return f.Now()
}

func (f *Fetcher) limits() Limits {
	l := f.Limits
	if l.Silence <= 0 {
		l.Silence = defaultSilence
	}
	if l.MailBytes <= 0 {
		l.MailBytes = defaultMailBytes
	}
	if l.Mails <= 0 {
		l.Mails = defaultMails
	}
	return l
}

// check refuses what cannot work, before any connection. NUL is the separator
// of SASL PLAIN (RFC 4616), 1 that of XOAUTH2; CR and LF end lines.
func (a Account) check() error {
	bad := func(cause string) error { return a.failure(BadAccount, StepResolve, errors.New(cause)) }
	switch {
	case a.Protocol != IMAP && a.Protocol != POP3:
		return bad("protocol " + string(a.Protocol))
	case a.Protocol == POP3 && !strings.EqualFold(a.Folder, inbox):
		return bad("POP3 has no folder but INBOX")
	case a.Security != ImplicitTLS && a.Security != STARTTLS:
		return bad("security " + string(a.Security))
	case a.Host == "" || a.Port == 0 || a.Username == "" || (a.Password == "") == (a.Token == ""):
		return bad("a field is empty")
	case strings.ContainsAny(a.Username+a.Password+a.Token+a.Folder+a.Host, "\x00\r\n"), strings.ContainsRune(a.Username+a.Token, '\x01'):
		return bad("a field holds a control character")
	}
	return nil
}

func (a Account) failure(kind Kind, step StepName, cause error) *Error {
	return &Error{Kind: kind, Step: step, Protocol: a.Protocol, Host: a.Host, Port: a.Port, Folder: a.Folder, Cause: cause}
}

// inbox is the folder that everyone has, and POP3 alone.
const inbox = "INBOX"

// opening is one Open in progress.
type opening struct {
	*Fetcher
	walk
	account Account
	addrs   []netip.Addr
	raw     *idleConn
	tls     *tls.Conn
}

func (o *opening) open(ctx context.Context) (Session, error) {
	a := o.account
	if err := o.do(StepResolve, "Looking up "+a.Host+".", func(s *Step) *Error { return o.resolve(ctx, s) }); err != nil {
		return nil, err
	}
	if err := o.do(StepConnect, fmt.Sprintf("Connecting to port %d.", a.Port), func(s *Step) *Error { return o.connect(ctx, s) }); err != nil {
		return nil, err
	}
	if err := o.do(StepTLS, "Agreeing on encryption.", func(s *Step) *Error { return o.secure(ctx, s) }); err != nil {
		return nil, err
	}
	var s interface {
		Session
		enter(ctx context.Context, w walk) error
		hangUp()
	}
	if a.Protocol == POP3 {
		s = newPOP3(o)
	} else {
		s = newIMAP(o)
	}
	if err := s.enter(ctx, o.walk); err != nil {
		s.hangUp()
		return nil, err
	}
	return s, nil
}

func (o *opening) fail(step StepName, cause error) *Error {
	return o.account.failure(kindOf(step, cause), step, cause)
}

func (o *opening) resolve(ctx context.Context, s *Step) *Error {
	addrs, err := o.Dialer.Resolve(ctx, o.account.Host, o.account.Port)
	if err != nil {
		return o.fail(StepResolve, err)
	}
	o.addrs = addrs
	list := make([]string, len(addrs))
	for i, a := range addrs {
		list[i] = a.String()
	}
	s.Sentence = fmt.Sprintf("%s is at %s.", o.account.Host, strings.Join(list, ", "))
	return nil
}

func (o *opening) connect(ctx context.Context, s *Step) *Error {
	conn, err := o.Dialer.Dial(ctx, o.account.Host, o.account.Port, o.addrs)
	if err != nil {
		return o.fail(StepConnect, err)
	}
	o.raw = &idleConn{Conn: conn, silence: o.limits().Silence}
	s.Sentence = "Connected to " + remote(conn) + "."
	return nil
}

func remote(conn net.Conn) string {
	if ap, err := netip.ParseAddrPort(conn.RemoteAddr().String()); err == nil {
		return fmt.Sprintf("%s, port %d", ap.Addr().Unmap(), ap.Port())
	}
	return conn.RemoteAddr().String()
}

func (o *opening) secure(ctx context.Context, s *Step) *Error {
	stop := context.AfterFunc(ctx, func() { _ = o.raw.abort(context.Cause(ctx)) })
	defer stop()
	if o.account.Security == STARTTLS {
		start := startTLS
		if o.account.Protocol == POP3 {
			start = stls
		}
		if err := start(o.raw); err != nil {
			return o.fail(StepTLS, o.raw.reason(ctx, err))
		}
	}
	o.tls = tls.Client(o.raw, &tls.Config{
		ServerName: strings.TrimSuffix(o.account.Host, "."),
		RootCAs:    o.Roots,
		MinVersion: tls.VersionTLS12,
		Time:       o.now,
	})
	if err := o.tls.HandshakeContext(ctx); err != nil {
		if refused, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(refused.UnverifiedCertificates) > 0 {
			s.TLS = tlsFacts(0, refused.UnverifiedCertificates[0])
		}
		failure := o.fail(StepTLS, o.raw.reason(ctx, err))
		if failure.Kind == TLSNotOffered && o.account.Security == STARTTLS {
			failure.Kind = Interference // it said yes, then spoke something else
		}
		return failure
	}
	state := o.tls.ConnectionState()
	s.TLS = tlsFacts(state.Version, state.PeerCertificates[0])
	s.Sentence = fmt.Sprintf("Encrypted with %s. The certificate is for %s, issued by %s, valid until %s.",
		s.TLS.Version, s.TLS.Subject, s.TLS.Issuer, s.TLS.Expires.Format("2 January 2006"))
	return nil
}
