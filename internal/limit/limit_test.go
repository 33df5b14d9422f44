package limit_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/limit"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/redistest"
)

// log is what was logged.
type log struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *log) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *log) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// connect opens a Redis as one process does.
func connect(t *testing.T, address string, into *log) *limit.Redis {
	t.Helper()
	r, err := limit.NewRedis(address, nil, slog.New(slog.NewTextHandler(into, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = r.Close() })
	return r
}

func limiter(t *testing.T, maker limit.Maker, burst int, per time.Duration) *limit.Limiter {
	t.Helper()
	l, err := maker("test", burst, per)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// took takes a turn and returns what it came to.
func took(t *testing.T, l *limit.Limiter, key string) limit.Turn {
	t.Helper()
	var turn limit.Turn
	wait, err := l.Take(limit.Watch(t.Context(), func(seen limit.Turn) { turn = seen }), key)
	if err != nil || wait != turn.Wait {
		t.Fatalf("wait %s, watched %s, %v", wait, turn.Wait, err)
	}
	return turn
}

// TestContract holds for both backends.
func TestContract(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	for name, maker := range map[string]limit.Maker{
		"memory": limit.NewMemory,
		"redis":  connect(t, fmt.Sprintf("redis://127.0.0.1:%d", server.Port), &log{}).New,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := limiter(t, maker, 3, time.Hour)
			for left := 2; left >= 0; left-- {
				turn := took(t, l, "ada")
				if turn.Wait != 0 || turn.Left != left || turn.Name != "test" || turn.Burst != 3 || turn.Per != time.Hour {
					t.Errorf("want %d left: %+v", left, turn)
				}
				if full := turn.Full.Round(time.Minute); full != time.Duration(3-left)*20*time.Minute {
					t.Errorf("full again in %s with %d left", full, left)
				}
			}
			if turn := took(t, l, "ada"); turn.Wait.Round(time.Minute) != 20*time.Minute || turn.Left != 0 {
				t.Errorf("the fourth: %+v, want to wait a third of the time", turn)
			}
			if turn := took(t, l, "bob"); turn.Wait != 0 || turn.Left != 2 {
				t.Errorf("another key: %+v", turn)
			}
			if turn := took(t, l.Quiet(), "ada"); turn.Name != "" || turn.Left != 0 || turn.Wait == 0 {
				t.Errorf("a quiet one tells %+v", turn)
			}
			// One comes back after a third of the time.
			short := limiter(t, maker, 100, 100*time.Millisecond)
			for range 100 {
				took(t, short, "short")
			}
			for until := time.Now().Add(10 * time.Second); took(t, short, "short").Wait > 0; {
				if time.Now().After(until) {
					t.Fatal("no turn comes back")
				}
			}
			atOnce(t, limiter(t, maker, 40, time.Hour))
		})
	}
}

// atOnce takes turns of one key in many places at the same time: none is given
// twice, and none is lost.
func atOnce(t *testing.T, l *limit.Limiter) {
	t.Helper()
	var given atomic.Int64
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 10 {
				if wait, err := l.Take(t.Context(), "all"); err != nil {
					t.Error(err)
				} else if wait == 0 {
					given.Add(1)
				}
			}
		})
	}
	all.Wait()
	if given.Load() != 40 {
		t.Errorf("%d turns at once, want 40", given.Load())
	}
}

func TestANilLimiterLimitsNothing(t *testing.T) {
	t.Parallel()
	var l *limit.Limiter
	if wait, err := l.Take(t.Context(), "ada"); wait != 0 || err != nil {
		t.Error(wait, err)
	}
}

func TestProcessesShareWhatRedisCounts(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{Password: "correct"})
	address := fmt.Sprintf("redis://:correct@127.0.0.1:%d", server.Port)
	var said log
	first, second := limiter(t, connect(t, address, &said).New, 4, time.Hour), limiter(t, connect(t, address, &said).New, 4, time.Hour)
	for i := range 4 {
		l := []*limit.Limiter{first, second}[i%2]
		if turn := took(t, l, "ada"); turn.Wait != 0 || turn.Left != 3-i {
			t.Errorf("turn %d: %+v", i, turn)
		}
	}
	if took(t, first, "ada").Wait == 0 || took(t, second, "ada").Wait == 0 {
		t.Error("the processes have a turn each after all are used")
	}
	if said.String() != "" {
		t.Errorf("it complains: %s", &said)
	}
}

func TestNothingIsOpenWhileRedisIsDown(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func(*redistest.Server){
		"stopped": (*redistest.Server).Stop,
		"silent":  (*redistest.Server).Freeze,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := redistest.New(t, redistest.Options{})
			var said log
			r := connect(t, fmt.Sprintf("redis://127.0.0.1:%d", server.Port), &said)
			l, other := limiter(t, r.New, 5, time.Hour), limiter(t, r.New, 1000, time.Hour)
			took(t, l, "ada")
			took(t, l, "ada")
			fail(server)
			began := time.Now()
			for left := 2; left >= 0; left-- {
				if turn := took(t, l, "ada"); turn.Wait != 0 || turn.Left != left {
					t.Errorf("this process forgot what it let through: %+v, want %d left", turn, left)
				}
			}
			if took(t, l, "ada").Wait == 0 {
				t.Error("the limit is open")
			}
			for range 500 {
				took(t, other, "all")
			}
			if took := time.Since(began); took > 3*time.Second {
				t.Errorf("500 turns took %s: each waits for Redis", took)
			}
			if n := strings.Count(said.String(), "level=WARN"); n != 1 {
				t.Errorf("%d lines in the log, want 1: %s", n, &said)
			}
		})
	}
}

func TestLimitsAreSharedAgainOnceRedisAnswers(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	address := fmt.Sprintf("redis://127.0.0.1:%d", server.Port)
	var said log
	r := connect(t, address, &said)
	r.PauseFor(time.Millisecond)
	l := limiter(t, r.New, 1000, time.Hour)
	server.Freeze()
	took(t, l, "ada")
	server.Thaw()
	other := limiter(t, connect(t, address, &log{}).New, 1000, time.Hour)
	for i, until := 1, time.Now().Add(20*time.Second); ; i++ {
		took(t, l, "ada")
		if strings.Contains(said.String(), "answers again") {
			break
		}
		if time.Now().After(until) {
			t.Fatalf("after %d turns Redis is not asked again: %s", i, &said)
		}
	}
	before := took(t, other, "ada").Left
	if after := took(t, l, "ada").Left; after != before-1 {
		t.Errorf("%d left, then %d: not shared", before, after)
	}
	if n := strings.Count(said.String(), "\n"); n != 2 {
		t.Errorf("%d lines, want that it went and that it came: %s", n, &said)
	}
}

func TestWhoeverLeavesDoesNotMakeRedisFail(t *testing.T) {
	t.Parallel()
	server := redistest.New(t, redistest.Options{})
	var said log
	l := limiter(t, connect(t, fmt.Sprintf("redis://127.0.0.1:%d", server.Port), &said).New, 5, time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Take(ctx, "ada"); err != nil {
		t.Error(err)
	}
	if took(t, l, "ada").Left != 4 || said.String() != "" {
		t.Errorf("it counts as a failure of Redis: %s", &said)
	}
}

func TestRedisIsAskedOverTLS(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	chain, key := cert.Files(t, t.TempDir())
	server := redistest.New(t, redistest.Options{Chain: chain, Key: key})
	address := fmt.Sprintf("rediss://localhost:%d", server.Port)
	for name, c := range map[string]struct {
		cert *mailtest.Cert
		fail bool
	}{"its authority": {cert, false}, "another authority": {mailtest.NewCert(t), true}} {
		var said log
		r, err := limit.NewRedis(address, c.cert.Roots, slog.New(slog.NewTextHandler(&said, nil)))
		if err != nil {
			t.Fatal(err)
		}
		took(t, limiter(t, r.New, 5, time.Hour), name)
		if failed := strings.Contains(said.String(), "certificate"); failed != c.fail {
			t.Errorf("%s: %s", name, &said)
		}
		_ = r.Close()
	}
}

// TestRedisLearnsNoAddresses listens to what is said to Redis.
func TestRedisLearnsNoAddresses(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	heard := make(chan string, 1)
	server := redistest.New(t, redistest.Options{})
	go func() {
		from, err := listener.Accept()
		if err != nil {
			heard <- err.Error()
			return
		}
		defer from.Close()
		to, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", fmt.Sprintf("127.0.0.1:%d", server.Port))
		if err != nil {
			heard <- err.Error()
			return
		}
		var said bytes.Buffer
		go func() { _, _ = io.Copy(from, to) }()
		_, _ = io.Copy(to, io.TeeReader(from, &said))
		_ = to.Close()
		heard <- said.String()
	}()
	r := connect(t, "redis://"+listener.Addr().String(), &log{})
	if turn := took(t, limiter(t, r.New, 5, time.Hour), "ada@example.org\x00198.51.100.7"); turn.Left != 4 {
		t.Fatalf("%+v", turn)
	}
	_ = r.Close()
	if said := <-heard; !strings.Contains(said, "sendvery:limit:") || strings.Contains(said, "example.org") || strings.Contains(said, "198.51") {
		t.Errorf("Redis hears %q", said)
	}
}

func TestAddressOfRedisIsNotRepeated(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"hunter2", "http://hunter2@example.org", "redis://:hunter2@localhost:99999/x", "redis://%zz:hunter2@x"} {
		if _, err := limit.NewRedis(address, nil, nil); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
