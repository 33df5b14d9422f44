package billing

import (
	"context"
	"time"

	"sendvery.com/sendvery/internal/postgres"
)

// Gateway is all that is asked of the payment provider. Its errors are faults:
// Temporary where it is worth trying again, NotFound for what it does not have,
// Conflict for what is not possible any more in the state that it is in, and
// LimitReached for a card that was declined. An attempt is a key of our own: a
// call that is repeated with the same one is done once.
type Gateway interface {
	// Live reports whether payments are real ones.
	Live() bool
	// CreateCustomer returns the id of a new customer.
	CreateCustomer(ctx context.Context, attempt string, c Customer) (id string, err error)
	// Customers calls back for every customer that belongs to an organization and
	// was made since then; zero is ever.
	Customers(ctx context.Context, since time.Time, each func(Customer) error) error
	// Subscriptions lists the customer's, ended ones too, the newest first, 100 at
	// most. A customer that is deleted has none; one that was never there is an
	// error, because the account may be the wrong one.
	Subscriptions(ctx context.Context, customer string) ([]Subscription, error)
	// Checkout opens a page where a first subscription is paid.
	Checkout(ctx context.Context, attempt string, o Order) (Checkout, error)
	// ExpireCheckout closes such a page; Conflict when it was completed.
	ExpireCheckout(ctx context.Context, id string) error
	// Portal returns the address of a page where the customer changes cards and
	// finds invoices. It opens for whoever has it, for some minutes. NotFound for a
	// customer that is deleted.
	Portal(ctx context.Context, customer, back string) (url string, err error)
	// Preview says what a change would cost, without doing it.
	Preview(ctx context.Context, c Change) (Preview, error)
	// Change changes the price of a subscription and asks for what it costs at
	// once. When that cannot be paid nothing is changed: LimitReached.
	Change(ctx context.Context, attempt string, c Change) error
	// CancelAtEnd says whether the subscription ends with the period that is paid.
	CancelAtEnd(ctx context.Context, subscription string, ends bool) error
	// End ends a subscription at once. One that has ended is left as it is.
	End(ctx context.Context, subscription string) error
	// Invoices lists the customer's last ones, the newest first; none of a customer
	// that is deleted.
	Invoices(ctx context.Context, customer string, n int) ([]Invoice, error)
	// Verify checks that a delivery is the provider's: the signature over the body
	// is by one of the secrets and no older than five minutes. Invalid otherwise.
	Verify(body []byte, signature string) error
	// Read reads what was verified.
	Read(body []byte) (Event, error)
	// Event fetches one by its id as it would be delivered.
	Event(ctx context.Context, id string) (body []byte, err error)
	// Events calls back for those created since then that the provider still has
	// (30 days), the oldest first.
	Events(ctx context.Context, since time.Time, each func(body []byte) error) error
}

// Customer is who pays for an organization.
type Customer struct {
	ID    string
	Org   postgres.TenantID
	Name  string // of the organization
	Email string
}

// Status is the state of a subscription, in the provider's words.
type Status string

// The states.
const (
	Incomplete        Status = "incomplete" // the first payment is under way
	IncompleteExpired Status = "incomplete_expired"
	Trialing          Status = "trialing"
	Active            Status = "active"
	PastDue           Status = "past_due" // a payment failed and is tried again
	Unpaid            Status = "unpaid"
	Canceled          Status = "canceled"
	Paused            Status = "paused"
)

// Pays reports whether it gives what it is for: it is paid, or a payment that
// failed is still tried again.
func (s Status) Pays() bool { return s == Trialing || s == Active || s == PastDue }

// Subscription is one as the provider has it.
type Subscription struct {
	ID          string
	Item        string // its one line; a change names it
	Status      Status
	Key         string // of its price; empty for a price that is not in the table
	Created     time.Time
	PeriodStart time.Time
	PeriodEnd   time.Time // up to when it is paid, or was to be
	EndsThen    bool      // it is cancelled at the end of the period
}

// Order is a first subscription that is to be paid.
type Order struct {
	Customer string
	Org      postgres.TenantID
	Price    Price
	Back     string    // the page to come back to
	Until    time.Time // when its page closes; at least 30 minutes ahead
}

// Checkout is a page where it is paid.
type Checkout struct {
	ID    string
	URL   string
	Until time.Time
}

// Change is another price for a subscription.
type Change struct {
	Customer     string
	Subscription string
	Item         string
	To           Price
	At           time.Time // what is left of the period is counted from here, in whole seconds
}

// Preview is what a change costs.
type Preview struct {
	Currency string
	Lines    []Line // with Tax they add up to Due
	Due      int64  // cents to pay at once, tax included; negative: a credit for later invoices
	Tax      int64  // cents
}

// Line is one of an invoice.
type Line struct {
	Text  string
	Cents int64
}

// Invoice is one that was written.
type Invoice struct {
	Number   string
	At       time.Time
	Cents    int64 // in all
	Currency string
	Status   string // draft, open, paid, uncollectible, void
	URL      string // the page where it is shown and paid; empty when there is none yet
	PDF      string
}

// Event is a hint that something changed. What it says of it is not believed:
// the state is read again.
type Event struct {
	ID       string
	Type     string
	Created  time.Time
	Live     bool
	Customer string // that it is about; empty when it names none
}
