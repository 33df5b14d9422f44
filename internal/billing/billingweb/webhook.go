package billingweb

import (
	"context"
	"errors"
	"io"
	"net/http"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/limit"
)

// Webhook takes what the payment provider delivers.
type Webhook struct {
	Deliver func(ctx context.Context, header http.Header, body []byte) error
	Wrong   *limit.Limiter // bounds what is not the provider's, per network
	Network func(r *http.Request) string
}

// Take answers 200 once a delivery is stored, and 400 to what is not the
// provider's, of which nothing is kept.
func (h *Webhook) Take(w http.ResponseWriter, r *http.Request) error {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, billing.MaxDelivery))
	if err == nil {
		err = h.Deliver(r.Context(), r.Header, body)
	} else if _, large := errors.AsType[*http.MaxBytesError](err); large {
		err = fault.New(fault.Invalid, "This is larger than any event.")
	}
	if err == nil {
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if !fault.Is(err, fault.Invalid) {
		return err
	}
	wait, limited := h.Wrong.Take(r.Context(), h.Network(r))
	switch {
	case limited != nil:
		return limited
	case wait > 0:
		return &fault.Error{Kind: fault.LimitReached, Wait: wait, Sentence: "There were many deliveries from your network that are not the payment provider's. Please wait and try again."}
	}
	return httpio.JSON(w, http.StatusBadRequest, refusal{fault.Sentence(err)})
}

// refusal is what a stranger learns.
type refusal struct {
	Detail string `json:"detail"`
}
