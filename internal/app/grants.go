package app

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/dns"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/oauth"
)

// callbackPath is where providers send browsers back to.
const callbackPath = "/oauth/callback"

// grantSetting is what is configured of one provider.
type grantSetting struct {
	name                  string // of the variables
	provider              oauth.Provider
	id, secret, endpoints string
}

func (c Config) grantSettings() []grantSetting {
	return []grantSetting{
		{"GOOGLE", oauth.Google(), c.GoogleClientID, c.GoogleClientSecret, c.GoogleEndpoints},
		{"MICROSOFT", oauth.Microsoft(), c.MicrosoftClientID, c.MicrosoftClientSecret, c.MicrosoftEndpoints},
	}
}

// grants checks what is configured of providers.
func (p *problems) grants(settings []grantSetting) {
	for _, s := range settings {
		switch {
		case s.id != "" && s.secret == "":
			p.add(s.name+"_CLIENT_SECRET", "is missing beside the id of the client")
		case s.id == "" && s.secret != "":
			p.add(s.name+"_CLIENT_ID", "is missing beside the secret of the client")
		case s.id == "" && s.endpoints != "":
			p.add(s.name+"_ENDPOINTS", "is set without a client")
		}
		if _, err := at(s.provider, s.endpoints); err != nil {
			p.add(s.name+"_ENDPOINTS", err.Error())
		}
	}
}

// at is the provider with other end points, given as name=value.
func at(p oauth.Provider, list string) (oauth.Provider, error) {
	addresses := map[string]*string{"auth": &p.Endpoints.Auth, "token": &p.Endpoints.Token, "revoke": &p.Endpoints.Revoke}
	servers := map[string]*oauth.Server{"imap": &p.IMAP, "pop3": &p.POP3}
	for _, field := range fields(list) {
		name, value, _ := strings.Cut(field, "=")
		var err error
		if address, ok := addresses[name]; ok {
			*address, err = endpoint(value)
		} else if server, ok := servers[name]; ok {
			*server, err = mailServer(value)
		} else {
			err = errors.New("holds something other than auth=, token=, revoke=, imap= and pop3=")
		}
		if err != nil {
			return p, err
		}
	}
	return p, nil
}

// endpoint checks an address that secrets are sent to: only to this very
// machine without TLS.
func endpoint(value string) (string, error) {
	u, err := url.Parse(value)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Fragment != "" || (u.Scheme != "https" && u.Scheme != "http") {
		return "", errors.New("holds something that is not an address such as https://login.example.org/token")
	}
	if u.Scheme == "http" && !isLoopback(u.Hostname()) {
		return "", errors.New("holds an address without https; only this machine may do without")
	}
	return value, nil
}

func mailServer(value string) (oauth.Server, error) {
	host, port, err := net.SplitHostPort(value)
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || host == "" || n == 0 {
		return oauth.Server{}, errors.New("holds a mail server that is not of the form host:port")
	}
	return oauth.Server{Host: strings.ToLower(host), Port: int(n)}, nil
}

// grants makes a client for each configured provider.
func (a *App) grants() (map[mailbox.SignIn]*oauth.Client, error) {
	clients := map[mailbox.SignIn]*oauth.Client{}
	for _, s := range a.cfg.grantSettings() {
		if s.id == "" {
			continue
		}
		provider, err := at(s.provider, s.endpoints)
		if err != nil {
			return nil, fmt.Errorf("%s_ENDPOINTS %w", s.name, err)
		}
		clients[mailbox.SignIn(provider.Key)] = &oauth.Client{
			Provider: provider, ID: s.id, Secret: s.secret, Redirect: strings.TrimSuffix(a.cfg.PublicURL, "/") + callbackPath, HTTP: oauth.NewHTTP(), Now: a.now,
		}
	}
	return clients, nil
}

// finder finds the mail servers of addresses. An installation without DNS knows
// providers by their domains only.
func (a *App) finder() (*mailbox.Finder, error) {
	_, ports, err := a.cfg.mailboxRules()
	if err != nil {
		return nil, err
	}
	lookUps, err := a.limiter("look-ups", 30, time.Hour)
	if err != nil {
		return nil, err
	}
	resolver := a.parts.Resolver
	if resolver == nil {
		if resolver, err = dns.New(dns.Config{Now: a.now}); err != nil {
			a.log.Warn("the mail servers of addresses cannot be looked up", "error", err)
		}
	}
	return &mailbox.Finder{DNS: resolver, Ports: ports, LookUps: lookUps}, nil
}
