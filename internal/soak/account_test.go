package soak

import (
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
)

// target is the folder of moved mails.
const target = "Reports"

// account is a mailbox on the server, its letters, and how its owner connects
// it.
type account struct {
	way
	server   *mailtest.Dovecot
	settings mailbox.Settings
	letters  []letter
	came     int // of the letters, so far
}

// settingsOf are what an owner types.
func settingsOf(w way, user, host string, port uint16) mailbox.Settings {
	set := mailbox.Settings{Protocol: w.protocol, Host: host, Port: int(port), Security: w.security, Username: user, Password: mailtest.Password, AfterImport: w.after}
	if w.after == mailbox.Move {
		set.MoveTo = target
	}
	return set
}

// deliver delivers letters until so many of them have come.
func (a *account) deliver(t *testing.T, upTo int) {
	t.Helper()
	for ; a.came < min(upTo, len(a.letters)); a.came++ {
		l := a.letters[a.came]
		a.server.Deliver(t, []byte(l.raw), time.Now(), l.flags)
	}
}

// spot is a mail as it lies in a mailbox.
type spot struct {
	folder string // "" is INBOX
	flags  string
	raw    string
}

// wanted counts the spots that the owner's choice leads to, once everything is
// read.
func (a *account) wanted() map[spot]int {
	all := map[spot]int{}
	for _, l := range a.letters {
		s := spot{flags: strings.TrimPrefix(l.flags, "new"), raw: l.raw}
		deleted := strings.Contains(s.flags, "T")
		switch {
		case l.report == "":
		case a.after == mailbox.MarkSeen && !strings.Contains(s.flags, "S"):
			s.flags = inOrder(s.flags + "S")
		case a.after == mailbox.Move && !deleted: // what its owner has marked is theirs to remove
			s.folder = target
		case a.after == mailbox.Delete:
			continue
		}
		all[s]++
	}
	return all
}

// sent counts the mails that came.
func (a *account) sent() map[string]int {
	all := map[string]int{}
	for _, l := range a.letters {
		all[l.raw]++
	}
	return all
}

// found counts the spots of the mailbox as it is.
func (a *account) found(t *testing.T) map[spot]int {
	t.Helper()
	all := map[spot]int{}
	for name, raw := range a.server.Snapshot(t) {
		s := spot{raw: raw}
		if rest, ok := strings.CutPrefix(name, "."); ok {
			s.folder, _, _ = strings.Cut(rest, "/")
		}
		_, flags, _ := strings.Cut(name, ":2,")
		s.flags = inOrder(flags)
		all[s]++
	}
	return all
}

// inOrder sorts flags.
func inOrder(flags string) string {
	var sorted string
	for _, flag := range "DFPRST" {
		if strings.ContainsRune(flags, flag) {
			sorted += string(flag)
		}
	}
	return sorted
}

// ports are where the proxies of a server listen.
type ports map[mailfetch.Protocol]map[mailfetch.Security]uint16
