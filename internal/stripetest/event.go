package stripetest

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// Event is one that was sent, or would have been.
type Event struct {
	ID, Type string
	Body     []byte
}

type event struct {
	thing
	kind string
	body []byte
}

// MarshalJSON writes it as it was delivered.
func (e *event) MarshalJSON() ([]byte, error) { return e.body, nil }

// Events lists all, the oldest first.
func (s *Server) Events() []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := make([]Event, 0, len(s.events))
	for _, e := range s.events {
		list = append(list, Event{e.ID, e.kind, e.body})
	}
	return list
}

// Deliver has events from now on be delivered to an address, signed with
// Secret, in any order, and again for a while where they are not taken; ""
// ends that.
func (s *Server) Deliver(address string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoints = slices.DeleteFunc(s.endpoints, func(e *endpoint) bool { return e.secret == s.Secret })
	if address != "" {
		s.endpoints.add(&endpoint{thing: s.newThing("we", "webhook_endpoint", call{}), URL: address, Events: []string{"*"}, Status: "enabled", secret: s.Secret})
	}
}

// Sign returns the header Stripe-Signature for a body that is sent now.
func (s *Server) Sign(body []byte) string { return sign(s.Secret, body) }

func sign(secret string, body []byte) string {
	at := time.Now().Unix() // receivers hold it to the clock, whatever time a test plays
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at, body)
	return fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(mac.Sum(nil)))
}

// Emit makes an event about anything.
func (s *Server) Emit(kind string, object any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit(kind, object)
}

// emit makes an event with what a thing is now. Held: mu.
func (s *Server) emit(kind string, object any) {
	e := &event{thing: s.newThing("evt", "event", call{}), kind: kind}
	e.body = encode(map[string]any{
		"id": e.ID, "object": e.Object, "api_version": version, "created": e.Created, "livemode": e.Livemode, "pending_webhooks": 1,
		"type": kind, "request": map[string]any{"id": nil, "idempotency_key": nil}, "data": map[string]any{"object": object},
	})
	s.events.add(e)
	for _, to := range s.endpoints {
		if to.Status == "enabled" && (slices.Contains(to.Events, kind) || slices.Contains(to.Events, "*")) {
			go s.deliver(to.URL, to.secret, e.body)
		}
	}
}

// deliver sends a body until it is taken, for half a minute at most.
func (s *Server) deliver(address, secret string, body []byte) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}
	for wait := 100 * time.Millisecond; wait < 20*time.Second; wait *= 2 {
		if s.post(client, address, secret, body) {
			return
		}
		select {
		case <-s.ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

func (s *Server) post(client *http.Client, address, secret string, body []byte) (taken bool) {
	req, err := http.NewRequestWithContext(s.ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("Stripe-Signature", sign(secret, body))
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	return resp.StatusCode < http.StatusMultipleChoices
}

func (s *Server) listEvents(c call) (any, *problem) {
	types := c.list("types")
	if len(types) > 20 {
		return nil, invalid("types", "Up to 20 types may be given.")
	}
	from, before := int64(0), int64(1)<<62
	for name, bound := range map[string]*int64{"created[gte]": &from, "created[lt]": &before} {
		if text := c.Get(name); text != "" {
			n, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return nil, invalid(name, "Invalid integer: "+text)
			}
			*bound = n
		}
	}
	return s.events.page(c, func(e *event) bool {
		return e.Created >= from && e.Created < before && (types == nil || slices.Contains(types, e.kind))
	})
}

func (s *Server) getEvent(c call) (any, *problem) {
	e, found := s.events.get(c.id)
	if !found {
		return nil, missing(http.StatusNotFound, "event", c.id)
	}
	return json.RawMessage(e.body), nil
}
