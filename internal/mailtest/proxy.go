package mailtest

import (
	"bytes"
	"net"
	"sync"
	"time"
)

// Spoil says what a Proxy does to a connection. The zero value passes all.
type Spoil struct {
	CutAfter int           // close both sides of a connection once the server sent so many bytes on it; 0: never
	Delay    time.Duration // before each piece from the server
	Mute     bool          // accept, then say nothing at all
	// Replace changes a piece on its way; replacing must keep what it does not
	// want to change. Pieces are lines before TLS and records after.
	FromServer func([]byte) []byte
	FromClient func([]byte) []byte
}

// Proxy stands between a client and a server on loopback, spoils what passes
// and keeps what the client sent.
type Proxy struct {
	Port uint16

	target   uint16
	each     func() Spoil // for the next connection
	mu       sync.Mutex
	conns    []net.Conn
	sent     bytes.Buffer
	accepted int
	wait     sync.WaitGroup
}

// NewProxy starts a proxy in front of a loopback port; port 0 has no server
// behind it and suits Spoil.Mute.
func NewProxy(tb TB, port uint16, spoil Spoil) *Proxy {
	tb.Helper()
	return NewFickleProxy(tb, port, func() Spoil { return spoil })
}

// NewFickleProxy starts a proxy that treats each connection as it is told when
// that begins.
func NewFickleProxy(tb TB, port uint16, each func() Spoil) *Proxy {
	tb.Helper()
	l := listen(tb)
	p := &Proxy{Port: portOf(l), target: port, each: each}
	p.wait.Go(func() { p.accept(l) })
	tb.Cleanup(func() {
		_ = l.Close()
		p.CutAll()
		p.wait.Wait()
	})
	return p
}

// FromClient returns every byte that clients sent so far.
func (p *Proxy) FromClient() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	return bytes.Clone(p.sent.Bytes())
}

// Accepted returns how many connections came so far.
func (p *Proxy) Accepted() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.accepted
}

// CutAll closes every connection now.
func (p *Proxy) CutAll() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		_ = c.Close()
	}
}

func (p *Proxy) accept(l net.Listener) {
	for {
		client, err := l.Accept()
		if err != nil {
			return
		}
		p.keep(client)
		p.mu.Lock()
		p.accepted++
		p.mu.Unlock()
		spoil := p.each()
		if spoil.Mute {
			continue
		}
		server, err := dial(p.target)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.keep(server)
		p.wait.Go(func() { p.copy(server, client, func(b []byte) ([]byte, bool) { return p.fromClient(spoil, b), true }) })
		p.wait.Go(func() { p.copy(client, server, spoil.fromServer()) })
	}
}

func (p *Proxy) keep(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, c)
}

func (p *Proxy) copy(to, from net.Conn, pass func([]byte) ([]byte, bool)) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 16<<10)
	for {
		n, err := from.Read(buf)
		piece, more := pass(bytes.Clone(buf[:n]))
		if _, werr := to.Write(piece); werr != nil || err != nil || !more {
			return
		}
	}
}

func (p *Proxy) fromClient(spoil Spoil, b []byte) []byte {
	p.mu.Lock()
	_, _ = p.sent.Write(b) // never fails
	p.mu.Unlock()
	if spoil.FromClient != nil {
		b = spoil.FromClient(b)
	}
	return b
}

// fromServer returns what is done to the pieces of one connection.
func (s Spoil) fromServer() func([]byte) ([]byte, bool) {
	left := s.CutAfter
	return func(b []byte) ([]byte, bool) {
		if s.Delay > 0 {
			<-time.After(s.Delay)
		}
		if s.FromServer != nil {
			b = s.FromServer(b)
		}
		if s.CutAfter == 0 {
			return b, true
		}
		b, cut := b[:min(left, len(b))], len(b) >= left
		left -= len(b)
		return b, !cut
	}
}
