// Package app is the roof: configuration, wiring, routes, jobs and the life
// of the process.
package app

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/seal"
)

// Config is everything an operator can set. Each field is a flag and an
// environment variable; those marked "file" can also be read from the file
// that NAME_FILE names, which keeps secrets out of the environment.
type Config struct {
	PublicURL     string `cfg:"PUBLIC_URL" default:"http://localhost:8080" help:"Address that people use, without a path. Anything but localhost is production and must be https."`
	Listen        string `cfg:"LISTEN" default:"127.0.0.1:8080" help:"Address and port to serve on. A process that only works answers /healthz and /readyz there."`
	TrustedHops   int    `cfg:"TRUSTED_HOPS" default:"0" help:"How many proxies of yours stand in front, append to X-Forwarded-For and set X-Forwarded-Proto."`
	DatabaseURL   string `cfg:"DATABASE_URL,file" help:"PostgreSQL 15 or newer, as the role sendvery_app. Development mode brings its own; one that is set instead must be a superuser's, for a database that nothing else uses."`
	MigrateURL    string `name:"migrate-database-url" cfg:"MIGRATE_DATABASE_URL,file" help:"The same database as the role sendvery_owner; needed for migrations only."`
	SealKeys      string `cfg:"SEAL_KEYS,file" help:"Keys that mailbox passwords are sealed with: id:base64 of 32 bytes, comma separated, the first one seals. See sendvery keys generate."`
	AuditKeys     string `cfg:"AUDIT_KEYS,file" help:"Keys that the audit trail is signed with, in the same form; the first one signs. Old ones stay: they prove older events."`
	CookieKey     string `cfg:"COOKIE_KEY,file" help:"Secret of 32 characters or more, without a comma, for browser cookies and sign-in codes. While a new one takes the place of an old one: new,old."`
	SMTPURL       string `name:"smtp-url" cfg:"SMTP_URL,file" help:"Mail server for sign-in mails: smtps://user:password@host:465, or smtp:// on port 587 with STARTTLS."`
	MailFrom      string `cfg:"MAIL_FROM" help:"Sender of the program's own mail, for example Sendvery <sendvery@example.org>."`
	AllowNetworks string `cfg:"ALLOW_NETWORKS" help:"Private networks that mailboxes may be in: prefixes such as 10.0.0.0/8, comma separated."`
	AllowPorts    string `cfg:"ALLOW_PORTS" help:"Mailbox ports allowed beside 110, 143, 993 and 995, comma separated."`
	CAFile        string `name:"ca-file" cfg:"CA_FILE" help:"File of certificates (PEM) whose authorities mail servers may use beside the public ones, of mailboxes on servers of your own."`
	Idle          int    `name:"idle-connections" cfg:"IDLE_CONNECTIONS" default:"100" help:"How many IMAP mailboxes a process stays connected to between polls, so that their servers tell of new mail at once. 0 polls only."`
	IPLookup      string `cfg:"IP_LOOKUP" default:"dns" help:"What is found out about sending addresses: dns, their names, asked of the system resolver; mmdb, their country alone, by the file MMDB_COUNTRY, and nobody is asked; or off."`
	ASNLookup     string `name:"asn-lookup" cfg:"ASN_LOOKUP" default:"off" help:"How the networks of sending addresses, who owns them and their country are found: cymru, asked of Team Cymru’s zone in DNS, which so learns the addresses but not who asks; mmdb, by the files MMDB_ASN and MMDB_COUNTRY; or off."`
	MMDBASN       string `name:"mmdb-asn" cfg:"MMDB_ASN" help:"File of networks and their owners in the MMDB format, as MaxMind, DB-IP and IPinfo have it. It is read when the program starts."`
	MMDBCountry   string `name:"mmdb-country" cfg:"MMDB_COUNTRY" help:"File of countries in the same format. What it says comes before what else is known of the country."`
	DKIMLookup    string `name:"dkim-lookup" cfg:"DKIM_LOOKUP" default:"dns" help:"Whether the signatures of report mails are verified with keys that the system resolver looks up: dns or off. Reports in mails that are not authenticated are shown and change no advice."`

	GoogleClientID        string `cfg:"GOOGLE_CLIENT_ID" help:"OAuth client at Google, so that people connect Gmail without a password. It needs the scope https://mail.google.com/ and the redirect address PUBLIC_URL/oauth/callback."`
	GoogleClientSecret    string `cfg:"GOOGLE_CLIENT_SECRET,file" help:"Secret of that client."`
	GoogleEndpoints       string `cfg:"GOOGLE_ENDPOINTS" help:"Other addresses than Google's: auth=, token= and revoke= with an https address, imap= and pop3= with host:port, comma separated; what is left out stays."`
	MicrosoftClientID     string `cfg:"MICROSOFT_CLIENT_ID" help:"OAuth client (application) at Microsoft, so that people connect Microsoft 365 and outlook.com. It needs the delegated rights IMAP.AccessAsUser.All and POP.AccessAsUser.All, and the redirect address PUBLIC_URL/oauth/callback."`
	MicrosoftClientSecret string `cfg:"MICROSOFT_CLIENT_SECRET,file" help:"Secret of that client."`
	MicrosoftEndpoints    string `cfg:"MICROSOFT_ENDPOINTS" help:"As GOOGLE_ENDPOINTS; auth= and token= of your tenant for a client that is for one tenant only."`

	TLS           string `cfg:"TLS" default:"off" help:"Who speaks TLS: acme, this program (version 1.3) with certificates that it orders and renews; files, this program (1.3) with TLS_CERT_FILE and TLS_KEY_FILE; proxy, those that TRUSTED_HOPS counts, of which X-Forwarded-Proto: https is required; or off, nobody, for this very machine only."`
	TLSCertFile   string `cfg:"TLS_CERT_FILE" help:"Certificate with its chain (PEM) for TLS=files. What changes in the files is in force at once."`
	TLSKeyFile    string `cfg:"TLS_KEY_FILE" help:"Its key (PEM)."`
	ACMEDirectory string `cfg:"ACME_DIRECTORY" default:"https://acme-v02.api.letsencrypt.org/directory" help:"Authority that TLS=acme orders certificates from; to choose it is to accept its terms. It must reach LISTEN as port 443 of the public address, or LISTEN_HTTP as port 80."`
	ACMEEmail     string `cfg:"ACME_EMAIL" help:"Where the authority may write to about certificates."`
	ACMECAFile    string `cfg:"ACME_CA_FILE" help:"File of certificates (PEM) whose authorities the authority itself may use beside the public ones."`
	ListenHTTP    string `cfg:"LISTEN_HTTP" help:"Address and port for plain HTTP beside TLS=acme or files: it sends browsers on to PUBLIC_URL, answers the authority and refuses everything else. :80 with TLS=acme unless set otherwise."`

	InboundToken  string `name:"ingester-inbound-token" cfg:"INGESTER_INBOUND_TOKEN,file" help:"Secret of 32 characters or more by which a mail provider hands over mails: POST /events/inbound?organization=NAME with Authorization: Bearer, a mail as it was sent in the body. Without it the route does not exist. While a new one takes the place of an old one: new,old."`
	JobToken      string `name:"ingester-job-token" cfg:"INGESTER_JOB_TOKEN,file" help:"Secret of the same kind by which a scheduler lists the regular jobs (GET /jobs) and has one done at once (POST /jobs/KIND). Without it these routes do not exist."`
	ListenInbound string `cfg:"LISTEN_INBOUND" help:"Address and port for these routes alone, so that nothing else need be public for providers; it speaks TLS as LISTEN does. Unless it is set they are answered on LISTEN."`

	RateLimitBackend string `cfg:"RATE_LIMIT_BACKEND" default:"memory" help:"Where rate limits are counted: memory, where each process counts for itself, or redis, for all processes together. While Redis does not answer, each process counts for itself again and says so in its log, so that no limit is ever open."`
	RedisURL         string `cfg:"REDIS_URL,file" help:"Redis of RATE_LIMIT_BACKEND=redis: rediss://user:password@host:6379, or redis:// without TLS on this very machine. It holds counts under digests, no addresses."`

	LogLevel string `cfg:"LOG_LEVEL" default:"info" help:"What is logged: error, warn, info (also a line for each request) or debug. No level holds addresses of people, tokens or mails."`

	Stripe StripeConfig `embed:""`

	Operator OperatorConfig `embed:""`

	DataDir string `cfg:"DATA_DIR" default:"data" help:"Folder of development mode: its private PostgreSQL and keys."`

	Limits reading.Limits `embed:"" prefix:"limit-"`
}

// placeholder marks the values of .env.example, which are public.
const placeholder = "placeholder"

// Production reports whether people other than the developer can reach the
// program: its public address is not this very machine.
func (c Config) Production() bool {
	u, err := url.Parse(c.PublicURL)
	return err != nil || !isLoopback(u.Hostname())
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// Check reports everything that is wrong with the configuration of a command
// that serves or works, all at once and never with a value.
func (c Config) Check() error {
	p := &problems{production: c.Production()}
	p.publicURL(c.PublicURL)
	c.stored(p)
	if c.Production() && c.SMTPURL == "" {
		p.add("SMTP_URL", "is missing: nobody could sign in")
	}
	if c.SMTPURL != "" && !strings.Contains(c.MailFrom, "@") {
		p.add("MAIL_FROM", "is not an address")
	} else if c.SMTPURL != "" {
		if _, err := mailer.NewSMTP(c.SMTPURL, c.MailFrom, nil); err != nil {
			p.add("SMTP_URL", "cannot be used: "+err.Error())
		}
	}
	if _, _, err := net.SplitHostPort(c.Listen); err != nil {
		p.add("LISTEN", "is not an address with a port, such as 127.0.0.1:8080")
	}
	if c.TrustedHops < 0 {
		p.add("TRUSTED_HOPS", "is negative")
	}
	if c.Idle < 0 {
		p.add("IDLE_CONNECTIONS", "is negative")
	}
	c.lookups(p)
	p.log(c)
	p.tls(c)
	p.ingress(c)
	p.limits(c)
	if _, _, err := c.mailboxRules(); err != nil {
		p.add("ALLOW_NETWORKS or ALLOW_PORTS", err.Error())
	}
	if _, err := c.mailboxRoots(nil); err != nil {
		p.add("CA_FILE", err.Error())
	}
	p.grants(c.grantSettings())
	p.stripe(c.Stripe)
	p.operator(c.Operator)
	return p.err()
}

// CheckStored is Check for commands that only work on what is stored.
func (c Config) CheckStored() error {
	p := &problems{production: c.Production()}
	c.stored(p)
	return p.err()
}

// stored checks what it takes to read what is stored.
func (c Config) stored(p *problems) {
	p.secrets("COOKIE_KEY", c.CookieKey)
	p.ring("SEAL_KEYS", c.SealKeys)
	p.ring("AUDIT_KEYS", c.AuditKeys)
	p.allSecrets(c.secretOptions())
	if c.DatabaseURL == "" {
		p.add("DATABASE_URL", "is missing")
	}
	for _, o := range []struct{ name, value string }{{"DATABASE_URL", c.DatabaseURL}, {"MIGRATE_DATABASE_URL", c.MigrateURL}} {
		if o.value != "" && !postgres.Readable(o.value) {
			p.add(o.name, "cannot be read; it should look like postgres://user:password@host/name")
		}
	}
	if err := c.Limits.Check(); err != nil {
		p.list = append(p.list, err)
	}
}

// problems collects what is wrong, one line each.
type problems struct {
	production bool
	list       []error
}

func (p *problems) add(name, what string) { p.list = append(p.list, fmt.Errorf("%s %s", name, what)) }

func (p *problems) err() error { return errors.Join(p.list...) }

func (p *problems) publicURL(s string) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || (u.Scheme != "http" && u.Scheme != "https"):
		p.add("PUBLIC_URL", "is not an address such as https://sendvery.example.org")
	case u.Path != "" && u.Path != "/", u.RawQuery != "":
		p.add("PUBLIC_URL", "must not have a path")
	case u.User != nil, u.Fragment != "":
		p.add("PUBLIC_URL", "must be an address alone, without a user or a fragment")
	case strings.ContainsFunc(u.Host, func(c rune) bool { return c >= utf8.RuneSelf }):
		p.add("PUBLIC_URL", "must have its name in ASCII, as browsers send it: xn--…")
	case u.Scheme == "http" && p.production:
		p.add("PUBLIC_URL", "is http; only localhost may be, everything else needs https")
	}
}

func hasPlaceholder(value string) bool { return strings.Contains(strings.ToLower(value), placeholder) }

// holdsPlaceholder looks into the keys of a ring: the bytes of the published
// one are no secret whatever id stands before them.
func holdsPlaceholder(keys string) bool {
	return slices.ContainsFunc(fields(keys), func(key string) bool {
		_, encoded, _ := strings.Cut(key, ":")
		raw, err := base64.StdEncoding.DecodeString(encoded)
		return err == nil && hasPlaceholder(string(raw))
	})
}

// ring checks keys of the form id:base64.
func (p *problems) ring(name, keys string) {
	if !p.long(name, keys) {
		return
	}
	if _, err := seal.ParseRing(keys); err != nil {
		p.add(name, err.Error())
	} else if p.production && !hasPlaceholder(keys) && holdsPlaceholder(keys) {
		p.add(name, "still has the key of .env.example, under another id; generate one")
	}
}

// secrets checks a secret that a new one may be taking the place of: new,old.
func (p *problems) secrets(name, value string) {
	list := values(value)
	switch len(list) {
	case 0, 1:
		p.long(name, strings.Join(list, ""))
	case 2:
		p.long(name+", the new value,", list[0])
		p.long(name+", the old value,", list[1])
	default:
		p.add(name, "holds more than two values: a new one, a comma, and the one that it takes the place of")
	}
}

// values are those of a secret, the new one first.
func values(secret string) []string {
	list := strings.Split(secret, ",")
	for i, v := range list {
		list[i] = strings.TrimSpace(v)
	}
	return slices.DeleteFunc(list, func(v string) bool { return v == "" })
}

// long checks that a value is long enough for a secret.
func (p *problems) long(name, value string) bool {
	switch {
	case value == "":
		p.add(name, "is missing")
	case len(value) < 32:
		p.add(name, "is shorter than 32 characters")
	default:
		return true
	}
	return false
}
