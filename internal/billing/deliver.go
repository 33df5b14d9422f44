package billing

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

// SignatureHeader is the header with a delivery's signature.
const SignatureHeader = "Stripe-Signature"

// MaxDelivery is the largest body of a delivery, in bytes. Events are some
// kilobytes.
const MaxDelivery = 256 << 10

// EventLife is how long deliveries are kept. One that could not be followed by
// then is old news: accounts are compared every night.
const EventLife = 90 * 24 * time.Hour

// EventState is what became of an event.
type EventState string

// The states.
const (
	Waiting EventState = "waiting" // to be done
	Failed  EventState = "failed"  // to be done again
	Done    EventState = "done"    // the state was read anew
	Idle    EventState = "kept"    // nothing follows from it
)

// Deliver stores a delivery of the provider as it came and has it followed, in
// one transaction; one that is stored already changes nothing. Invalid when it
// is not the provider's.
func (s *Service) Deliver(ctx context.Context, header http.Header, body []byte) error {
	if err := s.Gateway.Verify(body, header.Get(SignatureHeader)); err != nil {
		return err
	}
	return s.keep(ctx, header, body)
}

// keep stores a body that is known to be the provider's, and has it followed if
// it is new.
func (s *Service) keep(ctx context.Context, header http.Header, body []byte) error {
	e, err := s.Gateway.Read(body)
	if err != nil {
		return err
	}
	headers, err := json.Marshal(withoutSecrets(header))
	if err != nil {
		return fmt.Errorf("headers of an event: %w", err)
	}
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error {
		added, err := insertEvent(ctx, tx, e, headers, body, s.Now())
		if err != nil || !added {
			return err
		}
		return s.Queue.Enqueue(ctx, tx, FollowEvent{Event: e.ID})
	})
}

// withoutSecrets leaves out what a proxy may have added about somebody else.
func withoutSecrets(h http.Header) http.Header {
	h = h.Clone()
	h.Del("Authorization")
	h.Del("Cookie")
	return h
}

// FollowEvent is the job that does what an event leads to.
type FollowEvent struct {
	Event string `json:"event"`
}

// Kind implements work.Args.
func (FollowEvent) Kind() string { return "follow_stripe_event" }

// Follow does a FollowEvent job. What follows from an event is always the same:
// the state of its organization is read again, and stored together with the
// note that the event is done. So events may come in any order and any number
// of times.
func (s *Service) Follow(ctx context.Context, j FollowEvent) error {
	_, err := s.follow(ctx, j.Event)
	return err
}

func (s *Service) follow(ctx context.Context, id string) (state EventState, err error) {
	var body []byte
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		body, state, err = event(ctx, tx, id)
		return err
	})
	if err != nil || state == Done || state == Idle {
		return state, err
	}
	e, err := s.Gateway.Read(body)
	var org postgres.TenantID
	if err == nil {
		org, err = s.about(ctx, e)
	}
	switch {
	case err == nil && org.IsZero():
		return Idle, s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return settle(ctx, tx, id, Idle, "", "", s.Now()) })
	case err == nil:
		err = s.sync(ctx, org, func(ctx context.Context, tx postgres.Tx) error {
			return settle(ctx, tx, id, Done, e.Customer, "", s.Now())
		})
	}
	if err == nil {
		return Done, nil
	}
	customer := ""
	if !org.IsZero() {
		customer = e.Customer // so that it goes with its organization
	}
	noted := s.DB.InTx(context.WithoutCancel(ctx), func(ctx context.Context, tx postgres.Tx) error {
		return settle(ctx, tx, id, Failed, customer, fault.KindOf(err).String(), s.Now())
	})
	if noted != nil {
		return Failed, fmt.Errorf("%w; and that was not noted: %w", err, noted)
	}
	return Failed, err
}

// about returns whose state may have changed by an event; zero when nothing
// follows from it.
func (s *Service) about(ctx context.Context, e Event) (org postgres.TenantID, err error) {
	if e.Customer == "" || e.Live != s.Gateway.Live() || !matters(e.Type) {
		return org, nil
	}
	err = s.DB.InSystem(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		org, err = orgOf(ctx, tx, e.Customer)
		return err
	})
	return org, err
}

// matters reports whether events of a type may change what is stored.
func matters(kind string) bool {
	for _, prefix := range [...]string{"customer.", "checkout.session.", "invoice."} {
		if strings.HasPrefix(kind, prefix) {
			return true
		}
	}
	return false
}

// ForgetEvents is the job that removes deliveries whose time is over.
type ForgetEvents struct{}

// Kind implements work.Args.
func (ForgetEvents) Kind() string { return "forget_stripe_events" }

// ForgetEvents does a ForgetEvents job.
func (s *Service) ForgetEvents(ctx context.Context, _ ForgetEvents) error {
	return s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) error { return removeEvents(ctx, tx, s.Now().Add(-EventLife)) })
}

// OpenEvent is one that is still to be done, without anything of a customer's.
type OpenEvent struct {
	ID         string     `db:"event_id"`
	Type       string     `db:"type"`
	ReceivedAt time.Time  `db:"received_at"`
	State      EventState `db:"state"`
	Attempts   int        `db:"attempts"`
	Failure    string     `db:"failure"` // the sort of error of the last attempt
}

// OpenEvents lists up to n events that failed or have been waiting for more than
// a minute, the oldest first, and counts all of them.
func (s *Service) OpenEvents(ctx context.Context, n int) (list []OpenEvent, total int, err error) {
	err = s.DB.InTx(ctx, func(ctx context.Context, tx postgres.Tx) (err error) {
		list, total, err = openEvents(ctx, tx, s.Now().Add(-time.Minute), n)
		return err
	})
	return list, total, err
}
