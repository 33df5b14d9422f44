package mailfetch

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailtest"
)

// watch calls Watch in the background and returns its answer when it comes.
func watch(ctx context.Context, s Session, most time.Duration) <-chan error {
	answer := make(chan error, 1)
	go func() {
		news, err := s.Watch(ctx, most)
		if err == nil && !news {
			err = errNoNews
		}
		answer <- err
	}()
	return answer
}

var errNoNews = errors.New("no news")

func TestDovecotTellsOfNewMail(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert, Extra: "mailbox_idle_check_interval = 1s\n"})
	d.Deliver(t, mail(0), time.Now(), "")
	f, a := fetcher(cert.Roots, d.IMAPS), account(d.IMAPS, ImplicitTLS)
	f.Limits.Silence = 2 * time.Second
	s := open(t, f, a)
	if !s.CanWatch() {
		t.Fatal("Dovecot has IDLE")
	}
	if err := <-watch(t.Context(), s, 50*time.Millisecond); !errors.Is(err, errNoNews) {
		t.Errorf("nothing came: %v", err)
	}
	news := watch(t.Context(), s, time.Minute)
	d.Deliver(t, mail(1), time.Now(), "new")
	if err := <-news; err != nil {
		t.Fatal(err)
	}
	if l, err := s.List(t.Context(), Query{}); err != nil || len(l.IDs) != 2 {
		t.Errorf("after the news: %v, %v", l.IDs, err)
	}
	// Removing a mail is no news, and the next one is, though the number of
	// mails is then what it was.
	if _, err := open(t, f, a).Finish(t.Context(), []MailID{"1"}, Disposal{Action: Delete}); err != nil {
		t.Fatal(err)
	}
	news = watch(t.Context(), s, time.Minute)
	d.Deliver(t, mail(2), time.Now(), "new")
	if err := <-news; err != nil {
		t.Fatal(err)
	}
	if l, err := s.List(t.Context(), Query{}); err != nil || len(l.IDs) != 2 || l.IDs[1] != "3" {
		t.Errorf("after the second news: %v, %v", l.IDs, err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	news = watch(ctx, s, time.Minute)
	cancel()
	if err := <-news; KindOf(err) != Cancelled {
		t.Errorf("cancelled: %v", err)
	}
	s = open(t, f, a)
	news = watch(t.Context(), s, time.Minute)
	d.Kick(t)
	if err := <-news; err == nil || !KindOf(err).Retry() {
		t.Errorf("kicked: %v", err)
	}
}

// TestIdle: a server of five mails, which answers the n-th IDLE and its end.
func TestIdle(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		caps    string
		begin   func(n int) (string, bool)
		mute    bool // the end is not answered
		idleFor time.Duration
		most    time.Duration
		want    Kind
		idles   int
	}{
		"begun again until news": {caps: " IDLE", begin: func(n int) (string, bool) {
			if n == 3 {
				return "+ idling\r\n* 6 EXISTS\r\n", true
			}
			return "+ idling\r\n* OK still here\r\n* 5 EXISTS\r\n", true
		}, idleFor: 20 * time.Millisecond, most: time.Minute, idles: 3},
		"one went, one came": {caps: " IDLE", begin: func(int) (string, bool) {
			return "+ idling\r\n* 2 EXPUNGE\r\n* 4 EXISTS\r\n* 5 EXISTS\r\n* 0 RECENT\r\n", true
		}, idleFor: time.Minute, most: time.Minute, idles: 1},
		"by IMAP4rev2":         {caps: " IMAP4rev2", begin: func(int) (string, bool) { return "+ idling\r\n* 6 EXISTS\r\n", true }, idleFor: time.Minute, most: time.Minute, idles: 1},
		"no longer there":      {caps: " IDLE", begin: func(int) (string, bool) { return "+ idling\r\n", true }, mute: true, idleFor: 20 * time.Millisecond, most: time.Minute, want: TimedOut, idles: 1},
		"cut":                  {caps: " IDLE", begin: func(int) (string, bool) { return "+ idling\r\n", false }, idleFor: time.Minute, most: time.Minute, want: Dropped, idles: 1},
		"cut before it begins": {caps: " IDLE", begin: func(int) (string, bool) { return "", false }, idleFor: time.Minute, most: time.Minute, want: Dropped, idles: 1},
		"says good-bye":        {caps: " IDLE", begin: func(int) (string, bool) { return "+ idling\r\n* BYE Autologout\r\n", false }, idleFor: time.Minute, most: time.Minute, want: Dropped, idles: 1},
		"mute":                 {caps: " IDLE", begin: func(int) (string, bool) { return "", true }, idleFor: time.Minute, most: time.Minute, want: TimedOut, idles: 1},
		"not offered":          {most: time.Minute, want: NotYet},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var idles atomic.Int32
			idling := ""
			f, a := scriptedWith(t, c.caps, 5, func(tag, command string) (string, bool) {
				switch {
				case command == "IDLE":
					idling = tag
					return c.begin(int(idles.Add(1)))
				case tag == "DONE" && c.mute:
					return "", true
				case tag == "DONE":
					return idling + " OK\r\n", true
				}
				return "* SEARCH 1\r\n" + tag + " OK\r\n", true
			})
			f.Limits.Silence = time.Second
			s := open(t, f, a)
			s.(*imapSession).idleFor = c.idleFor
			err := <-watch(t.Context(), s, c.most)
			if KindOf(err) != c.want || (err != nil) != (c.want != Odd) {
				t.Errorf("got %v", err)
			}
			if s.CanWatch() != (err == nil) {
				t.Errorf("can watch again: %v", s.CanWatch())
			}
			if c.want == Odd || c.want == NotYet {
				if _, err := s.List(t.Context(), Query{}); err != nil {
					t.Errorf("reading on: %v", err)
				}
			}
			_ = s.Close()
			if n := int(idles.Load()); n != c.idles {
				t.Errorf("%d times IDLE", n)
			}
		})
	}
}

// TestNewsBeforeWatching: what the server told of while something else went on
// is not forgotten, and told once.
func TestNewsBeforeWatching(t *testing.T) {
	t.Parallel()
	idling := ""
	f, a := scriptedWith(t, " IDLE", 5, func(tag, command string) (string, bool) {
		switch {
		case command == "IDLE":
			idling = tag
			return "+ idling\r\n", true
		case tag == "DONE":
			return idling + " OK\r\n", true
		}
		return "* 6 EXISTS\r\n" + tag + " OK\r\n", true
	})
	s := open(t, f, a)
	if _, _, err := readAll(t, s, []MailID{"1"}); err != nil {
		t.Fatal(err)
	}
	if err := <-watch(t.Context(), s, time.Minute); err != nil {
		t.Errorf("mail that came in between: %v", err)
	}
	if err := <-watch(t.Context(), s, 20*time.Millisecond); !errors.Is(err, errNoNews) {
		t.Errorf("again: %v", err)
	}
}

// TestNewsWhileFinishing: a mail that arrives after the listing shows only in
// the answer to the SELECT of Finish. It is told once; without one there is
// nothing to tell.
func TestNewsWhileFinishing(t *testing.T) {
	t.Parallel()
	for came, want := range map[int]error{0: errNoNews, 1: nil} {
		p := memoryPlace(t, "IDLE", mailtest.Faults{})
		p.fill()
		s := open(t, p.f, p.a)
		if l, err := s.List(t.Context(), Query{}); err != nil || len(l.IDs) != 6 {
			t.Fatal(l.IDs, err)
		}
		for n := range came {
			p.add(6+n, false)
		}
		if _, err := s.Finish(t.Context(), []MailID{"1"}, Disposal{Action: MarkSeen}); err != nil {
			t.Fatal(err)
		}
		if err := <-watch(t.Context(), s, time.Second); !errors.Is(err, want) {
			t.Errorf("%d came: %v", came, err)
		}
		if err := <-watch(t.Context(), s, 20*time.Millisecond); !errors.Is(err, errNoNews) {
			t.Errorf("%d came, again: %v", came, err)
		}
	}
}

// TestTheClockStopsBetweenExchanges: a server that nobody asked anything may
// be silent for longer than Limits.Silence, also while it idles.
func TestTheClockStopsBetweenExchanges(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Cert: cert})
	f, a := fetcher(cert.Roots, d.IMAPS), account(d.IMAPS, ImplicitTLS)
	f.Limits.Silence = time.Second // enough to answer on a busy machine
	s := open(t, f, a)
	<-time.After(2 * f.Limits.Silence) // the caller works
	if _, err := s.List(t.Context(), Query{}); err != nil {
		t.Fatal(err)
	}
	if err := <-watch(t.Context(), s, 2*f.Limits.Silence); !errors.Is(err, errNoNews) {
		t.Fatal(err)
	}
	if _, err := s.List(t.Context(), Query{}); err != nil {
		t.Fatal(err)
	}
}
