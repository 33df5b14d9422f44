package mailfetch

import (
	"bufio"
	"bytes"
	"fmt"
	"io"

	"github.com/emersion/go-imap/v2"
)

// Bounds of what a server may say before TLS.
const (
	plainLine  = 8 << 10
	plainLines = 32
)

// startTLS speaks the few lines of IMAP that come before TLS (RFC 9051 section
// 6.2.1): greeting, STARTTLS, answer. Nothing of what the server says here is
// kept, since anyone could have said it; the caller asks again after TLS. A
// byte that arrives after the answer and before the handshake is refused, not
// carried into the secured session.
func startTLS(conn io.ReadWriter) error {
	r := bufio.NewReaderSize(conn, plainLine)
	greeting, err := readPlainLine(r)
	if err != nil {
		return fmt.Errorf("read greeting: %w", err)
	}
	switch status, said := cutStatus(greeting, "*"); status {
	case imap.StatusResponseTypeOK:
	case imap.StatusResponseTypePreAuth:
		return errPreauth
	case imap.StatusResponseTypeBye:
		return &imap.Error{Type: status, Text: said}
	default:
		return fmt.Errorf("greeting %.60q is not IMAP", greeting)
	}
	if _, err := io.WriteString(conn, "a STARTTLS\r\n"); err != nil {
		return fmt.Errorf("send STARTTLS: %w", err)
	}
	for range plainLines {
		line, err := readPlainLine(r)
		if err != nil {
			return fmt.Errorf("read answer to STARTTLS: %w", err)
		}
		switch status, said := cutStatus(line, "a"); status {
		case imap.StatusResponseTypeOK:
			if r.Buffered() > 0 {
				return errInjected
			}
			return nil
		case imap.StatusResponseTypeNo, imap.StatusResponseTypeBad:
			return fmt.Errorf("%w: %s %.60q", errNoTLS, status, said)
		}
	}
	return fmt.Errorf("no answer to STARTTLS within %d lines", plainLines)
}

func readPlainLine(r *bufio.Reader) ([]byte, error) {
	line, err := r.ReadSlice('\n')
	return bytes.TrimRight(line, "\r\n"), err
}

// cutStatus splits "tag STATUS text"; a line with another tag has no status.
func cutStatus(line []byte, tag string) (imap.StatusResponseType, string) {
	got, rest, _ := bytes.Cut(line, []byte(" "))
	if string(got) != tag {
		return "", ""
	}
	status, said, _ := bytes.Cut(rest, []byte(" "))
	return imap.StatusResponseType(bytes.ToUpper(status)), string(said)
}
