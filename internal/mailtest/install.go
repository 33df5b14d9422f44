package mailtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/gofrs/flock"
)

// installDovecot is what a person would type; tests run the same as root.
const installDovecot = "apt-get install -y --no-install-recommends dovecot-imapd dovecot-pop3d"

// findDovecot returns the path of the dovecot program. Where it is missing,
// root installs it, and anyone else is told how; it is never skipped.
func findDovecot(tb TB) string {
	tb.Helper()
	if path, ok := lookDovecot(); ok {
		return path
	}
	if os.Geteuid() != 0 {
		tb.Fatalf("Dovecot is missing. Install it: sudo %s   (macOS: brew install dovecot)", installDovecot)
	}
	// Several test packages may come here at once.
	lock := flock.New(filepath.Join(os.TempDir(), "sendvery-apt.lock"))
	if err := lock.Lock(); err != nil {
		tb.Fatalf("wait for another installation: %v", err)
	}
	defer func() { _ = lock.Unlock() }()
	if path, ok := lookDovecot(); ok {
		return path
	}
	script := fmt.Sprintf("export DEBIAN_FRONTEND=noninteractive; wait='-o DPkg::Lock::Timeout=300'; "+
		"apt-get $wait update -qq; %[1]s $wait || { apt-get $wait -f install -y; %[1]s $wait; }", installDovecot)
	out, err := exec.Command("sh", "-c", script).CombinedOutput()
	if path, ok := lookDovecot(); ok {
		return path
	}
	tb.Fatalf("Dovecot is missing and could not be installed (%v). Try: %s\n%s", err, installDovecot, out)
	return ""
}

// lookDovecot finds a Dovecot that has its IMAP and POP3 parts; a package
// installation in progress has the program first.
func lookDovecot() (string, bool) {
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin", "/usr/local/sbin", "/opt/homebrew/sbin") {
		path := filepath.Join(dir, "dovecot")
		if info, err := os.Stat(path); err != nil || info.Mode()&0o111 == 0 {
			continue
		}
		for _, parts := range []string{"../lib/dovecot", "../libexec/dovecot"} {
			_, imap := os.Stat(filepath.Join(dir, parts, "imap"))
			_, pop3 := os.Stat(filepath.Join(dir, parts, "pop3"))
			if imap == nil && pop3 == nil {
				return path, true
			}
		}
	}
	return "", false
}
