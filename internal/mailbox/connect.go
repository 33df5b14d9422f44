package mailbox

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// Settings are what the owner types to connect a mailbox.
type Settings struct {
	Protocol    mailfetch.Protocol
	Host        string
	Port        int
	Security    mailfetch.Security
	Username    string
	Password    string
	Folder      string
	AfterImport AfterImport
	MoveTo      string // folder of Move
	// Authserv is the authserv-id of the server that takes the mailbox's mail
	// in (RFC 8601): what it says about who a mail comes from is believed. "-" for
	// one that writes none; "" believes only signatures that we verify.
	Authserv string
	ReadDays int // how many days back to read first; 0 = everything
}

// maxReadDays bounds how far back to read where there is a bound at all.
const maxReadDays = 3650

// normalise trims and completes the settings and says what is wrong with
// them, field by field.
func (s *Settings) normalise() error {
	s.Host = canonicalHost(s.Host)
	s.Username = strings.TrimSpace(s.Username)
	s.Authserv = strings.ToLower(strings.TrimSpace(s.Authserv))
	if s.Folder = strings.TrimSpace(s.Folder); s.Folder == "" || !s.Protocol.Ordered() {
		s.Folder = "INBOX" // POP3 has no other
	}
	if s.MoveTo = strings.TrimSpace(s.MoveTo); s.AfterImport != Move {
		s.MoveTo = ""
	}
	wrong := fault.Fields{}
	if s.Protocol != mailfetch.IMAP && s.Protocol != mailfetch.POP3 {
		wrong["protocol"] = "Choose IMAP or POP3."
	}
	if s.Host == "" {
		wrong["host"] = "Give the name of the mail server, such as imap.example.org."
	} else if !validHost(s.Host) {
		wrong["host"] = "This is not a server name. It should look like imap.example.org, without http:// or a port."
	}
	if s.Port < 1 || s.Port > 65535 {
		wrong["port"] = "Give the port: 993 for IMAP and 995 for POP3 with TLS, 143 and 110 with STARTTLS."
	}
	if s.Security != mailfetch.ImplicitTLS && s.Security != mailfetch.STARTTLS {
		wrong["security"] = "Choose TLS or STARTTLS."
	}
	if s.Username == "" {
		wrong["username"] = "Give the user name, often the whole mail address."
	}
	if s.Password == "" {
		wrong["password"] = "Give the password. Many providers ask for an app password."
	}
	s.checkAfter(wrong)
	if s.ReadDays < 0 || s.ReadDays > maxReadDays {
		wrong["days"] = "Choose how far back to read."
	}
	for name, value := range map[string]string{"username": s.Username, "password": s.Password, "folder": s.Folder, "move": s.MoveTo, "authserv": s.Authserv} {
		most := 1000
		if name == "password" {
			most = 8000 // a refresh token is long
		}
		switch {
		case len(value) > most:
			wrong[name] = "This is too long."
		case strings.ContainsAny(value, "\x00\r\n"):
			wrong[name] = "This holds a character that no mail server accepts."
		}
	}
	return fault.InvalidFields(wrong)
}

// checkAfter says what is wrong with what is to happen to report mails.
func (s *Settings) checkAfter(wrong fault.Fields) {
	_, known := actions[s.AfterImport]
	switch {
	case !known:
		wrong["after"] = "Choose what happens to report mails once they are read."
	case s.Protocol == mailfetch.POP3 && s.AfterImport != LeaveUntouched && s.AfterImport != Delete:
		wrong["after"] = "POP3 has neither marks nor folders: report mails can only stay or be deleted. Use IMAP for the rest."
	case s.AfterImport == Move && s.MoveTo == "":
		wrong["move"] = "Give the folder that report mails are moved to. It is created if it does not exist."
	case s.AfterImport == Move && strings.EqualFold(s.MoveTo, s.Folder):
		wrong["move"] = "This is the folder that reports are read from. Choose another one."
	}
}

// canonicalHost is the one form of a host that a person typed.
func canonicalHost(host string) string {
	return strings.ToLower(strings.TrimSuffix(strings.TrimSpace(host), "."))
}

func validHost(host string) bool {
	if _, err := netip.ParseAddr(host); err == nil {
		return true
	}
	if host == "localhost" {
		return true // refused later unless the operator allows it, with the right reason
	}
	_, err := fqdn.Parse(host)
	return err == nil
}

// Connect keeps the settings, password sealed, and begins the connection
// test. Settings that never pass the test are forgotten after a day.
func (s *Service) Connect(ctx context.Context, a org.Access, set Settings) (ID, error) {
	if err := set.normalise(); err != nil {
		return ID{}, err
	}
	if err := s.mayTest(ctx, a.ID, set.Host); err != nil {
		return ID{}, err
	}
	m := s.fromSettings(uid.New[Mailbox](), set)
	err := s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if err := insert(ctx, tx, a.ID, m, s.Ring.Seal(place(a.ID, m.ID), []byte(set.Password))); err != nil {
			return err
		}
		if err := startRun(ctx, tx, a.ID, m.ID, TestRun, s.Now()); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, m.ID, "mailbox.connect", m))
	})
	if err == nil {
		s.dispatchSoon(ctx)
	}
	return m.ID, err
}

// Retest replaces the settings of a mailbox and tests it again; once that
// passes, it goes on with what it was doing. An empty password keeps the secret
// that is sealed, unless the server or the user changed: a secret is never sent
// to another place. What a provider granted is for its server and one account,
// which stay until a password is typed.
func (s *Service) Retest(ctx context.Context, a org.Access, id ID, set Settings) error {
	old, err := s.Get(ctx, a.ID, id)
	if err != nil {
		return err
	}
	host := canonicalHost(set.Host)
	if old.SignIn != ByPassword && set.Password == "" {
		host = old.Host
	}
	if err := s.mayTest(ctx, a.ID, host); err != nil {
		return err
	}
	var granted string // "" unless it is to be given back
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) (err error) {
		if old, err = getToChange(ctx, tx, a.ID, id); err != nil { // a slice may replace the secret that is kept
			return err
		}
		signIn := ByPassword
		if old.SignIn != ByPassword && set.Password == "" {
			signIn = old.SignIn
			set.Protocol, set.Host, set.Port, set.Security, set.Username = old.Protocol, old.Host, old.Port, old.Security, old.Username
		}
		if set.Password == "" && old.Host == canonicalHost(set.Host) && old.Username == strings.TrimSpace(set.Username) {
			if set.Password, err = s.secret(ctx, tx, a.ID, id); err != nil {
				return err
			}
		}
		if err := set.normalise(); err != nil {
			return err
		}
		m := s.fromSettings(id, set)
		m.SignIn, m.ReadFrom = signIn, old.ReadFrom
		var left []audit.Event
		if left, granted, err = s.leaveProvider(ctx, tx, a, old, signIn); err != nil {
			return err
		}
		if err := s.replace(ctx, tx, a.ID, old, m, set.Password); err != nil {
			return err
		}
		if err := startRun(ctx, tx, a.ID, id, TestRun, s.Now()); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, append(left, s.event(a, id, "mailbox.change", m))...)
	})
	if err == nil {
		s.revokeAtProvider(ctx, old, granted)
		s.dispatchSoon(ctx)
	}
	return err
}

// replace stores other settings of a mailbox. In another mailbox or folder
// reading begins anew, and what was to be done with mails means none there.
func (s *Service) replace(ctx context.Context, tx postgres.Tx, org org.ID, old, m Mailbox, secret string) error {
	if err := update(ctx, tx, org, m, s.Ring.Seal(place(org, m.ID), []byte(secret))); err != nil {
		return err
	}
	elsewhere := old.Protocol != m.Protocol || old.Host != m.Host || old.Port != m.Port || old.Username != m.Username || old.Folder != m.Folder
	if elsewhere {
		if err := forgetPlace(ctx, tx, org, m.ID); err != nil {
			return err
		}
	}
	if elsewhere || m.AfterImport == LeaveUntouched {
		return forgetUnfinished(ctx, tx, org, m.ID)
	}
	return nil
}

// mayTest takes one turn of the connections that people of the organization
// ask for, and of those at the host: they are for their mailboxes, not for
// trying passwords or looking for servers.
func (s *Service) mayTest(ctx context.Context, org org.ID, host string) error {
	wait, err := s.Tests.Take(ctx, org.String())
	if err == nil && wait == 0 {
		wait, err = s.TestsAtHost.Take(ctx, host)
	}
	if err != nil {
		return err
	}
	if wait > 0 {
		minutes := int((wait + time.Minute - 1) / time.Minute)
		return &fault.Error{Kind: fault.LimitReached, Wait: wait,
			Sentence: fmt.Sprintf("These were many connections in a short time. Please wait %d min and try again; nothing was lost.", minutes)}
	}
	return nil
}

func (s *Service) fromSettings(id ID, set Settings) Mailbox {
	now := s.Now()
	m := Mailbox{
		ID: id, Protocol: set.Protocol, Host: set.Host, Port: set.Port, Security: set.Security, SignIn: ByPassword, Username: set.Username,
		Folder: set.Folder, AfterImport: set.AfterImport, MoveTo: set.MoveTo, Authserv: set.Authserv, ReadFrom: s.daysAgo(set.ReadDays),
		State: Testing, CreatedAt: now, NextAt: &now,
	}
	return m
}

// daysAgo is the UTC day so many days ago; nil for 0.
func (s *Service) daysAgo(days int) *time.Time {
	if days == 0 {
		return nil
	}
	from := s.Now().UTC().Truncate(24*time.Hour).AddDate(0, 0, -days)
	return &from
}

func (s *Service) event(a org.Access, id ID, action string, m Mailbox) audit.Event {
	return audit.Event{Org: a.ID, Person: a.Person, Action: action, Subject: id.String(), At: s.Now(), Detail: m.facts()}
}

// facts tell mailboxes apart in events. The user name is often somebody's
// address, so only its domain is among them.
func (m Mailbox) facts() map[string]string {
	facts := map[string]string{"host": m.Host}
	if at := strings.LastIndexByte(m.Username, '@'); at >= 0 {
		facts["domain"] = m.Username[at+1:]
	}
	return facts
}

// ownEvent is something that the program did or saw by itself, and why.
func (s *Service) ownEvent(j Slice, m Mailbox, action string, cause error) audit.Event {
	e := audit.Event{Org: j.Org, Action: action, Subject: j.Mailbox.String(), At: s.Now(), Detail: m.facts()}
	e.Detail["reason"] = mailfetch.KindOf(cause).String()
	return e
}

// Delete removes the mailbox with its password and place; stored reports stay.
func (s *Service) Delete(ctx context.Context, a org.Access, id ID) error {
	var m Mailbox
	var granted string
	err := s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) (err error) {
		if m, err = getToChange(ctx, tx, a.ID, id); err != nil {
			return err
		}
		if granted, err = s.refreshToken(ctx, tx, a.ID, m); err != nil {
			return err
		}
		if err := remove(ctx, tx, a.ID, id); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, id, "mailbox.delete", m))
	})
	if err == nil {
		s.revokeAtProvider(ctx, m, granted)
	}
	return err
}

// CheckNow has the mailbox read at once instead of at its next time. A paused
// one is resumed.
func (s *Service) CheckNow(ctx context.Context, a org.Access, id ID) error {
	m, err := s.Get(ctx, a.ID, id)
	if err != nil {
		return err
	}
	if m.State == Testing {
		return fault.New(fault.Conflict, "The connection test of this mailbox has not passed. Change its settings or test it again.")
	}
	if err := s.mayTest(ctx, a.ID, m.Host); err != nil {
		return err
	}
	err = s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		if m, err = getToChange(ctx, tx, a.ID, id); err != nil {
			return err
		}
		if err := dueNow(ctx, tx, a.ID, id, s.Now()); err != nil || m.State != Paused {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, id, "mailbox.resume", m))
	})
	if err == nil {
		s.dispatchSoon(ctx)
	}
	return err
}

// Choose begins to watch the picked domains and to import the mailbox. Reports
// for other domains are held, not lost.
func (s *Service) Choose(ctx context.Context, a org.Access, id ID, names []fqdn.Name) error {
	err := s.DB.InOrg(ctx, a.ID, func(ctx context.Context, tx postgres.Tx) error {
		m, err := get(ctx, tx, a.ID, id)
		if err != nil {
			return err
		}
		began, err := beginImport(ctx, tx, a.ID, id, s.Now())
		if err != nil {
			return err
		}
		if !began {
			return fault.New(fault.Conflict, "The import of this mailbox has begun already.")
		}
		if err := startRun(ctx, tx, a.ID, id, ImportRun, s.Now()); err != nil {
			return err
		}
		if err := s.Domains.AddIn(ctx, tx, a, names); err != nil {
			return err
		}
		return s.Trail.Record(ctx, tx, s.event(a, id, "mailbox.import", m))
	})
	if err == nil {
		s.dispatchSoon(ctx)
	}
	return err
}

// secret is the mailbox's password, or the refresh token of its provider.
func (s *Service) secret(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (string, error) {
	sealed, err := sealedSecret(ctx, tx, org, id)
	if err != nil {
		return "", err
	}
	plain, err := s.Ring.Open(place(org, id), sealed)
	if err != nil {
		return "", err
	}
	return string(plain), nil
}
