package mailtest

import (
	"bytes"
	"crypto/tls"
	"io"
	"log"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"
)

// The account of every server here.
const (
	User     = "reports@example.org"
	Password = "correct horse"
)

// Faults change how the in-memory server answers; nil fields change nothing.
type Faults struct {
	Login  error // instead of judging the password; *imap.Error for a chosen answer
	Select error
	Fetch  error
	Create error
	Store  error
}

// Options of the in-memory server.
type Options struct {
	Cert     *Cert       // nil: no TLS anywhere
	Implicit bool        // TLS from the first byte; else STARTTLS when Cert is set
	Caps     imap.CapSet // nil: IMAP4rev1 with UIDPLUS, MOVE and ESEARCH
	Faults   Faults
	TLS      func(*tls.Config)
}

// Memory is the library's server with one account.
type Memory struct {
	Port uint16
	user *imapmemserver.User
}

// NewMemory starts a server with an empty INBOX.
func NewMemory(tb TB, o Options) *Memory {
	tb.Helper()
	user := imapmemserver.NewUser(User, Password)
	if err := user.Create("INBOX", nil); err != nil {
		tb.Fatal(err)
	}
	store := imapmemserver.New()
	store.AddUser(user)
	options := &imapserver.Options{
		NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
			s, ok := store.NewSession().(imapserver.SessionIMAP4rev2)
			if !ok {
				panic("mailtest: the library's session lost MOVE")
			}
			return &faultySession{SessionIMAP4rev2: s, faults: o.Faults}, nil, nil
		},
		Caps:         o.Caps,
		Logger:       log.New(io.Discard, "", 0),
		InsecureAuth: o.Cert == nil,
	}
	if o.Caps == nil {
		options.Caps = imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapUIDPlus: {}, imap.CapMove: {}, imap.CapESearch: {}}
	}
	l := listen(tb)
	m := &Memory{Port: portOf(l), user: user}
	if o.Cert != nil {
		cfg := &tls.Config{Certificates: []tls.Certificate{o.Cert.TLS}}
		if o.TLS != nil {
			o.TLS(cfg)
		}
		if o.Implicit {
			l = tls.NewListener(l, cfg)
		} else {
			options.TLSConfig = cfg
		}
	}
	server := imapserver.New(options)
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }()
	tb.Cleanup(func() { _ = server.Close(); <-done })
	return m
}

// Append puts a mail into INBOX.
func (m *Memory) Append(tb TB, raw []byte, received time.Time, flags ...imap.Flag) {
	tb.Helper()
	if _, err := m.user.Append("INBOX", literal{bytes.NewReader(raw)}, &imap.AppendOptions{Time: received, Flags: flags}); err != nil {
		tb.Fatal(err)
	}
}

// Renumber replaces INBOX by an empty one, so that UIDVALIDITY changes.
func (m *Memory) Renumber(tb TB) {
	tb.Helper()
	if err := m.user.Delete("INBOX"); err != nil {
		tb.Fatal(err)
	}
	if err := m.user.Create("INBOX", nil); err != nil {
		tb.Fatal(err)
	}
}

type literal struct{ *bytes.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

// faultySession is a session that fails where it was told to. It embeds the
// rev2 interface: with the plain one, the library's server panics on MOVE.
type faultySession struct {
	imapserver.SessionIMAP4rev2
	faults Faults
}

func (s *faultySession) Login(username, password string) error {
	if s.faults.Login != nil {
		return s.faults.Login
	}
	return s.SessionIMAP4rev2.Login(username, password)
}

func (s *faultySession) Select(name string, o *imap.SelectOptions) (*imap.SelectData, error) {
	if s.faults.Select != nil {
		return nil, s.faults.Select
	}
	return s.SessionIMAP4rev2.Select(name, o)
}

func (s *faultySession) Fetch(w *imapserver.FetchWriter, set imap.NumSet, o *imap.FetchOptions) error {
	if s.faults.Fetch != nil {
		return s.faults.Fetch
	}
	return s.SessionIMAP4rev2.Fetch(w, set, o)
}

func (s *faultySession) Store(w *imapserver.FetchWriter, set imap.NumSet, flags *imap.StoreFlags, o *imap.StoreOptions) error {
	if s.faults.Store != nil {
		return s.faults.Store
	}
	return s.SessionIMAP4rev2.Store(w, set, flags, o)
}

func (s *faultySession) Create(name string, o *imap.CreateOptions) error {
	if s.faults.Create != nil {
		return s.faults.Create
	}
	return s.SessionIMAP4rev2.Create(name, o)
}
