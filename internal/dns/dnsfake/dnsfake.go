// Package dnsfake is a DNS server on loopback that answers from a list of
// records: for tests, and for the demonstration. It speaks UDP and TCP and can
// be told to misbehave.
package dnsfake

import (
	"context"
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/miekg/dns"
)

// Behaviour is how the server treats questions about a name.
type Behaviour uint8

// The behaviours.
const (
	Answer   Behaviour = iota
	ServFail           // RCODE 2
	Refuse             // RCODE 5
	Silent             // no answer at all
	Garbage            // bytes that are no DNS message
	Other              // an answer to another question
)

// Zone is what the server knows. Names may be anything: it answers for all.
type Zone struct {
	Records []string             // master file lines (RFC 1035 section 5): `mail.test. 300 IN A 192.0.2.1`
	Behave  map[string]Behaviour // by name; absent: Answer
}

// TXT writes a TXT record of any bytes, split into strings of 255.
func TXT(name, value string) string {
	const most = 255
	var b strings.Builder
	fmt.Fprintf(&b, "%s 300 IN TXT", dns.Fqdn(name))
	for first := true; first || value != ""; first = false {
		n := min(most, len(value))
		b.WriteString(` "`)
		for _, c := range []byte(value[:n]) {
			fmt.Fprintf(&b, `\%03d`, c)
		}
		b.WriteString(`"`)
		value = value[n:]
	}
	return b.String()
}

// Server is a running server.
type Server struct {
	Addr string // address:port, UDP and TCP

	udp, tcp *dns.Server
	wait     sync.WaitGroup
	mu       sync.Mutex
	records  map[string][]dns.RR // by canonical name
	names    map[string]bool     // every name that exists, also as a mere parent
	behave   map[string]Behaviour
	asked    map[string]int
}

// Serve starts a server on a free port of 127.0.0.1; it ends with ctx.
func Serve(ctx context.Context, z Zone) (*Server, error) {
	s := &Server{asked: map[string]int{}}
	if err := s.Set(z); err != nil {
		return nil, err
	}
	udp, tcp, err := listenBoth(ctx)
	if err != nil {
		return nil, err
	}
	s.Addr = tcp.Addr().String()
	started := make(chan struct{}, 2)
	handler := dns.HandlerFunc(s.handle)
	notify := func() { started <- struct{}{} }
	s.udp = &dns.Server{PacketConn: udp, Handler: handler, NotifyStartedFunc: notify}
	s.tcp = &dns.Server{Listener: tcp, Handler: handler, NotifyStartedFunc: notify}
	for _, server := range []*dns.Server{s.udp, s.tcp} {
		s.wait.Go(func() { _ = server.ActivateAndServe() }) // ends with Shutdown
		<-started
	}
	context.AfterFunc(ctx, func() { _, _ = s.udp.Shutdown(), s.tcp.Shutdown() })
	return s, nil
}

// listenBoth finds a port that is free for UDP and TCP alike.
func listenBoth(ctx context.Context) (net.PacketConn, net.Listener, error) {
	var lc net.ListenConfig
	const tries = 20
	for try := 1; ; try++ {
		tcp, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return nil, nil, fmt.Errorf("listen for DNS by TCP: %w", err)
		}
		udp, err := lc.ListenPacket(ctx, "udp", tcp.Addr().String())
		if err == nil {
			return udp, tcp, nil
		}
		_ = tcp.Close() // taken by someone else for UDP
		if try == tries {
			return nil, nil, fmt.Errorf("listen for DNS by UDP: %w", err)
		}
	}
}

// Wait returns once the server has ended.
func (s *Server) Wait() { s.wait.Wait() }

// Set replaces all that the server knows.
func (s *Server) Set(z Zone) error {
	records, names, behave := map[string][]dns.RR{}, map[string]bool{}, map[string]Behaviour{}
	for _, line := range z.Records {
		rr, err := dns.NewRR(line)
		if err != nil || rr == nil {
			return fmt.Errorf("read record %q: %w", line, err)
		}
		name := dns.CanonicalName(rr.Header().Name)
		records[name] = append(records[name], rr)
		for _, at := range dns.Split(name) {
			names[name[at:]] = true
		}
	}
	for name, b := range z.Behave {
		behave[dns.CanonicalName(name)] = b
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records, s.names, s.behave = records, names, behave
	return nil
}

// Asked returns how many questions about a name came in.
func (s *Server) Asked(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[dns.CanonicalName(name)]
}

func (s *Server) handle(w dns.ResponseWriter, q *dns.Msg) {
	if len(q.Question) != 1 {
		return
	}
	name, kind := dns.CanonicalName(q.Question[0].Name), q.Question[0].Qtype
	s.mu.Lock()
	s.asked[name]++
	how := s.behave[name]
	m := s.answer(q, name, kind)
	s.mu.Unlock()
	switch how {
	case Silent:
		return
	case Garbage:
		_, _ = w.Write([]byte{byte(q.Id >> 8), byte(q.Id), 0x80, 0, 0, 9, 0, 9, 0, 0, 0, 0, 0xff})
		return
	case ServFail:
		m = new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)
	case Refuse:
		m = new(dns.Msg).SetRcode(q, dns.RcodeRefused)
	case Other:
		m.Question[0].Name = "other." + name
	}
	if _, udp := w.LocalAddr().(*net.UDPAddr); udp {
		size := dns.MinMsgSize
		if o := q.IsEdns0(); o != nil {
			size = int(o.UDPSize())
		}
		m.Truncate(size)
	}
	_ = w.WriteMsg(m) // the client is gone, or asks again
}

// answer follows aliases within the records, as a resolver would. Held: mu.
func (s *Server) answer(q *dns.Msg, name string, kind uint16) *dns.Msg {
	m := new(dns.Msg).SetReply(q)
	m.RecursionAvailable = true
	const hops = 8
	for range hops {
		var alias string
		for _, rr := range s.records[name] {
			if rr.Header().Rrtype == kind {
				m.Answer = append(m.Answer, rr)
			} else if c, ok := rr.(*dns.CNAME); ok {
				m.Answer = append(m.Answer, rr)
				alias = dns.CanonicalName(c.Target)
			}
		}
		if alias == "" {
			break
		}
		name = alias
	}
	if !s.names[name] {
		m.Rcode = dns.RcodeNameError
	}
	if len(m.Answer) == 0 {
		m.Ns = []dns.RR{&dns.SOA{
			Hdr: dns.RR_Header{Name: ".", Rrtype: dns.TypeSOA, Class: dns.ClassINET, Ttl: 60},
			Ns:  "ns.test.", Mbox: "hostmaster.test.", Serial: 1, Refresh: 60, Retry: 60, Expire: 60, Minttl: 60,
		}}
	}
	return m
}
