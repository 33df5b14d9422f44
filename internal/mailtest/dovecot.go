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
	"testing"
	"text/template"
	"time"
)

// DovecotOptions change the server's configuration.
type DovecotOptions struct {
	Cert  *Cert  // nil: no TLS at all
	Extra string // further lines of configuration
}

// Dovecot is a running Dovecot with one account and an INBOX in Maildir form.
type Dovecot struct {
	IMAP  uint16 // plain and STARTTLS
	IMAPS uint16 // TLS from the first byte; 0 without a certificate

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
protocols = imap
{{- if .Chain}}
ssl = yes
ssl_cert = <{{.Chain}}
ssl_key = <{{.Key}}
{{- else}}
ssl = no
{{- end}}
disable_plaintext_auth = no
auth_mechanisms = plain login
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
{{- if .Me}}
default_login_user = {{.Me}}
default_internal_user = {{.Me}}
default_internal_group = {{.Group}}
{{- end}}
{{.Extra}}
`))

// NewDovecot starts a Dovecot of its own on loopback and waits for its
// greeting. It works as root, where mail must belong to someone else, and as
// an ordinary user, where everything runs as that user.
func NewDovecot(t testing.TB, o DovecotOptions) *Dovecot {
	t.Helper()
	program := findDovecot(t)
	// Short, because socket paths are limited to about 100 bytes, and open to
	// the mail's owner, which t.TempDir is not.
	dir, err := os.MkdirTemp("", "svdc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	d := &Dovecot{dir: dir, conf: filepath.Join(dir, "dovecot.conf"), uid: os.Geteuid(), gid: os.Getegid()}
	if os.Geteuid() == 0 {
		d.uid, d.gid = 65534, 65534 // nobody
	}
	plain, secure := listen(t), listen(t)
	d.IMAP = portOf(plain)
	if o.Cert != nil {
		d.IMAPS = portOf(secure)
	}
	d.configure(t, o)
	d.start(t, program, plain, secure)
	return d
}

func (d *Dovecot) configure(t testing.TB, o DovecotOptions) {
	t.Helper()
	values := map[string]any{"Dir": d.dir, "UID": d.uid, "GID": d.gid, "IMAP": d.IMAP, "IMAPS": d.IMAPS, "Extra": o.Extra}
	if o.Cert != nil {
		values["Chain"], values["Key"] = o.Cert.write(t, d.dir)
	}
	if os.Geteuid() != 0 {
		me, err := user.Current()
		if err != nil {
			t.Fatal(err)
		}
		group, err := user.LookupGroupId(me.Gid)
		if err != nil {
			t.Fatal(err)
		}
		values["Me"], values["Group"] = me.Username, group.Name
	}
	var conf strings.Builder
	if err := dovecotConf.Execute(&conf, values); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{d.conf: conf.String(), filepath.Join(d.dir, "users"): User + ":{PLAIN}" + Password + "\n"} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil { //nolint:gosec // read by Dovecot's own users
			t.Fatal(err)
		}
	}
	for _, sub := range []string{"", "mail", "mail/" + User, "mail/" + User + "/Maildir", "mail/" + User + "/Maildir/cur", "mail/" + User + "/Maildir/new", "mail/" + User + "/Maildir/tmp"} {
		path := filepath.Join(d.dir, sub)
		if err := os.MkdirAll(path, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, 0o755); err != nil { //nolint:gosec // the mail's owner has to get here
			t.Fatal(err)
		}
		if sub != "" {
			d.own(t, path)
		}
	}
}

func (d *Dovecot) own(t testing.TB, path string) {
	t.Helper()
	if err := os.Chown(path, d.uid, d.gid); err != nil {
		t.Fatal(err)
	}
}

// start runs Dovecot under a shell that ends it when our end of its input
// closes: also when the test dies without a word. The listeners are passed on
// by systemd's protocol, so no other program can take the ports in between.
func (d *Dovecot) start(t testing.TB, program string, listeners ...net.Listener) {
	t.Helper()
	cmd := exec.Command("sh", "-c", `sh -c 'LISTEN_PID=$$ LISTEN_FDS=2 exec "$0" -F -c "$1"' "$0" "$1" & cat >/dev/null; kill -9 $!; wait`, program, d.conf)
	var output strings.Builder
	cmd.Stdout, cmd.Stderr = &output, &output
	for _, l := range listeners {
		tcp, ok := l.(*net.TCPListener)
		if !ok {
			t.Fatalf("listener %T", l)
		}
		f, err := tcp.File()
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		defer l.Close()
		cmd.ExtraFiles = append(cmd.ExtraFiles, f)
	}
	alive, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := func() { _ = alive.Close(); _ = cmd.Wait() }
	if err := d.greets(); err != nil {
		stop()
		log, _ := os.ReadFile(filepath.Join(d.dir, "log"))
		t.Fatalf("Dovecot does not answer: %v\n%s%s", err, output.String(), log)
	}
	t.Cleanup(stop)
}

func (d *Dovecot) greets() error {
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", d.IMAP))
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
	return filepath.Join(append([]string{d.dir, "mail", User, "Maildir"}, parts...)...)
}

// Deliver puts a mail into INBOX. flags are Maildir's letters ("S" seen, "F"
// flagged, "T" deleted); "new" leaves it where no program has seen it yet.
func (d *Dovecot) Deliver(t testing.TB, raw []byte, received time.Time, flags string) {
	t.Helper()
	d.mails++
	folder, suffix := "cur", ":2,"+flags
	if flags == "new" {
		folder, suffix = "new", ""
	}
	path := d.maildir(folder, fmt.Sprintf("%d.M%dP1.test,S=%d%s", received.Unix(), d.mails, len(raw), suffix))
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	d.own(t, path)
	if err := os.Chtimes(path, received, received); err != nil {
		t.Fatal(err)
	}
}

// Snapshot describes every mail file: folder, name with flags, and content.
// Two equal snapshots mean that nothing was marked, moved, added or changed.
func (d *Dovecot) Snapshot(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, folder := range []string{"cur", "new", "tmp"} {
		entries, err := os.ReadDir(d.maildir(folder))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			data, err := os.ReadFile(d.maildir(folder, e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			files[folder+"/"+e.Name()] = string(data)
		}
	}
	return files
}

// Kick ends the account's connections from the server's side, with a BYE.
func (d *Dovecot) Kick(t testing.TB) {
	t.Helper()
	path, err := exec.LookPath("doveadm")
	if err != nil {
		t.Fatalf("doveadm is missing beside Dovecot: %v", err)
	}
	if out, err := exec.Command(path, "-c", d.conf, "kick", User).CombinedOutput(); err != nil {
		t.Fatalf("kick: %v %s", err, out)
	}
}
