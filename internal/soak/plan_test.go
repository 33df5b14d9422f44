package soak

import (
	"os"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/mailfetch"
)

// plan is how much of everything there is.
type plan struct {
	ways     []way // one mailbox each
	mails    int
	kills    int           // of a replica
	crashes  int           // of the database
	storm    time.Duration // while mails come and everything breaks
	calm     time.Duration // at most until everything is read
	orgs     int           // that share the mailboxes
	replicas int
}

// way is how a mailbox is read and what becomes of its report mails.
type way struct {
	protocol mailfetch.Protocol
	security mailfetch.Security
	after    mailbox.AfterImport
}

func thePlan(t *testing.T) plan {
	t.Helper()
	tls, starttls := mailfetch.ImplicitTLS, mailfetch.STARTTLS
	switch os.Getenv("SOAK") {
	case "full":
		var ways []way
		for range 2 {
			for _, after := range []mailbox.AfterImport{mailbox.LeaveUntouched, mailbox.MarkSeen, mailbox.Move, mailbox.Delete} {
				ways = append(ways, way{mailfetch.IMAP, tls, after})
			}
			for _, after := range []mailbox.AfterImport{mailbox.LeaveUntouched, mailbox.Delete} {
				ways = append(ways, way{mailfetch.POP3, tls, after}, way{mailfetch.POP3, starttls, after})
			}
		}
		for _, after := range []mailbox.AfterImport{mailbox.LeaveUntouched, mailbox.MarkSeen, mailbox.Move, mailbox.Delete} {
			ways = append(ways, way{mailfetch.IMAP, starttls, after})
		}
		return plan{ways: ways, mails: 20_000, kills: 50, crashes: 2, storm: 9 * time.Minute, calm: 6 * time.Minute, orgs: 4, replicas: 2}
	case "short", "":
		return plan{ways: []way{
			{mailfetch.IMAP, tls, mailbox.Move}, {mailfetch.POP3, tls, mailbox.Delete},
			{mailfetch.IMAP, starttls, mailbox.MarkSeen}, {mailfetch.POP3, starttls, mailbox.LeaveUntouched},
		}, mails: 1000, kills: 5, crashes: 1, storm: 25 * time.Second, calm: 2 * time.Minute, orgs: 2, replicas: 2}
	default:
		t.Fatal("SOAK is full or short")
		return plan{}
	}
}
