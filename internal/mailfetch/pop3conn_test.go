package mailfetch

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// stuffed is a mail as POP3 carries it.
func stuffed(mail string) string {
	s := strings.ReplaceAll("\r\n"+mail, "\r\n.", "\r\n..")[2:]
	if mail != "" && !strings.HasSuffix(mail, "\r\n") {
		s += "\r\n"
	}
	return s + ".\r\n"
}

// FuzzPOP3 says anything to the client, which may refuse it but has to end.
// What it reads as a mail is that, whichever way the bytes come.
func FuzzPOP3(f *testing.F) {
	for _, s := range []string{
		"+OK\r\nUIDL\r\nSASL PLAIN XOAUTH2\r\nEXPIRE 0\r\n.\r\n", "-ERR [IN-USE] no\r\n", "+OK\r\n1 a\r\n2 a\r\n.\r\n",
		"+OK 1 2\r\n", "+ \r\n", "+OK\r\n.\r\n+OK\r\n", ".\r\n", "\n.\r\n.", "..\r\n\r.\r\n\r\n.\r\n", strings.Repeat("x", popLine-1) + "\r\n.\r\n",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		client := func() *popConn { return newPOPConn(plainSide{strings.NewReader(s), io.Discard}) }
		if err := stls(plainSide{strings.NewReader(s), io.Discard}); err == nil && strings.Count(s, "\n") != 2 {
			t.Errorf("%q passed as STLS", s)
		}
		_, _ = client().capabilities()
		_ = client().auth(xoauth2, []byte(s))
		_, _ = parseStat(s, 1000)
		d := &maildrop{}
		_ = client().lines(100, d.addID)
		unique := d.order() == nil
		_ = client().lines(100, d.addSize)
		if unique && len(d.index) != len(d.mails) {
			t.Errorf("%q lists %d mails by %d ids", s, len(d.mails), len(d.index))
		}
		whole, err := io.ReadAll(&dotReader{r: client().r, most: 1 << 20})
		slow := &dotReader{r: bufio.NewReaderSize(iotest.OneByteReader(strings.NewReader(s)), 16), most: 1 << 20}
		again, slowErr := io.ReadAll(slow)
		if err == nil && slowErr == nil && !bytes.Equal(whole, again) || (err == nil) != (slowErr == nil) {
			t.Errorf("%q reads as %q %v and as %q %v", s, whole, err, again, slowErr)
		}
		mail, err := io.ReadAll(&dotReader{r: bufio.NewReader(strings.NewReader(stuffed(s) + "+OK")), most: 1 << 20})
		if want := strings.TrimSuffix(s, "\r\n"); err != nil || strings.TrimSuffix(string(mail), "\r\n") != want {
			t.Errorf("%q came out as %q, %v", s, mail, err)
		}
	})
}

func TestDotReaderLimit(t *testing.T) {
	t.Parallel()
	d := &dotReader{r: bufio.NewReader(strings.NewReader("12345678\r\n90\r\n.\r\n+OK\r\n")), most: 10}
	if b, err := io.ReadAll(d); string(b) != "12345678\r\n" || !errors.Is(err, errTooLarge) {
		t.Errorf("%q %v", b, err)
	}
	if _, err := d.Read(make([]byte, 1)); !errors.Is(err, errTooLarge) {
		t.Error(err)
	}
	if err := d.drain(); err != nil || d.size != 14 {
		t.Errorf("%d bytes, %v", d.size, err)
	}
	if line, _ := d.r.ReadString('\n'); line != "+OK\r\n" {
		t.Errorf("then came %q", line)
	}
}
