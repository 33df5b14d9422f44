package stripegw

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/stripe/stripe-go/v76"

	"sendvery.com/sendvery/internal/fault"
)

// failure turns what came of a request into a fault; nil stays nil. Stripe's
// own words are for the log: they are written for whoever runs the program.
func failure(doing string, err error) error {
	if err == nil {
		return nil
	}
	e, answered := errors.AsType[*stripe.Error](err)
	if !answered { // the network, or an answer that is not Stripe's
		return fault.Wrap(fault.Temporary, away, fmt.Errorf("%s: %w", doing, err))
	}
	cause := fmt.Errorf("%s: %w", doing, answer(e))
	switch {
	case e.Type == stripe.ErrorTypeCard, e.HTTPStatusCode == http.StatusPaymentRequired:
		return fault.Wrap(fault.LimitReached, "The payment did not go through: the card was declined, or its bank asks for your confirmation. Nothing was changed. Try another card, or ask the bank.", cause)
	case e.Code == stripe.ErrorCodeResourceMissing:
		return fault.Wrap(fault.NotFound, "Stripe, which handles our payments, does not have this any more.", cause)
	case e.Type == stripe.ErrorTypeIdempotency, e.HTTPStatusCode == http.StatusConflict, e.HTTPStatusCode == http.StatusTooManyRequests,
		e.HTTPStatusCode >= http.StatusInternalServerError:
		return fault.Wrap(fault.Temporary, away, cause)
	}
	return cause // a wrong key or a wrong request: nothing that a person could mend
}

const away = "Stripe, which handles our payments, does not answer at the moment. Please try again in a minute."

// answer is an error of Stripe's for the log. The library's own text would hold
// whole payments with their secrets. What Stripe says in words may repeat what
// was sent and is kept only where no code says it.
func answer(e *stripe.Error) error {
	words := ""
	if e.Code == "" {
		words = ": " + e.Msg
	}
	return fmt.Errorf("stripe answers %d %s code=%s decline=%s param=%s request=%s%s", e.HTTPStatusCode, e.Type, e.Code, e.DeclineCode, e.Param, e.RequestID, words)
}

// refused reports whether Stripe understood a request and would not do it.
func refused(err error) bool {
	e, ok := errors.AsType[*stripe.Error](err)
	return ok && (e.HTTPStatusCode == http.StatusBadRequest || e.HTTPStatusCode == http.StatusNotFound)
}
