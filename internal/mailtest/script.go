package mailtest

import (
	"bufio"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"sync"
	"testing"
)

// Script answers one command of a client: tag, then the rest of the line in
// upper case. It returns what to send, tagged line included, and whether to
// keep the connection.
type Script func(tag, command string) (answer string, keep bool)

// NewScript starts a server with implicit TLS that greets and then answers by
// script: for what no real server can be made to say. It returns the port.
func NewScript(tb testing.TB, cert *Cert, greeting string, script Script) uint16 {
	tb.Helper()
	plain := listen(tb)
	l := tls.NewListener(plain, &tls.Config{Certificates: []tls.Certificate{cert.TLS}})
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
			wait.Go(func() { follow(conn, greeting, script) })
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
	return portOf(plain)
}

func follow(conn net.Conn, greeting string, script Script) {
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s\r\n", greeting); err != nil {
		return
	}
	lines := bufio.NewScanner(conn)
	for lines.Scan() {
		tag, command, _ := strings.Cut(lines.Text(), " ")
		answer, keep := script(tag, strings.ToUpper(command))
		if _, err := conn.Write([]byte(answer)); err != nil || !keep {
			return
		}
	}
}
