package mailbox

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/oauth"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// GrantCookie names what the browser keeps while its person is at the
// provider; GrantLife is for how long that is good.
const (
	GrantCookie = "grant"
	GrantLife   = 10 * time.Minute
)

// mostCookie is the longest value that browsers are sure to keep, in bytes,
// with room for the name and the attributes.
const mostCookie = 3800

// Choice is what a person chooses of a mailbox that its provider lets us into:
// the provider is the server, and says whose account it is.
type Choice struct {
	Protocol    mailfetch.Protocol `json:"protocol"`
	Folder      string             `json:"folder"`
	AfterImport AfterImport        `json:"after"`
	MoveTo      string             `json:"move"`
	ReadDays    int                `json:"days"`
}

// settings are those of a mailbox of the account that refresh is for.
func (c Choice) settings(p oauth.Provider, address, refresh string) Settings {
	server := p.IMAP
	if c.Protocol == mailfetch.POP3 {
		server = p.POP3
	}
	return Settings{
		Protocol: c.Protocol, Host: server.Host, Port: server.Port, Security: mailfetch.ImplicitTLS, Username: address, Password: refresh,
		Folder: c.Folder, AfterImport: c.AfterImport, MoveTo: c.MoveTo, ReadDays: c.ReadDays,
	}
}

// Errand is what somebody was sent to a provider for.
type Errand struct {
	Slug     string `json:"slug"` // of the organization, as in URLs
	Provider SignIn `json:"provider"`
	Mailbox  *ID    `json:"mailbox"` // whose access is renewed; nil = a new one is connected
}

// errand is all that the browser keeps of it.
type errand struct {
	Errand
	State    string            `json:"state"`
	Verifier string            `json:"verifier"` // of PKCE
	Org      org.ID            `json:"org"`
	Person   postgres.PersonID `json:"person"`
	Choice   Choice            `json:"choice"`
	At       time.Time         `json:"at"`
}

// Answer is what the browser brings back from the provider.
type Answer struct {
	State string
	Code  string
	Error string // of RFC 6749 section 4.1.2.1; "" = none
}

// client is our client at a provider.
func (s *Service) client(provider SignIn) (*oauth.Client, error) {
	if c, ok := s.Grants[provider]; ok {
		return c, nil
	}
	return nil, fault.New(fault.NotFound, "Signing in with this provider is not set up on this Sendvery.")
}

// BeginGrant returns where the person's browser is sent to let us into a new
// mailbox, and the cookie that it keeps meanwhile.
func (s *Service) BeginGrant(a org.Access, provider SignIn, c Choice) (page, cookie string, err error) {
	client, err := s.client(provider)
	if err != nil {
		return "", "", err
	}
	set := c.settings(client.Provider, "known", "later")
	if err := set.normalise(); err != nil {
		return "", "", err
	}
	return s.send(client, errand{Errand: Errand{Slug: a.Slug, Provider: provider}, Org: a.ID, Person: a.Person, Choice: c}, "")
}

// RenewGrant is BeginGrant for a mailbox whose access was lost.
func (s *Service) RenewGrant(ctx context.Context, a org.Access, id ID) (page, cookie string, err error) {
	m, err := s.Get(ctx, a.ID, id)
	if err != nil {
		return "", "", err
	}
	if m.SignIn == ByPassword {
		return "", "", fault.New(fault.Conflict, "This mailbox is signed in to with a password. Change that in its settings.")
	}
	client, err := s.client(m.SignIn)
	if err != nil {
		return "", "", err
	}
	return s.send(client, errand{Errand: Errand{Slug: a.Slug, Provider: m.SignIn, Mailbox: &id}, Org: a.ID, Person: a.Person}, m.Username)
}

func (s *Service) send(client *oauth.Client, e errand, hint string) (page, cookie string, err error) {
	e.State, e.Verifier, e.At = rand.Text(), oauth.NewVerifier(), s.Now()
	plain, err := json.Marshal(e)
	if err != nil {
		return "", "", err
	}
	cookie = s.Box.Seal(GrantCookie, plain)
	if len(cookie) > mostCookie {
		return "", "", fault.InvalidFields(fault.Fields{"folder": "The names of the folders are too long."})
	}
	return client.AuthURL(e.State, e.Verifier, hint), cookie, nil
}

// errGrantOver is for a browser that comes back without a good cookie.
var errGrantOver = fault.New(fault.Invalid,
	"This sign-in took longer than ten minutes, was used already, or began in another browser. Nothing was stored. Please begin again.")

// GrantErrand returns what the browser was sent for: Invalid when that is over.
func (s *Service) GrantErrand(cookie string) (Errand, error) {
	e, err := s.errand(cookie)
	return e.Errand, err
}

func (s *Service) errand(cookie string) (errand, error) {
	var e errand
	plain, err := s.Box.Open(GrantCookie, cookie)
	if err == nil {
		err = json.Unmarshal(plain, &e)
	}
	if age := s.Now().Sub(e.At); err != nil || age < 0 || age > GrantLife {
		return errand{}, errGrantOver
	}
	return e, nil
}

// CompleteGrant takes what the provider answered, keeps the refresh token
// sealed, and begins the connection test. Only the person who began it can
// complete it, in the same browser.
func (s *Service) CompleteGrant(ctx context.Context, a org.Access, cookie string, answer Answer) (ID, error) {
	e, err := s.errand(cookie)
	if err != nil {
		return ID{}, err
	}
	if subtle.ConstantTimeCompare([]byte(e.State), []byte(answer.State)) != 1 || e.Org != a.ID || e.Person != a.Person {
		return ID{}, errGrantOver
	}
	client, err := s.client(e.Provider)
	if err != nil {
		return ID{}, err
	}
	if answer.Error != "" || answer.Code == "" {
		return ID{}, refused(client.Name, answer.Error)
	}
	if err := s.mayTest(ctx, a.ID, e.Choice.settings(client.Provider, "", "").Host); err != nil {
		return ID{}, err
	}
	granted, err := client.Exchange(ctx, answer.Code, e.Verifier)
	if err != nil {
		return ID{}, notGranted(client.Name, err)
	}
	id, err := s.keep(ctx, a, client, e, granted)
	if err != nil {
		s.giveBack(ctx, e.Provider, granted.Address, granted.Refresh)
		return ID{}, err
	}
	s.dispatchSoon(ctx)
	return id, nil
}

// keep stores what was granted.
func (s *Service) keep(ctx context.Context, a org.Access, client *oauth.Client, e errand, granted oauth.Granted) (id ID, err error) {
	if e.Mailbox != nil {
		return *e.Mailbox, s.renewed(ctx, a, *e.Mailbox, e.Provider, granted)
	}
	set := e.Choice.settings(client.Provider, granted.Address, granted.Refresh)
	if err := set.normalise(); err != nil {
		return ID{}, err
	}
	m := s.fromSettings(uid.New[Mailbox](), set)
	m.SignIn = e.Provider
	return m.ID, s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if err := insert(ctx, tx, a.ID, m, s.Ring.Seal(place(a.ID, m.ID), []byte(granted.Refresh))); err != nil {
			return err
		}
		return s.testGranted(ctx, tx, a, m)
	})
}

// renewed replaces the lost access to a mailbox, which goes on where it stopped.
func (s *Service) renewed(ctx context.Context, a org.Access, id ID, provider SignIn, granted oauth.Granted) error {
	return s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		m, err := getToChange(ctx, tx, a.ID, id)
		if err != nil {
			return err
		}
		if m.SignIn != provider {
			return fault.New(fault.Conflict, "The settings of this mailbox were changed meanwhile. Nothing was stored.")
		}
		if !strings.EqualFold(m.Username, granted.Address) {
			return fault.New(fault.Conflict, fmt.Sprintf(
				"You signed in as %s, but this mailbox is that of %s. Nothing was changed. Begin again and choose that account.", granted.Address, m.Username))
		}
		now := s.Now()
		m.NextAt = &now
		if err := s.replace(ctx, tx, a.ID, m, m, granted.Refresh); err != nil {
			return err
		}
		return s.testGranted(ctx, tx, a, m)
	})
}

// testGranted begins the connection test of a mailbox that we were let into.
func (s *Service) testGranted(ctx context.Context, tx postgres.Tx, a org.Access, m Mailbox) error {
	if err := startRun(ctx, tx, a.ID, m.ID, TestRun, s.Now()); err != nil {
		return err
	}
	e := s.event(a, m.ID, "mailbox.grant", m)
	e.Detail["provider"] = string(m.SignIn)
	return s.Trail.Record(ctx, tx, e)
}

// refused says that the browser came back without a code.
func refused(provider, code string) error {
	if code == "access_denied" {
		return fault.New(fault.Invalid, "Access was not allowed at "+provider+", so nothing was connected or changed. Begin again if that was not meant.")
	}
	return fault.New(fault.Invalid, provider+" ended the sign-in without allowing access. Nothing was stored. "+
		"Begin again; if it ends the same way, the administrator of your mail accounts may have to allow it first.")
}

// notGranted says why a code could not be turned into access.
func notGranted(provider string, err error) error {
	switch oauth.ReasonOf(err) {
	case oauth.Revoked:
		return fault.Wrap(fault.Invalid, provider+" does not take this sign-in: each works once and for a few minutes. Nothing was stored. Please begin again.", err)
	case oauth.Incomplete:
		return fault.Wrap(fault.Invalid, "Not everything that reading the mailbox needs was allowed at "+provider+". Nothing was stored. Begin again and leave every permission ticked.", err)
	case oauth.Misconfigured:
		return fault.Wrap(fault.Temporary, provider+" does not accept how this Sendvery is set up. Whoever operates it has to look at that. Nothing was stored.", err)
	}
	return fault.Wrap(fault.Temporary, provider+" could not be asked just now. Nothing was stored. Please begin again in a minute.", err)
}
