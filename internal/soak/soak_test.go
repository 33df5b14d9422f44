package soak

import (
	"context"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailfetch"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
)

// soak is everything that takes part.
type soak struct {
	*testing.T
	plan
	began    time.Time
	db       *database
	owners   []*owner
	accounts []*account
	proxies  []*mailtest.Proxy
	replicas []*replica
	stop     func() // ends the replicas in order
	stormy   atomic.Bool
	killed   int

	mu     sync.Mutex
	random *mathrand.Rand
	failed map[string]int // what owners were told instead of what they wanted
}

// TestSoak is the whole of it: a storm, then calm, then counting.
func TestSoak(t *testing.T) {
	t.Parallel()
	s := newSoak(t)
	s.storm()
	s.calm()
	s.stop()
	s.count()
}

func newSoak(t *testing.T) *soak {
	t.Helper()
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("SOAK_SEED"); text != "" {
		var err error
		if seed, err = strconv.ParseUint(text, 10, 64); err != nil {
			t.Fatalf("SOAK_SEED: %v", err)
		}
	}
	t.Logf("SOAK_SEED=%d", seed)
	s := &soak{T: t, plan: thePlan(t), began: time.Now(), random: mathrand.New(mathrand.NewPCG(seed, 0)), failed: map[string]int{}}
	s.db = newDatabase(t)
	keys, cert := seal.GenerateKey("soak"), mailtest.NewCert(t)
	open := s.serveMail(cert)
	boxes := newServices(t, s.db, keys)
	for i := range s.orgs {
		s.owners = append(s.owners, newOwner(t, s.db, boxes, fqdn.Name(fmt.Sprintf("org%d.example", i+1))))
	}
	s.writeLetters()
	authority := filepath.Join(s.db.options.Home, "authority.pem")
	if err := os.WriteFile(authority, cert.Authority, 0o600); err != nil {
		t.Fatal(err)
	}
	s.startReplicas(map[string]string{
		"DATABASE_URL": s.db.server.URL(postgres.RoleApp, databaseName), "SEAL_KEYS": keys, "AUDIT_KEYS": dbtest.AuditKeys, "COOKIE_KEY": rand.Text() + rand.Text(),
		"SMTP_URL": "smtp://nobody:nothing@127.0.0.1:9", "MAIL_FROM": "soak@example.org", "CA_FILE": authority,
		"ALLOW_NETWORKS": "127.0.0.0/8", "ALLOW_PORTS": strings.Join(open, ","), "IDLE_CONNECTIONS": "4", "IP_LOOKUP": "off", "DKIM_LOOKUP": "off",
	})
	return s
}

// serveMail starts the mail server with an account per way, and proxies in
// front of its ports, which it returns.
func (s *soak) serveMail(cert *mailtest.Cert) (open []string) {
	var users []string
	for i := range s.ways {
		users = append(users, fmt.Sprintf("box%d@example.org", i+1))
	}
	// That a client reads by POP3 is no reason to mark mails as seen.
	server := mailtest.NewDovecot(s, mailtest.DovecotOptions{Cert: cert, Accounts: users, Extra: "pop3_no_flag_updates = yes"})
	through := ports{mailfetch.IMAP: {}, mailfetch.POP3: {}}
	for _, p := range []struct {
		protocol mailfetch.Protocol
		security mailfetch.Security
		port     uint16
	}{
		{mailfetch.IMAP, mailfetch.ImplicitTLS, server.IMAPS}, {mailfetch.IMAP, mailfetch.STARTTLS, server.IMAP},
		{mailfetch.POP3, mailfetch.ImplicitTLS, server.POP3S}, {mailfetch.POP3, mailfetch.STARTTLS, server.POP3},
	} {
		proxy := mailtest.NewFickleProxy(s, p.port, s.weather)
		s.proxies = append(s.proxies, proxy)
		through[p.protocol][p.security] = proxy.Port
		open = append(open, strconv.Itoa(int(proxy.Port)))
	}
	for i, w := range s.ways {
		host := []string{mailtest.Host, "127.0.0.1"}[i%2] // what runs at once is bounded per host
		s.accounts = append(s.accounts, &account{way: w, server: server.As(users[i]), settings: settingsOf(w, users[i], host, through[w.protocol][w.security])})
	}
	return open
}

// writeLetters writes all mails, those of each organization by turns for its
// mailboxes, and delivers the first third.
func (s *soak) writeLetters() {
	var posts []*post
	for _, o := range s.owners {
		posts = append(posts, newPost(mathrand.New(mathrand.NewPCG(s.random.Uint64(), 0)), o.domain.String()))
	}
	for n := range s.mails {
		i := n % len(s.accounts)
		s.accounts[i].letters = append(s.accounts[i].letters, posts[i%len(posts)].write())
	}
	s.deliver(1.0 / 3)
}

// ownerOf returns whose account it is.
func (s *soak) ownerOf(i int) *owner { return s.owners[i%len(s.owners)] }

// deliver delivers that share of all mails, but for those that came before.
func (s *soak) deliver(share float64) {
	for _, a := range s.accounts {
		a.deliver(s.T, int(share*float64(len(a.letters))))
	}
}

func (s *soak) startReplicas(settings map[string]string) {
	ctx, cancel := context.WithCancel(s.Context())
	var running sync.WaitGroup
	for i := range s.plan.replicas {
		r := newReplica(s.T, fmt.Sprintf("replica%d", i+1), s.db.options.Home, settings)
		s.replicas = append(s.replicas, r)
		running.Go(func() {
			if err := r.run(ctx); err != nil {
				s.Error(err)
			}
		})
	}
	s.stop = sync.OnceFunc(func() { cancel(); running.Wait() })
	s.Cleanup(s.stop)
}
