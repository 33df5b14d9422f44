package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/netguard"
	"sendvery.com/sendvery/internal/reporttest"
)

// importMails is how many mails the first import has to read.
const importMails = 100_000

// recordsOf are how many records twenty reports hold, in turn. Most receivers
// see a domain's mail from one or two addresses a day.
var recordsOf = [...]int{1, 2, 1, 4, 1, 1, 7, 1, 2, 1, 15, 1, 1, 2, 1, 4, 1, 25, 2, 1}

// trace is what servers on the way put before a mail.
var trace = strings.Repeat("Received: from mail.receiver.example (mail.receiver.example [192.0.2.1])\r\n\tby mx.example.com with ESMTPS id 4F1c2XnJ0zGp; Sat, 21 Nov 2026 04:00:01 +0000 (UTC)\r\n", 3) +
	"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=receiver.example; s=2026;\r\n\th=content-type:from:to:subject:date:message-id:mime-version; bh=" +
	strings.Repeat("x", 43) + "=;\r\n\tb=" + strings.Repeat(strings.Repeat("y", 70)+"\r\n\t ", 5) + "\r\n"

// firstImport measures how the program reads a mailbox that is full of reports,
// against fetching the same mails from the same server and throwing them away.
func firstImport(ctx context.Context, t *table) error {
	return onStage(func(s *stage) error {
		h, err := openHouse(ctx)
		if err != nil {
			return err
		}
		s.Cleanup(func() { _ = h.close(context.WithoutCancel(ctx)) }) // the figures are what counts
		cert := mailtest.NewCert(s)
		server := mailtest.NewDovecot(s, mailtest.DovecotOptions{Cert: cert})
		fill(s, server)
		parsing, err := readAll(ctx)
		if err != nil {
			return err
		}
		i, err := h.newImport(ctx, s, server, cert)
		if err != nil {
			return err
		}
		// Before and after, because what else runs on the machine changes.
		before, err1 := fetchAll(ctx, server, cert)
		err2 := i.run(ctx)
		after, err3 := fetchAll(ctx, server, cert)
		if err := errors.Join(err1, err2, err3); err != nil {
			return err
		}
		i.tell(t, 2*importMails/(before+after).Seconds(), parsing)
		return nil
	})
}

// fullMail is one of the mails: the reports of 500 receivers, day by day. It is
// as large as most report mails are, about 3 KB.
func fullMail(i int) []byte {
	today := int(time.Since(time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)).Hours() / 24)
	data := reporttest.Gzip(reporttest.Sample{
		ID: fmt.Sprintf("m%d", i), Reporter: fmt.Sprintf("receiver%d.example", i%500), Domain: watchedDomain, Day: today - 2 - i/500%90, Records: recordsOf[i%len(recordsOf)],
	}.XML())
	return append([]byte(trace), reporttest.Mail("application/gzip", fmt.Sprintf("receiver.example!example.com!1!2!m%d.xml.gz", i), data)...)
}

// readAll returns how many of the mails can be read a second, on one processor
// and without storing anything.
func readAll(ctx context.Context) (float64, error) {
	mails := make([][]byte, len(recordsOf))
	for i := range mails {
		mails[i] = fullMail(i)
	}
	rounds, err := perSecond(func() error {
		for i, mail := range mails {
			if err := readOnce(ctx, mail, recordsOf[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return rounds * float64(len(mails)), err
}

// fill puts the mails into the server's folder.
func fill(s *stage, server *mailtest.Dovecot) {
	mails := make(chan []byte, 100)
	go func() {
		defer close(mails)
		for i := range importMails {
			mails <- fullMail(i)
		}
	}()
	received := time.Now().Add(-time.Hour)
	for mail := range mails {
		server.Deliver(s, mail, received, "")
	}
}

// fetchAll reads all mails as the program does, throws them away, and returns
// how long that took.
func fetchAll(ctx context.Context, server *mailtest.Dovecot, cert *mailtest.Cert) (time.Duration, error) {
	guard := netguard.New(netguard.Config{AllowPrefixes: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{server.IMAPS}})
	fetcher := &mailfetch.Fetcher{Dialer: guard, Roots: cert.Roots}
	start := time.Now()
	session, err := fetcher.Open(ctx, mailfetch.Account{Protocol: mailfetch.IMAP, Host: mailtest.Host, Port: server.IMAPS, Security: mailfetch.ImplicitTLS,
		Username: mailtest.User, Password: mailtest.Password}, nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = session.Close() }()
	listing, err := session.List(ctx, mailfetch.Query{})
	if err != nil {
		return 0, err
	}
	const most = 400 // the importer's largest batch
	for ids := range slices.Chunk(listing.IDs, most) {
		_, err := session.Fetch(ctx, ids, func(m mailfetch.Mail) error {
			_, err := io.Copy(io.Discard, m.Body)
			return err
		})
		if err != nil {
			return 0, err
		}
	}
	if len(listing.IDs) != importMails {
		return 0, fmt.Errorf("the server lists %d mails", len(listing.IDs))
	}
	return time.Since(start), nil
}
