package mailtest

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"text/template"
	"time"
)

// DovecotOptions change the server's configuration.
type DovecotOptions struct {
	Cert     *Cert    // nil: no TLS at all
	Extra    string   // further lines of configuration
	Accounts []string // further user names, with the same password; see Dovecot.As
	// Introspect is an end point that judges access tokens (RFC 7662): with it,
	// XOAUTH2 and OAUTHBEARER are offered. Its answer names the user as
	// "username".
	Introspect string
}

// Dovecot is a running Dovecot and one of its accounts, which has an INBOX in
// Maildir form.
type Dovecot struct {
	IMAP  uint16 // plain and STARTTLS
	IMAPS uint16 // TLS from the first byte; 0 without a certificate
	POP3  uint16 // plain and STLS
	POP3S uint16 // TLS from the first byte; 0 without a certificate

	user     string
	dir      string
	conf     string
	uid, gid int // owner of the mail, when it is not us
	mails    int
}

var dovecotConf = template.Must(template.New("dovecot.conf").Parse(`
base_dir = {{.Dir}}/run
state_dir = {{.Dir}}/state
log_path = {{.Dir}}/log
listen = 127.0.0.1
protocols = imap pop3
{{- if .Chain}}
ssl = yes
ssl_cert = <{{.Chain}}
ssl_key = <{{.Key}}
{{- else}}
ssl = no
{{- end}}
disable_plaintext_auth = no
auth_mechanisms = plain login{{if .Introspect}} xoauth2 oauthbearer{{end}}
# Tests sign in wrongly on purpose; the penalty per address would hit the next.
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
{{- if .Me}}
  chroot =
{{- end}}
}
mail_location = maildir:~/Maildir
first_valid_uid = 1
passdb {
  driver = passwd-file
  args = {{.Dir}}/users
}
{{- if .Introspect}}
passdb {
  driver = oauth2
  mechanisms = xoauth2 oauthbearer
  args = {{.Dir}}/oauth2.conf
}
{{- end}}
userdb {
  driver = static
  args = uid={{.UID}} gid={{.GID}} home={{.Dir}}/mail/%u
}
namespace inbox {
  inbox = yes
}
service imap-login {
  inet_listener imap {
    port = {{.IMAP}}
  }
  inet_listener imaps {
    port = {{.IMAPS}}
    ssl = yes
  }
{{- if .Me}}
  chroot =
{{- end}}
}
service pop3-login {
  inet_listener pop3 {
    port = {{.POP3}}
  }
  inet_listener pop3s {
    port = {{.POP3S}}
    ssl = yes
  }
{{- if .Me}}
  chroot =
{{- end}}
}
{{- if .Me}}
default_login_user = {{.Me}}
default_internal_user = {{.Me}}
default_internal_group = {{.Group}}
{{- end}}
{{.Extra}}
`))

const oauth2Conf = `introspection_mode = post
introspection_url = %s
username_attribute = username
active_attribute = active
active_value = true
`

// NewDovecot starts a Dovecot of its own on loopback and waits for its
// greeting. It works as root, where mail must belong to someone else, and as
// an ordinary user, where everything runs as that user.
func NewDovecot(tb TB, o DovecotOptions) *Dovecot {
	tb.Helper()
	program := findDovecot(tb)
	// Short, because socket paths are limited to about 100 bytes, and open to
	// the mail's owner, which t.TempDir is not.
	dir, err := os.MkdirTemp("", "svdc")
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Dovecot{user: User, dir: dir, conf: filepath.Join(dir, "dovecot.conf"), uid: os.Geteuid(), gid: os.Getegid()}
	if os.Geteuid() == 0 {
		d.uid, d.gid = 65534, 65534 // nobody
	}
	imap, imaps, pop3, pop3s := listen(tb), listen(tb), listen(tb), listen(tb)
	d.IMAP, d.POP3 = portOf(imap), portOf(pop3)
	if o.Cert != nil {
		d.IMAPS, d.POP3S = portOf(imaps), portOf(pop3s)
	}
	d.configure(tb, o)
	d.start(tb, program, imap, imaps, pop3, pop3s)
	return d
}

func (d *Dovecot) configure(tb TB, o DovecotOptions) {
	tb.Helper()
	values := map[string]any{"Dir": d.dir, "UID": d.uid, "GID": d.gid, "IMAP": d.IMAP, "IMAPS": d.IMAPS, "POP3": d.POP3, "POP3S": d.POP3S, "Introspect": o.Introspect, "Extra": o.Extra}
	if o.Cert != nil {
		values["Chain"], values["Key"] = o.Cert.Files(tb, d.dir)
	}
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			tb.Fatal(err)
		}
		group, err := user.LookupGroupId(me.Gid)
		if err != nil {
			tb.Fatal(err)
		}
		values["Me"], values["Group"] = me.Username, group.Name
	}
	var conf strings.Builder
	if err := dovecotConf.Execute(&conf, values); err != nil {
		tb.Fatal(err)
	}
	users, folders := "", []string{"", "mail"}
	for _, account := range append([]string{User}, o.Accounts...) {
		users += account + ":{PLAIN}" + Password + "\n"
		home := "mail/" + account
		folders = append(folders, home, home+"/Maildir", home+"/Maildir/cur", home+"/Maildir/new", home+"/Maildir/tmp")
	}
	for name, text := range map[string]string{"dovecot.conf": conf.String(), "users": users, "oauth2.conf": fmt.Sprintf(oauth2Conf, o.Introspect)} {
		if err := os.WriteFile(filepath.Join(d.dir, name), []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	for _, sub := range folders {
		path := filepath.Join(d.dir, sub)
		if err := os.MkdirAll(path, 0o755); err != nil {
			tb.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // the mail's owner has to get here
			tb.Fatal(err)
		}
		if sub != "" {
			d.own(tb, path)
		}
	}
}

func (d *Dovecot) own(tb TB, path string) {
	tb.Helper()
	if err := os.Chown(path, d.uid, d.gid); err != nil {
		tb.Fatal(err)
	}
}

// start runs Dovecot under a shell that ends it when our end of its input
// closes: also when the test dies without a word. The listeners are passed on
// by systemd's protocol, so no other program can take the ports in between.
func (d *Dovecot) start(tb TB, program string, listeners ...net.Listener) {
	tb.Helper()
	cmd := exec.Command("sh", "-c", `sh -c 'LISTEN_PID=$$ LISTEN_FDS=4 exec "$0" -F -c "$1"' "$0" "$1" & cat >/dev/null; kill -9 $!; wait`, program, d.conf)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	for _, l := range listeners {
		tcp, ok := l.(*net.TCPListener)
		if !ok {
			tb.Fatalf("listener %T", l)
		}
		f, err := tcp.File()
		if err != nil {
			tb.Fatal(err)
		}
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	defer func() { // Dovecot has them now
		for i, l := range listeners {
			_ = cmd.ExtraFiles[i].Close()
			_ = l.Close()
		}
	}()
	alive, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	stop := func() { _ = alive.Close(); _ = cmd.Wait() }
	if err := d.greets(); err != nil {
		stop()
		log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
		tb.Fatalf("Dovecot does not answer: %v\n%s%s", err, output.String(), log)
	}
	tb.Cleanup(stop)
}

func (d *Dovecot) greets() error {
	conn, err := dial(d.IMAP)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(15 * time.Second)); err != nil {
		return err
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "* OK") {
		return fmt.Errorf("greeting %q", line)
	}
	return err
}

func (d *Dovecot) maildir(parts ...string) string {
	return filepath.Join(append([]string{d.dir, "mail", d.user, "Maildir"}, parts...)...)
}

// As returns the same server with another of its accounts: what is delivered,
// described and kicked is that one's.
func (d *Dovecot) As(user string) *Dovecot {
	other := *d
	other.user, other.mails = user, 0
	return &other
}

// Deliver puts a mail into INBOX. flags are Maildir's letters ("S" seen, "F"
// flagged, "T" deleted); "new" leaves it where no program has seen it yet. The
// running server sees the whole mail or none.
func (d *Dovecot) Deliver(tb TB, raw []byte, received time.Time, flags string) {
	tb.Helper()
	d.mails++
	folder, suffix := "cur", ":2,"+flags
	if flags == "new" {
		folder, suffix = "new", ""
	}
	name := fmt.Sprintf("%d.M%dP1.test,S=%d%s", received.Unix(), d.mails, len(raw), suffix)
	path := d.maildir("tmp", name)
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		tb.Fatal(err)
	}
	d.own(tb, path)
	if err := os.Chtimes(path, received, received); err != nil {
		tb.Fatal(err)
	}
	if err := os.Rename(path, d.maildir(folder, name)); err != nil {
		tb.Fatal(err)
	}
}

// Snapshot describes every mail file: folder, name with flags, and content.
// Those of INBOX begin with "cur/", "new/" or "tmp/", those of a folder X with
// ".X/". Two equal snapshots mean that nothing was marked, moved, added or
// changed.
func (d *Dovecot) Snapshot(tb TB) map[string]string {
	tb.Helper()
	files := map[string]string{}
	for _, pattern := range []string{"[cnt][uem][rwp]/*", ".*/[cnt][uem][rwp]/*"} {
		paths, err := filepath.Glob(d.maildir(pattern))
		if err != nil {
			tb.Fatal(err)
		}
		for _, path := range paths {
			data, err := os.ReadFile(path)
			if err != nil {
				tb.Fatal(err)
			}
			name, err := filepath.Rel(d.maildir(), path)
			if err != nil {
				tb.Fatal(err)
			}
			files[name] = string(data)
		}
	}
	return files
}

// Kick ends the account's connections from the server's side, with a BYE.
func (d *Dovecot) Kick(tb TB) {
	tb.Helper()
	path, err := exec.LookPath("doveadm")
	if err != nil {
		tb.Fatalf("doveadm is missing beside Dovecot: %v", err)
	}
	if out, err := exec.Command(path, "-c", d.conf, "kick", d.user).CombinedOutput(); err != nil {
		tb.Fatalf("kick: %v %s", err, out)
	}
}

// Folder makes a folder under the very bytes of a name, which a mail program
// would encode (modified UTF-7, RFC 3501 section 5.1.3).
func (d *Dovecot) Folder(tb TB, name string) {
	tb.Helper()
	for _, sub := range []string{"", "cur", "new", "tmp"} {
		path := d.maildir("."+name, sub)
		if err := os.MkdirAll(path, 0o755); err != nil {
			tb.Fatal(err)
		}
		d.own(tb, path)
	}
}
