package mailtest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
)

// Script answers one command of a client: tag, then the rest of the line in
// upper case. It returns what to send, tagged line included, and whether to
// keep the connection.
type Script func(tag, command string) (answer string, keep bool)

// NewScript starts a server with implicit TLS that greets and then answers by
// script: for what no real server can be made to say. It returns the port.
func NewScript(tb TB, cert *Cert, greeting string, script Script) uint16 {
	tb.Helper()
	return NewLines(tb, Lines{Cert: cert, Implicit: true, Greeting: greeting}, func(line string) (string, bool) {
		tag, command, _ := strings.Cut(line, " ")
		return script(tag, strings.ToUpper(command))
	})
}

// Lines are the options of a server of lines.
type Lines struct {
	Cert     *Cert
	Implicit bool // TLS from the first byte; else a line that says STLS begins it
	Greeting string
	TLS      func(*tls.Config)
}

// NewLines starts a server that greets and then answers line by line, POP3 for
// example: with what to send, and whether to keep the connection. It returns
// the port.
func NewLines(tb TB, o Lines, answer func(line string) (string, bool)) uint16 {
	tb.Helper()
	cfg := &tls.Config{Certificates: []tls.Certificate{o.Cert.TLS}}
	if o.TLS != nil {
		o.TLS(cfg)
	}
	l := listen(tb)
	var wait sync.WaitGroup
	var mu sync.Mutex
	var conns []net.Conn
	wait.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			conns = append(conns, conn)
			mu.Unlock()
			if o.Implicit {
				conn = tls.Server(conn, cfg)
			}
			wait.Go(func() { follow(conn, cfg, o.Greeting, answer) })
		}
	})
	tb.Cleanup(func() {
		_ = l.Close()
		mu.Lock()
		for _, c := range conns {
			_ = c.Close()
		}
		mu.Unlock()
		wait.Wait()
	})
	return portOf(l)
}

func follow(conn net.Conn, cfg *tls.Config, greeting string, script func(string) (string, bool)) {
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "%s\r\n", greeting); err != nil {
		return
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		answer, keep := script(lines.Text())
		if _, err := conn.Write([]byte(answer)); err != nil || !keep {
			return
		}
		if lines.Text() == "STLS" && strings.HasPrefix(answer, "+OK") {
			conn = tls.Server(conn, cfg)
			lines = bufio.NewScanner(conn)
		}
	}
}
