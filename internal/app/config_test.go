package app_test

import (
	"cmp"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/mailtest"
)

// configure reads a configuration the way the commands do.
func configure(t *testing.T, environ map[string]string, args ...string) (app.Config, error) {
	t.Helper()
	var cli struct {
		app.Config `embed:""`
	}
	environment := &app.Environment{Getenv: func(name string) string { return environ[name] }}
	parser, err := kong.New(&cli, kong.Resolvers(environment), kong.Writers(io.Discard, io.Discard))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(args)
	return cli.Config, errors.Join(environment.Err(), err)
}

// production is a complete configuration that is fit for production.
func production() map[string]string {
	return map[string]string{
		"PUBLIC_URL":   "https://sendvery.example.org",
		"DATABASE_URL": "postgres://sendvery_app:hunter2-database@127.0.0.1/sendvery",
		"SEAL_KEYS":    "2026-11-21:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
		"AUDIT_KEYS":   "2026-11-21:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=",
		"COOKIE_KEY":   "hunter2-cookie-hunter2-cookie-hunter2",
		"SMTP_URL":     "smtps://u:hunter2-mail@mail.example.org:465",
		"MAIL_FROM":    "Sendvery <sendvery@example.org>",

		"TLS": "proxy", "TRUSTED_HOPS": "1",
		"OPERATOR_EMAILS": "ada@example.org,Grace@Example.NET", "SECURITY_CONTACT": "https://example.org/report?to=security", "SOURCE_URL": "https://code.example.org/sendvery",

		"GOOGLE_CLIENT_ID": "client.example", "GOOGLE_CLIENT_SECRET": "hunter2-google",
		"GOOGLE_ENDPOINTS": "token=http://127.0.0.1:8081/token,imap=mail.example.org:993, pop3=[2001:db8::1]:995",
	}
}

func TestCheckAcceptsProduction(t *testing.T) {
	t.Parallel()
	c, err := configure(t, production())
	if err != nil {
		t.Fatal(err)
	}
	if !c.Production() {
		t.Error("a public address is not production")
	}
	if err := c.Check(); err != nil {
		t.Error(err)
	}
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, value, want string }{
		{"PUBLIC_URL", "http://sendvery.example.org", "PUBLIC_URL is http"},
		{"PUBLIC_URL", "sendvery.example.org", "PUBLIC_URL is not an address"},
		{"PUBLIC_URL", "https://sendvery.example.org/reports", "PUBLIC_URL must not have a path"},
		{"LISTEN", "8080", "LISTEN is not an address"},
		{"DATABASE_URL", "", "DATABASE_URL is missing"},
		{"SEAL_KEYS", "", "SEAL_KEYS is missing"},
		{"SEAL_KEYS", "k:c2hvcnQ=", "SEAL_KEYS is shorter"},
		{"SEAL_KEYS", "hunter2-hunter2-hunter2-hunter2-hunter2", "SEAL_KEYS key 1 is not of the form"},
		{"SEAL_KEYS", "k:aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVy", "SEAL_KEYS key \"k\" is not 32 bytes"},
		{"SEAL_KEYS", "placeholder:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "SEAL_KEYS still has the placeholder"},
		{"SEAL_KEYS", "2026-11-21:cGxhY2Vob2xkZXItcGxhY2Vob2xkZXItcGxhY2Vob2w=", "SEAL_KEYS still has the key of .env.example, under another id"},
		{"SEAL_KEYS", "2026-11-21:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=\nold:cGxhY2Vob2xkZXItcGxhY2Vob2xkZXItcGxhY2Vob2w=", "SEAL_KEYS still has the key of .env.example, under another id"},
		{"AUDIT_KEYS", "", "AUDIT_KEYS is missing"},
		{"AUDIT_KEYS", "k:c2hvcnQ=", "AUDIT_KEYS is shorter"},
		{"AUDIT_KEYS", "k:aHVudGVyMmh1bnRlcjJodW50ZXIyaHVudGVy", "AUDIT_KEYS key \"k\" is not 32 bytes"},
		{"AUDIT_KEYS", "placeholder:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "AUDIT_KEYS still has the placeholder"},
		{"AUDIT_KEYS", "2026-11-21:cGxhY2Vob2xkZXItYXVkaXQtcGxhY2Vob2xkZXIta2U=", "AUDIT_KEYS still has the key of .env.example, under another id"},
		{"AUDIT_KEYS", "another:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "SEAL_KEYS and AUDIT_KEYS hold the same secret"},
		{"COOKIE_KEY", "", "COOKIE_KEY is missing"},
		{"COOKIE_KEY", "hunter2", "COOKIE_KEY is shorter"},
		{"COOKIE_KEY", "Placeholder-hunter2-hunter2-hunter2", "COOKIE_KEY still has the placeholder"},
		{"COOKIE_KEY", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=", "SEAL_KEYS and COOKIE_KEY hold the same secret"},
		{"COOKIE_KEY", "hunter2-cookie-hunter2-cookie-hunter2,hunter2", "COOKIE_KEY, the old value, is shorter"},
		{"COOKIE_KEY", ",", "COOKIE_KEY is missing"},
		{"COOKIE_KEY", "hunter2-cookie-hunter2-cookie-hunter2,placeholder-hunter2-hunter2-hunter2", "COOKIE_KEY still has the placeholder"},
		{"COOKIE_KEY", "hunter2-cookie-hunter2-cookie-hunter2,Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=", "AUDIT_KEYS and COOKIE_KEY hold the same secret"},
		{"COOKIE_KEY", "hunter2-cookie-hunter2-cookie-hunter2,2,3", "COOKIE_KEY holds more than two values"},
		{"AUDIT_KEYS", "a:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=,b:Hx4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=", "AUDIT_KEYS holds the same secret twice"},
		{"SMTP_URL", "", "SMTP_URL is missing"},
		{"MAIL_FROM", "hunter2", "MAIL_FROM is not an address"},
		{"IP_LOOKUP", "hunter2", "IP_LOOKUP is none of"},
		{"ALLOW_NETWORKS", "hunter2", "ALLOW_NETWORKS or ALLOW_PORTS"},
		{"ALLOW_PORTS", "143,hunter2", "ALLOW_NETWORKS or ALLOW_PORTS"},
		{"CA_FILE", "/nowhere/hunter2.pem", "CA_FILE cannot be read"},
		{"CA_FILE", "config_test.go", "CA_FILE holds no certificate"},
		{"INGESTER_INBOUND_TOKEN", "hunter2", "INGESTER_INBOUND_TOKEN is shorter"},
		{"INGESTER_INBOUND_TOKEN", "hunter2-cookie-hunter2-cookie-hunter2", "COOKIE_KEY and INGESTER_INBOUND_TOKEN hold the same secret"},
		{"INGESTER_JOB_TOKEN", "placeholder-placeholder-placeholder", "INGESTER_JOB_TOKEN still has the placeholder"},
		{"INGESTER_JOB_TOKEN", "hunter2-token-hunter2-token-hunter2,hunter2", "INGESTER_JOB_TOKEN, the old value, is shorter"},
		{"LISTEN_INBOUND", "hunter2", "LISTEN_INBOUND is not an address"},
		{"LISTEN_INBOUND", "127.0.0.1:8080", "LISTEN_INBOUND is the same as LISTEN"},
		{"LISTEN_INBOUND", "127.0.0.1:8082", "LISTEN_INBOUND is set, but neither"},
		{"LOG_LEVEL", "hunter2", "LOG_LEVEL is none of"},
		{"RATE_LIMIT_BACKEND", "hunter2", "RATE_LIMIT_BACKEND is neither"},
		{"RATE_LIMIT_BACKEND", "redis", "REDIS_URL is missing beside"},
		{"REDIS_URL", "rediss://:hunter2@redis.example.org", "REDIS_URL is set, but"},
		{"GOOGLE_CLIENT_ID", "", "GOOGLE_CLIENT_ID is missing"},
		{"GOOGLE_CLIENT_SECRET", "", "GOOGLE_CLIENT_SECRET is missing"},
		{"GOOGLE_CLIENT_SECRET", "Placeholder-hunter2", "GOOGLE_CLIENT_SECRET still has the placeholder"},
		{"GOOGLE_ENDPOINTS", "hunter2", "GOOGLE_ENDPOINTS holds something other"},
		{"GOOGLE_ENDPOINTS", "smtp=hunter2:25", "GOOGLE_ENDPOINTS holds something other"},
		{"GOOGLE_ENDPOINTS", "token=hunter2", "GOOGLE_ENDPOINTS holds something that is not an address"},
		{"GOOGLE_ENDPOINTS", "token=https://hunter2@example.org/", "GOOGLE_ENDPOINTS holds something that is not an address"},
		{"GOOGLE_ENDPOINTS", "token=https://hunter2 %zz", "GOOGLE_ENDPOINTS holds something other"},
		{"GOOGLE_ENDPOINTS", "auth=http://hunter2.example.org/", "GOOGLE_ENDPOINTS holds an address without https"},
		{"GOOGLE_ENDPOINTS", "imap=hunter2", "GOOGLE_ENDPOINTS holds a mail server"},
		{"GOOGLE_ENDPOINTS", "pop3=hunter2:pop3", "GOOGLE_ENDPOINTS holds a mail server"},
		{"MICROSOFT_ENDPOINTS", "token=https://login.example.org/hunter2", "MICROSOFT_ENDPOINTS is set without a client"},
		{"OPERATOR_EMAILS", "ada@example.org, hunter2", "OPERATOR_EMAILS holds something that is not a whole e-mail address"},
		{"SECURITY_CONTACT", "hunter2@example.org", "SECURITY_CONTACT is neither mailto: with an address nor an https address"},
		{"SECURITY_CONTACT", "mailto:hunter2", "SECURITY_CONTACT is neither"},
		{"SECURITY_CONTACT", "http://example.org/hunter2", "SECURITY_CONTACT is neither"},
		{"SECURITY_CONTACT", "https://example.org/hunter2\nPolicy: https://example.net/", "SECURITY_CONTACT is neither"},
		{"SOURCE_URL", "javascript:hunter2", "SOURCE_URL is not an https address"},
		{"TERMS_URL", "https://u:hunter2@example.org/", "TERMS_URL is not an https address"},
	} {
		environ := production()
		environ[tt.name] = tt.value
		c, err := configure(t, environ)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Check()
		switch {
		case err == nil || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s=%s: got %v, want %q", tt.name, tt.value, err, tt.want)
		case strings.Count("\n"+err.Error(), "\n") != strings.Count(err.Error(), tt.name):
			t.Errorf("%s=%s: other problems too: %v", tt.name, tt.value, err)
		}
		refuseValues(t, err, environ)
	}
}

func TestWhoSpeaksTLSFitsTogether(t *testing.T) {
	t.Parallel()
	chain, key := mailtest.NewCert(t).Files(t, t.TempDir())
	other, _ := mailtest.NewCert(t).Files(t, t.TempDir())
	const public, local = "https://sendvery.example.org", "http://localhost:8080"
	for _, tt := range []struct {
		options string // name=value, space separated
		want    string // the problem; "" for none
	}{
		{"TLS=off PUBLIC_URL=" + local, ""},
		{"TLS=off PUBLIC_URL=" + local + " LISTEN=[::1]:8080", ""},
		{"TLS=off PUBLIC_URL=" + local + " LISTEN=0.0.0.0:8080", "LISTEN is an address that others can reach"},
		{"TLS=off PUBLIC_URL=" + local + " LISTEN=:8080", "LISTEN is an address that others can reach"},
		{"TLS=off PUBLIC_URL=" + public, "TLS is off; a public address needs"},
		{"TLS=hunter2", "TLS is none of acme, files, proxy and off"},
		{"TLS=proxy LISTEN=0.0.0.0:8080", ""},
		{"TLS=proxy TRUSTED_HOPS=0", "TRUSTED_HOPS is missing beside TLS=proxy"},
		{"TLS=proxy PUBLIC_URL=" + local, "PUBLIC_URL is http, but TLS is not off"},
		{"TLS=proxy LISTEN_HTTP=:80", "LISTEN_HTTP is set, but TLS is neither"},
		{"TLS=proxy TLS_CERT_FILE=hunter2", "TLS_CERT_FILE is set, but TLS is not files"},
		{"TLS=proxy ACME_EMAIL=hunter2@example.org", "ACME_EMAIL is set, but TLS is not acme"},
		{"TLS=files LISTEN=:443 LISTEN_HTTP=:80 TLS_CERT_FILE=" + chain + " TLS_KEY_FILE=" + key, ""},
		{"TLS=files PUBLIC_URL=https://localhost TLS_CERT_FILE=" + chain + " TLS_KEY_FILE=" + key, ""},
		{"TLS=files LISTEN_HTTP=hunter2 TLS_CERT_FILE=" + chain + " TLS_KEY_FILE=" + key, "LISTEN_HTTP is not an address"},
		{"TLS=files TLS_CERT_FILE=" + chain, "TLS_CERT_FILE and TLS_KEY_FILE are needed"},
		{"TLS=files TLS_CERT_FILE=/nowhere/hunter2 TLS_KEY_FILE=" + key, "TLS_CERT_FILE and TLS_KEY_FILE cannot be read"},
		{"TLS=files TLS_CERT_FILE=" + other + " TLS_KEY_FILE=" + key, "TLS_CERT_FILE and TLS_KEY_FILE hold no certificate and its key"},
		{"TLS=acme LISTEN=:443 ACME_EMAIL=operator@example.org", ""},
		{"TLS=acme PUBLIC_URL=https://sendvery.example.org:8443", ""},
		{"TLS=acme PUBLIC_URL=https://192.0.2.1", "PUBLIC_URL names no domain"},
		{"TLS=acme PUBLIC_URL=https://localhost", "PUBLIC_URL names no domain"},
		{"TLS=acme TRUSTED_HOPS=1", "TRUSTED_HOPS is set beside TLS=acme"},
		{"TLS=acme ACME_EMAIL=hunter2", "ACME_EMAIL is not an address"},
		{"TLS=acme ACME_DIRECTORY=http://hunter2.example.org", "ACME_DIRECTORY is not an https address"},
		{"TLS=acme ACME_CA_FILE=/nowhere/hunter2", "ACME_CA_FILE cannot be read"},
		{"TLS=acme LISTEN_HTTP=hunter2", "LISTEN_HTTP is not an address"},
	} {
		environ := production()
		for option := range strings.FieldsSeq(tt.options) {
			name, value, _ := strings.Cut(option, "=")
			environ[name] = value
		}
		if environ["TLS"] == "acme" && !strings.Contains(tt.options, "TRUSTED_HOPS") {
			environ["TRUSTED_HOPS"] = "0"
		}
		c, err := configure(t, environ)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Check()
		switch {
		case tt.want == "" && err != nil, tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v, want %q", tt.options, err, tt.want)
		case err != nil && strings.Contains(err.Error(), "\n"):
			t.Errorf("%s: other problems too: %v", tt.options, err)
		}
		refuseValues(t, err, environ)
	}
}

// TestEverySecretIsItsOwn gives every two of the options that are secrets the
// same one, those that are yet to come included.
func TestEverySecretIsItsOwn(t *testing.T) {
	t.Parallel()
	const secret, escaped = "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg=", "eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg%3D"
	form := map[string]string{ // the form that a value must have
		"DATABASE_URL": "postgres://sendvery_app:" + escaped + "@127.0.0.1/sendvery", "MIGRATE_DATABASE_URL": "postgres://sendvery_owner:" + escaped + "@127.0.0.1/sendvery",
		"SMTP_URL": "smtps://u:" + escaped + "@mail.example.org", "REDIS_URL": "rediss://u:" + escaped + "@redis.example.org", "SEAL_KEYS": "k:" + secret, "AUDIT_KEYS": "k:" + secret,
	}
	var names []string
	for _, o := range app.Options() {
		if o.File {
			names = append(names, o.Name)
		}
	}
	if len(names) < 10 {
		t.Fatalf("only %q are secrets", names)
	}
	for i, one := range names {
		for _, other := range names[i+1:] {
			environ := production()
			environ["RATE_LIMIT_BACKEND"], environ["REDIS_URL"], environ["MICROSOFT_CLIENT_ID"], environ["MICROSOFT_CLIENT_SECRET"] = "redis", "rediss://:hunter2-redis@redis.example.org", "client.example", "hunter2-microsoft"
			for _, name := range []string{one, other} {
				environ[name] = cmp.Or(form[name], secret)
			}
			c, err := configure(t, environ)
			if err != nil {
				t.Fatal(err)
			}
			for command, err := range map[string]error{"serve": c.Check(), "import": c.CheckStored()} {
				// What has a form of its own may be wrong in that too.
				want, first := one+" and "+other+" hold the same secret; give each its own", ""
				if err != nil {
					first, _, _ = strings.Cut(err.Error(), "\n")
				}
				if first != want || (err.Error() != want && !strings.Contains(want, "STRIPE_")) {
					t.Errorf("%s: got %v, want %q", command, err, want)
				}
				refuseValues(t, err, environ)
			}
		}
	}
}

// TestNoSecretIsThePublicOne gives every option that is a secret a placeholder.
func TestNoSecretIsThePublicOne(t *testing.T) {
	t.Parallel()
	for _, o := range app.Options() {
		if !o.File {
			continue
		}
		environ := production()
		environ[o.Name] = "Placeholder-hunter2-hunter2-hunter2-hunter2"
		c, err := configure(t, environ)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(); err == nil || !strings.Contains(err.Error(), o.Name+" still has the placeholder") {
			t.Errorf("%s: %v", o.Name, err)
		}
	}
}

func TestRedisWithoutTLSIsForThisMachineOnly(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"rediss://default:hunter2@redis.example.org:6379": "",
		"redis://:hunter2@127.0.0.1:6379":                 "",
		"redis://localhost":                               "",
		"redis://[::1]:6379":                              "",
		"unix:///run/redis/redis.sock":                    "",
		"redis://:hunter2@redis.example.org:6379":         "REDIS_URL is redis://, without TLS",
		"redis://:hunter2@10.0.0.5:6379":                  "REDIS_URL is redis://, without TLS",
		"http://hunter2.example.org":                      "REDIS_URL is not an address",
		"hunter2":                                         "REDIS_URL is not an address",
	} {
		environ := production()
		environ["RATE_LIMIT_BACKEND"], environ["REDIS_URL"] = "redis", address
		c, err := configure(t, environ)
		if err != nil {
			t.Fatal(err)
		}
		err = c.Check()
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		refuseValues(t, err, environ)
	}
}

func TestCheckReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	environ := map[string]string{
		"PUBLIC_URL":     "http://sendvery.example.org",
		"LISTEN":         "hunter2-listen",
		"SEAL_KEYS":      "hunter2",
		"AUDIT_KEYS":     "hunter2-audit",
		"COOKIE_KEY":     "hunter2-cookie",
		"IP_LOOKUP":      "hunter2-lookup",
		"ALLOW_NETWORKS": "hunter2-network",
		"CA_FILE":        "/nowhere/hunter2.pem",
	}
	c, err := configure(t, environ)
	if err != nil {
		t.Fatal(err)
	}
	c.TrustedHops = -1
	err = c.Check()
	for _, name := range []string{"PUBLIC_URL", "LISTEN", "TRUSTED_HOPS", "SEAL_KEYS", "AUDIT_KEYS", "COOKIE_KEY", "IP_LOOKUP", "ALLOW_NETWORKS", "CA_FILE", "DATABASE_URL", "SMTP_URL"} {
		if err == nil || !strings.Contains(err.Error(), name+" ") {
			t.Errorf("%s is not among the problems: %v", name, err)
		}
	}
	refuseValues(t, err, environ)
}

// TestEnvironmentReportsAllProblemsAtOnce is about what cannot even be read.
func TestEnvironmentReportsAllProblemsAtOnce(t *testing.T) {
	t.Parallel()
	environ := production()
	environ["TRUSTED_HOPS"] = "hunter2-hops"
	environ["COOKIE_KEY_FILE"] = "/nowhere/hunter2-file"
	environ["SMTP_URL"], environ["SMTP_URL_FILE"] = "", "/nowhere/hunter2-file"
	_, err := configure(t, environ)
	for _, want := range []string{"TRUSTED_HOPS is not a number", "COOKIE_KEY and COOKIE_KEY_FILE are both set", "SMTP_URL_FILE cannot be read"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	refuseValues(t, err, environ)
}

// refuseValues fails when an error repeats a secret, or anything else that the
// tests call hunter2.
func refuseValues(t *testing.T, err error, environ map[string]string) {
	t.Helper()
	if err == nil {
		return
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error repeats a value: %v", err)
	}
	for _, o := range app.Options() {
		if value := environ[o.Name]; o.File && value != "" && strings.Contains(err.Error(), value) {
			t.Errorf("the error repeats %s: %v", o.Name, err)
		}
	}
}

func TestSecretsComeFromFiles(t *testing.T) {
	t.Parallel()
	environ := production()
	for _, o := range app.Options() {
		if !o.File {
			continue
		}
		file := filepath.Join(t.TempDir(), o.Name)
		if err := os.WriteFile(file, []byte("from-file-"+o.Name+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		environ[o.Name], environ[o.Name+"_FILE"] = "", file
	}
	c, err := configure(t, environ)
	if err != nil {
		t.Fatal(err)
	}
	for name, got := range map[string]string{
		"DATABASE_URL": c.DatabaseURL, "MIGRATE_DATABASE_URL": c.MigrateURL,
		"SEAL_KEYS": c.SealKeys, "AUDIT_KEYS": c.AuditKeys, "COOKIE_KEY": c.CookieKey, "SMTP_URL": c.SMTPURL,
	} {
		if got != "from-file-"+name {
			t.Errorf("%s: got %q", name, got)
		}
	}
}

func TestLocalhostNeedsNoMailServer(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://localhost:8080", "http://127.0.0.1:8080", "http://[::1]:8080"} {
		environ := production()
		environ["PUBLIC_URL"], environ["SMTP_URL"], environ["TLS"] = address, "", "off"
		environ["COOKIE_KEY"] = "placeholder-placeholder-placeholder"
		c, err := configure(t, environ)
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Check(); err != nil || c.Production() {
			t.Errorf("%s: production %t, %v", address, c.Production(), err)
		}
	}
}

// TestOptionsAreFlags checks that each option is known under the flag that the
// documentation names, and that a flag wins over the environment.
func TestOptionsAreFlags(t *testing.T) {
	t.Parallel()
	var args []string
	for _, o := range app.Options() {
		if o.Name == "" || o.Help == "" {
			t.Errorf("%s has no variable or no help", o.Flag)
		}
		value := "1"
		if strings.HasSuffix(o.Default, "s") { // a time
			value = "1s"
		}
		args = append(args, o.Flag+"="+value)
	}
	c, err := configure(t, production(), args...)
	if err != nil {
		t.Fatal(err)
	}
	if c.DatabaseURL != "1" || c.TrustedHops != 1 || c.Limits.Records != 1 || c.Limits.Time != time.Second {
		t.Errorf("the flags did not win: %q, %d, %+v", c.DatabaseURL, c.TrustedHops, c.Limits)
	}
}

// TestExampleIsRefused checks that .env.example names every option but the
// limits of reading, which hardly anybody changes, and that production does
// not start with what it shows.
func TestExampleIsRefused(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../.env.example")
	if err != nil {
		t.Fatal(err)
	}
	environ, named := map[string]string{}, []string(nil)
	for line := range strings.Lines(string(content)) {
		name, value, ok := strings.Cut(strings.TrimSpace(strings.TrimPrefix(line, "#")), "=")
		if !ok || strings.Contains(name, " ") {
			continue
		}
		named = append(named, name)
		if !strings.HasPrefix(line, "#") {
			environ[name] = value
		}
	}
	var known []string
	for _, o := range app.Options() {
		if !strings.HasPrefix(o.Name, "LIMIT_") {
			known = append(known, o.Name)
		}
		if value, shown := environ[o.Name]; o.File && shown && !strings.Contains(value, "placeholder") {
			t.Errorf(".env.example shows a value for %s that is no placeholder", o.Name)
		}
	}
	slices.Sort(named)
	slices.Sort(known)
	if !slices.Equal(named, known) {
		t.Errorf(".env.example names %q, the options are %q", named, known)
	}
	c, err := configure(t, environ)
	if err != nil {
		t.Fatal(err)
	}
	err = c.Check()
	for _, name := range []string{"SEAL_KEYS", "COOKIE_KEY"} {
		if err == nil || !strings.Contains(err.Error(), name+" still has the placeholder") {
			t.Errorf("production accepts the %s of .env.example: %v", name, err)
		}
	}
}
