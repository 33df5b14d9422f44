package auth

import (
	"context"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/limit"
)

// Limits bound how often links are asked for and codes are tried. A person
// over a limit is told how long to wait, and that links sent before still
// work, so nobody can lock another out.
type Limits struct {
	pair, network, address, code *limit.Limiter
}

// NewLimits makes the limits: 5 an hour for an address and network together,
// 10 an hour for a network, 20 a day for an address, 30 codes an hour for a network.
func NewLimits(limiter limit.Maker) (*Limits, error) {
	var l Limits
	for _, d := range []struct {
		into  **limit.Limiter
		name  string
		burst int
		per   time.Duration
	}{
		{&l.pair, "sign-in pair", 5, time.Hour},
		{&l.network, "sign-in network", 10, time.Hour},
		{&l.address, "sign-in address", 20, 24 * time.Hour},
		{&l.code, "sign-in code", 30, time.Hour},
	} {
		var err error
		if *d.into, err = limiter(d.name, d.burst, d.per); err != nil {
			return nil, err
		}
	}
	l.address = l.address.Quiet() // what others did with an address is not the asker's to know
	return &l, nil
}

// ask takes one turn of asking for a link.
func (l *Limits) ask(ctx context.Context, email string, c Client) error {
	network := limit.Network(c.Address)
	for _, turn := range []struct {
		limiter *limit.Limiter
		key     string
	}{{l.pair, email + "\x00" + network}, {l.network, network}, {l.address, email}} {
		wait, err := turn.limiter.Take(ctx, turn.key)
		if err != nil {
			return err
		}
		if wait > 0 {
			return tooOften(wait, "Too many links were asked for.", " Links that were sent before still work.")
		}
	}
	return nil
}

// try takes one turn of typing a code.
func (l *Limits) try(ctx context.Context, c Client) error {
	wait, err := l.code.Take(ctx, limit.Network(c.Address))
	if err != nil {
		return err
	}
	if wait > 0 {
		return tooOften(wait, "Too many codes were tried.", " The link in the mail still works.")
	}
	return nil
}

func tooOften(wait time.Duration, what, still string) error {
	minutes := int((wait + time.Minute - 1) / time.Minute)
	unit := "minutes"
	if minutes == 1 {
		unit = "minute"
	}
	return &fault.Error{Kind: fault.LimitReached, Wait: wait,
		Sentence: fmt.Sprintf("%s Please wait %d %s and try again.%s", what, minutes, unit, still)}
}
