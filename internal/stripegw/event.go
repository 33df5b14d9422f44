package stripegw

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v76"
	"github.com/stripe/stripe-go/v76/webhook"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
)

const (
	// tolerance is how far the time in a signature may be from ours.
	tolerance = 5 * time.Minute
	// kept is how long Stripe has events.
	kept = 30 * 24 * time.Hour
)

// eventTypes are what deliveries are asked for.
func eventTypes() []string {
	return []string{
		"checkout.session.completed", "checkout.session.expired",
		"customer.deleted", "customer.updated",
		"customer.subscription.created", "customer.subscription.deleted", "customer.subscription.paused",
		"customer.subscription.pending_update_applied", "customer.subscription.pending_update_expired",
		"customer.subscription.resumed", "customer.subscription.trial_will_end", "customer.subscription.updated",
		"invoice.finalized", "invoice.paid", "invoice.payment_failed",
	}
}

// Verify checks that a delivery is Stripe's: the signature over the body is by
// one of the secrets and no older than five minutes. Invalid otherwise, and
// always without a secret.
func (g *Gateway) Verify(body []byte, signature string) error {
	err := errors.New("there is no secret to verify it by")
	for _, secret := range g.secrets {
		if err = webhook.ValidatePayloadWithTolerance(body, signature, secret, tolerance); err == nil {
			break
		}
	}
	if err == nil && signedAt(signature).Sub(g.now()) > tolerance { // the library bounds only the past
		err = errors.New("the signature is of the future")
	}
	if err != nil {
		return fault.Wrap(fault.Invalid, "This was not sent by Stripe, or long ago.", err)
	}
	return nil
}

// signedAt returns the time in a signature that was verified: the last one, as
// the library reads it.
func signedAt(signature string) time.Time {
	var at time.Time
	for part := range strings.SplitSeq(signature, ",") {
		if text, ok := strings.CutPrefix(part, "t="); ok {
			seconds, _ := strconv.ParseInt(text, 10, 64) // verified
			at = time.Unix(seconds, 0)
		}
	}
	return at
}

// Read reads what was verified.
func (*Gateway) Read(body []byte) (billing.Event, error) {
	var e struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Created  int64  `json:"created"`
		Livemode bool   `json:"livemode"`
		Data     struct {
			Object struct {
				ID       string `json:"id"`
				Object   string `json:"object"`
				Customer named  `json:"customer"`
			} `json:"object"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &e); err != nil || e.ID == "" || e.Type == "" {
		return billing.Event{}, fault.Wrap(fault.Invalid, "This is not an event.", err)
	}
	read := billing.Event{ID: e.ID, Type: e.Type, Created: time.Unix(e.Created, 0), Live: e.Livemode, Customer: string(e.Data.Object.Customer)}
	if e.Data.Object.Object == "customer" {
		read.Customer = e.Data.Object.ID
	}
	return read, nil
}

// named is the id of an object that stands there by its id or as a whole.
type named string

// UnmarshalJSON reads either; what is neither names none.
func (n *named) UnmarshalJSON(data []byte) error {
	if id, ok := stripe.ParseID(data); ok {
		*n = named(id)
		return nil
	}
	var whole struct {
		ID string `json:"id"`
	}
	if json.Unmarshal(data, &whole) == nil {
		*n = named(whole.ID)
	}
	return nil
}

// Event fetches one by its id as it would be delivered.
func (g *Gateway) Event(ctx context.Context, id string) ([]byte, error) {
	e, err := g.api.Events.Get(id, &stripe.EventParams{Params: asking(ctx)})
	if err != nil {
		return nil, failure("fetch an event", err)
	}
	return e.LastResponse.RawJSON, nil
}

// Events calls back for those created since then that Stripe still has, the
// oldest first, of the types that are delivered. Stripe lists the newest first:
// it is asked for a day at a time, so that no more is held.
func (g *Gateway) Events(ctx context.Context, since time.Time, each func(body []byte) error) error {
	now := g.now()
	if oldest := now.Add(-kept); since.Before(oldest) {
		since = oldest
	}
	const day = 24 * 60 * 60
	for from := since.Unix(); from <= now.Unix(); from += day {
		bodies, err := g.eventsIn(ctx, from, from+day)
		if err != nil {
			return err
		}
		for _, body := range slices.Backward(bodies) {
			if err := each(body); err != nil {
				return err
			}
		}
	}
	return nil
}

// eventsIn lists events from one second up to, without, another, the newest
// first.
func (g *Gateway) eventsIn(ctx context.Context, from, to int64) ([]json.RawMessage, error) {
	params := &stripe.EventListParams{
		ListParams:   stripe.ListParams{Context: ctx, Limit: stripe.Int64(page), Single: true},
		CreatedRange: &stripe.RangeQueryParams{GreaterThanOrEqual: from, LesserThan: to},
		Types:        stripe.StringSlice(eventTypes()),
	}
	var all []json.RawMessage
	for {
		it := g.api.Events.List(params)
		if err := it.Err(); err != nil {
			return nil, failure("list events", err)
		}
		list := it.EventList()
		var raw struct {
			Data []json.RawMessage `json:"data"`
		}
		if err := json.Unmarshal(list.LastResponse.RawJSON, &raw); err != nil {
			return nil, failure("list events", err)
		}
		all = append(all, raw.Data...)
		if !list.HasMore || len(list.Data) == 0 {
			return all, nil
		}
		params.StartingAfter = stripe.String(list.Data[len(list.Data)-1].ID)
	}
}
