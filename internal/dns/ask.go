package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// look answers from the cache, or asks and remembers. Cancelled questions are
// not remembered.
func (r *Resolver) look(ctx context.Context, name string, kind uint16) ([]string, error) {
	fqdn := dns.CanonicalName(name)
	if _, ok := dns.IsDomainName(fqdn); !ok || name == "" {
		return nil, &Error{Reason: Malformed, Name: name, Type: dns.TypeToString[kind], Cause: errors.New("not a domain name")}
	}
	key := question{fqdn, kind}
	if known, ok := r.cache.get(key); ok {
		return slices.Clone(known.texts), known.err
	}
	texts, ttl, failure := r.ask(ctx, key)
	if err := ended(ctx); err != nil {
		return nil, fmt.Errorf("look up %s of %q: %w", dns.TypeToString[kind], name, err)
	}
	var err error
	if failure != nil {
		failure.Name, failure.Type = name, dns.TypeToString[kind]
		err = failure
	}
	r.cache.put(key, slices.Clone(texts), err, ttl)
	return texts, err
}

// ended says why the caller no longer waits. The network notices a deadline a
// moment before the context does, which must not pass for a slow server.
func ended(ctx context.Context) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if d, ok := ctx.Deadline(); ok && !time.Now().Before(d) {
		return context.DeadlineExceeded
	}
	return nil
}

// How long answers are kept, whatever they say of themselves.
const (
	minTTL     = 5 * time.Second
	maxTTL     = time.Hour
	maxAbsent  = 5 * time.Minute
	failureTTL = 5 * time.Second // RFC 9520 section 3.2: at least one second
)

// ask goes round the servers until one gives an answer that means something.
func (r *Resolver) ask(ctx context.Context, q question) ([]string, time.Duration, *Error) {
	failure := &Error{Reason: Temporary}
	for try := range r.tries {
		msg, err := r.exchange(ctx, q, r.servers[try%len(r.servers)])
		switch {
		case ended(ctx) != nil:
			return nil, 0, failure
		case err != nil:
			failure.Cause = err
		case msg.Rcode == dns.RcodeSuccess, msg.Rcode == dns.RcodeNameError:
			return read(msg, q)
		default:
			failure.Cause = fmt.Errorf("server answered %s", dns.RcodeToString[msg.Rcode])
		}
		if errors.Is(err, errNonsense) {
			failure.Reason = Malformed
		} else {
			failure.Reason = Temporary
		}
	}
	return nil, failureTTL, failure
}

// errNonsense is an answer that cannot be read, or answers something else.
var errNonsense = errors.New("the answer makes no sense")

// udpSize avoids fragments (RFC 9715 section 3.2).
const udpSize = 1232

// exchange asks one server once: by UDP, and by TCP when that was too long.
func (r *Resolver) exchange(ctx context.Context, q question, server string) (*dns.Msg, error) {
	msg, err := r.over(ctx, "udp", q, server)
	if err == nil && msg.Truncated {
		return r.over(ctx, "tcp", q, server)
	}
	return msg, err
}

func (r *Resolver) over(ctx context.Context, network string, q question, server string) (*dns.Msg, error) {
	m := new(dns.Msg)
	m.SetQuestion(q.name, q.kind)
	m.SetEdns0(udpSize, false)
	client := dns.Client{Net: network, Timeout: r.timeout, UDPSize: udpSize}
	conn, err := client.DialContext(ctx, server)
	if err != nil {
		return nil, fmt.Errorf("reach resolver: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() }) // the client knows deadlines only
	defer stop()
	answer, _, err := client.ExchangeWithConnContext(ctx, m, conn)
	if _, network := errors.AsType[net.Error](err); err != nil && !network && ctx.Err() == nil {
		return nil, fmt.Errorf("%w: %w", errNonsense, err)
	}
	if err != nil {
		return nil, fmt.Errorf("ask resolver: %w", err)
	}
	if len(answer.Question) != 1 || !strings.EqualFold(answer.Question[0].Name, q.name) || answer.Question[0].Qtype != q.kind {
		return nil, fmt.Errorf("%w: it answers another question", errNonsense)
	}
	return answer, nil
}

// read takes the records of the asked type out of an answer. Aliases were
// followed by the resolver; their target's records stand in the same answer.
func read(m *dns.Msg, q question) ([]string, time.Duration, *Error) {
	var texts []string
	ttl := maxTTL
	for _, rr := range m.Answer {
		if text, ok := textOf(rr, q.kind); ok {
			texts = append(texts, text)
		}
		ttl = min(ttl, time.Duration(rr.Header().Ttl)*time.Second)
	}
	if len(texts) > 0 {
		return texts, max(ttl, minTTL), nil
	}
	ttl = maxAbsent // RFC 2308 section 5: the SOA says how long
	for _, rr := range m.Ns {
		if soa, ok := rr.(*dns.SOA); ok {
			ttl = min(ttl, time.Duration(min(soa.Minttl, soa.Hdr.Ttl))*time.Second)
		}
	}
	return nil, max(ttl, minTTL), &Error{Reason: Absent, NoSuchName: m.Rcode == dns.RcodeNameError}
}

func textOf(rr dns.RR, kind uint16) (string, bool) {
	if rr.Header().Rrtype != kind {
		return "", false
	}
	switch rr := rr.(type) {
	case *dns.TXT:
		return unescape(strings.Join(rr.Txt, "")), true
	case *dns.A:
		return rr.A.String(), true
	case *dns.AAAA:
		return rr.AAAA.String(), true
	case *dns.PTR:
		return strings.TrimSuffix(strings.ToLower(rr.Ptr), "."), true
	case *dns.SRV:
		return fmt.Sprintf("%d %d %d %s", rr.Priority, rr.Weight, rr.Port, target(rr.Target)), true
	case *dns.MX:
		return fmt.Sprintf("%d %s", rr.Preference, target(rr.Mx)), true
	}
	return "", false
}

// target is the name of a server, lower case and without the final dot; "." is
// none at all.
func target(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(strings.ToLower(name), ".")
}

// unescape turns the presentation form of a TXT string (RFC 1035 section 5.1:
// backslash and character, or backslash and three decimal digits), which the
// library hands out, back into its bytes.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			out = append(out, s[i])
			continue
		}
		if i+3 < len(s) && digit(s[i+1]) && digit(s[i+2]) && digit(s[i+3]) {
			if n := int(s[i+1]-'0')*100 + int(s[i+2]-'0')*10 + int(s[i+3]-'0'); n < 256 {
				out = append(out, byte(n))
				i += 3
				continue
			}
		}
		i++
		out = append(out, s[i])
	}
	return string(out)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
