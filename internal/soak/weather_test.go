package soak

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/mailtest"
)

// chance returns a number below n.
func (s *soak) chance(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.random.IntN(n)
}

// about returns a time between half and one and a half of d.
func (s *soak) about(d time.Duration) time.Duration {
	return d/2 + time.Duration(s.chance(int(d)))
}

// somewhere returns a place in a stream of bytes: as often among its first
// thousand as among its last million.
func (s *soak) somewhere() int {
	return int(math.Exp(float64(s.chance(1000)) / 1000 * math.Log(1<<20)))
}

// weather is what happens to the next connection.
func (s *soak) weather() mailtest.Spoil {
	var w mailtest.Spoil
	if !s.stormy.Load() {
		return w
	}
	switch dice := s.chance(100); {
	case dice < 25:
		w.CutAfter = 1 + s.somewhere()
	case dice < 30:
		w.FromServer = garble(s.somewhere())
	}
	if s.chance(100) < 30 {
		w.Delay = time.Duration(s.chance(int(30 * time.Millisecond)))
	}
	return w
}

// garble changes one bit so many bytes from the start.
func garble(at int) func([]byte) []byte {
	return func(b []byte) []byte {
		if at >= 0 && at < len(b) {
			b[at] ^= 4
		}
		at -= len(b)
		return b
	}
}

// storm connects the mailboxes one after the other, delivers the rest of the
// mails, and breaks what can be broken.
func (s *soak) storm() {
	s.stormy.Store(true)
	ctx, cancel := context.WithCancel(s.Context())
	var busy sync.WaitGroup
	for i, a := range s.accounts {
		busy.Go(func() {
			s.wait(ctx, s.plan.storm/2*time.Duration(i)/time.Duration(len(s.accounts)))
			for ctx.Err() == nil {
				s.note(s.ownerOf(i).tend(ctx, a))
				s.wait(ctx, s.about(s.plan.storm/100+time.Second))
			}
		})
	}
	began := time.Now()
	blows := s.blows()
	for i, blow := range blows {
		due := began.Add(s.plan.storm * time.Duration(i+1) / time.Duration(len(blows)+1))
		s.deliverUntil(began, due.Add(s.about(time.Second)))
		blow()
		s.tell()
	}
	s.deliverUntil(began, began.Add(s.plan.storm))
	s.deliver(1)
	cancel()
	busy.Wait()
}

// blows are the kills and crashes in the order in which they come.
func (s *soak) blows() []func() {
	var all []func()
	for i := range s.kills {
		all = append(all, func() {
			s.aim(moments[i%len(moments)])
			if s.replicas[s.chance(len(s.replicas))].kill() {
				s.killed++
			}
		})
	}
	for i := range s.crashes {
		all = slices.Insert(all, len(all)*(i+1)/(s.crashes+1), func() { s.db.crash(s.T) })
	}
	return all
}

// moments are when a kill may do most harm: whenever it comes, while mails are
// stored, and between that and what becomes of them.
var moments = [...]string{
	`SELECT true`,
	`SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND state IN ('active', 'idle in transaction')
		AND query ~ 'INSERT INTO (reports|receipts|originals)')`,
	`SELECT EXISTS (SELECT FROM mailbox_unfinished)`,
}

// aim waits for a moment, a few seconds at most.
func (s *soak) aim(moment string) {
	ctx, cancel := context.WithTimeout(s.Context(), s.plan.storm/20+time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.db.server.SuperuserURL(databaseName))
	if err != nil {
		return
	}
	defer conn.Close(context.WithoutCancel(ctx))
	for now := false; !now && err == nil; {
		err = conn.QueryRow(ctx, moment).Scan(&now)
	}
}

// deliverUntil delivers mails as they are due in the storm.
func (s *soak) deliverUntil(began, end time.Time) {
	for time.Now().Before(end) {
		s.deliver((1 + 2*min(1, time.Since(began).Seconds()/s.plan.storm.Seconds())) / 3)
		s.wait(s.Context(), 100*time.Millisecond)
	}
}

// calm has everything read to its end.
func (s *soak) calm() {
	s.stormy.Store(false)
	for _, p := range s.proxies {
		p.CutAll()
	}
	ctx, cancel := context.WithTimeout(s.Context(), s.plan.calm)
	defer cancel()
	var busy sync.WaitGroup
	for i, a := range s.accounts {
		busy.Go(func() { s.readToTheEnd(ctx, s.ownerOf(i), a) })
	}
	busy.Wait()
	s.tell()
}

// readToTheEnd has a mailbox read until nothing is left of it.
func (s *soak) readToTheEnd(ctx context.Context, o *owner, a *account) {
	for ctx.Err() == nil {
		if err := o.tend(ctx, a); err != nil {
			s.note(err)
			s.wait(ctx, time.Second)
			continue
		}
		for range 40 { // a dead replica's lease takes half a minute
			s.wait(ctx, time.Second)
			if rested, err := o.rested(ctx, a); err == nil && rested {
				return
			}
			if m, ok, err := o.find(ctx, a); err != nil || !ok || m.NextAt == nil || m.Failure != nil || m.FinishFailure != nil {
				break // it needs its owner again
			}
		}
	}
	m, _, err := o.find(context.WithoutCancel(ctx), a)
	s.Errorf("%s (%s, %s) is not read to its end within %s: %+v %v", a.settings.Username, a.protocol, a.after, s.plan.calm, m, err)
}

// wait waits so long, or until the context ends.
func (s *soak) wait(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// note remembers what an owner was told.
func (s *soak) note(err error) {
	if err == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[err.Error()]++
}

// tell says how it stands.
func (s *soak) tell() {
	came, falls := 0, 0
	for _, a := range s.accounts {
		came += a.came
	}
	for _, r := range s.replicas {
		falls += r.falls()
	}
	s.mu.Lock()
	failed := maps.Clone(s.failed)
	s.mu.Unlock()
	stored, err := ask[string](s.Context(), s.db, `SELECT (SELECT count(*) FROM reports) || ' reports, ' || (SELECT count(*) FROM mailbox_unfinished) || ' mails to finish, ' ||
		(SELECT string_agg(state || ' ' || n, ', ') FROM (SELECT state, count(*) AS n FROM mailboxes GROUP BY state) AS s) || '; read now: ' ||
		(SELECT count(*) FROM mailboxes WHERE lease_until > now())`)
	s.Logf("%s: %d mails came, %d kills, %d falls, %d kinds of errors; %s %v", fmt.Sprint(time.Since(s.began).Round(time.Second)), came, s.killed, falls, len(failed), stored, err)
}
