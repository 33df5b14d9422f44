// Package billing knows what an organization pays for and what its plan allows.
//
// The payment provider (Gateway) has the truth: what is stored here is what it
// said last (Sync), so that events may come in any order, twice or never.
// Without a provider there are no plans and no limits.
package billing

import (
	"context"
	"log/slog"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
)

const (
	// PaymentGrace is how long a plan whose payment failed goes on. The provider
	// tries the payment again meanwhile.
	PaymentGrace = 14 * 24 * time.Hour
	// DowngradeGrace is how long nothing is taken away after a plan became
	// smaller or ended.
	DowngradeGrace = 30 * 24 * time.Hour
)

// Account is how an organization pays and what it may have.
type Account struct {
	Org          postgres.TenantID
	Plan         PlanID     // whose limits new things are held to
	Kept         PlanID     // a larger one that was given up: what it gave is not taken away before KeptUntil; empty without
	KeptUntil    *time.Time // nil without
	Paid         *Paid      // nil without a subscription
	PastDueSince *time.Time // since when a payment is missing; nil = it is not
	Twice        bool       // more than one subscription is paid; the largest counts
	Checkout     *Pending   // a page that is open for paying; nil without
	HasCustomer  bool       // the provider knows the organization: there may be invoices
}

// Paid is a subscription that gives a plan.
type Paid struct {
	Price
	Status    Status
	PeriodEnd time.Time
	EndsThen  bool // it was cancelled and ends with the period
}

// Pending is a page for paying that was opened and not completed.
type Pending struct {
	Price
	URL   string
	Until time.Time
}

// LimitsFrom is when the limits of Free apply unless a missing payment comes
// in; zero when none is missing.
func (a Account) LimitsFrom() time.Time {
	if a.PastDueSince == nil {
		return time.Time{}
	}
	return a.PastDueSince.Add(PaymentGrace)
}

// FreeFrom is when the limits of Free apply if things go on as they are: no
// payment comes in, and what was cancelled ends. Zero when the plan goes on.
func (a Account) FreeFrom() time.Time {
	end := a.LimitsFrom()
	if a.Paid != nil && a.Paid.EndsThen && (end.IsZero() || a.Paid.PeriodEnd.Before(end)) {
		end = a.Paid.PeriodEnd
	}
	return end
}

// TakenAwayFrom is the day before which nothing is deleted or set aside, if
// things go on as they are. Zero when the plan goes on.
func (a Account) TakenAwayFrom() time.Time {
	end := a.FreeFrom()
	switch {
	case a.KeptUntil != nil:
		return *a.KeptUntil
	case end.IsZero():
		return end
	}
	return end.Add(DowngradeGrace)
}

// Lapsed reports whether a plan is not in force any more because its payment is
// missing.
func (a Account) Lapsed() bool { return a.Paid != nil && a.Plan != a.Paid.Plan }

// Actor is an owner who changes something about their organization's plan.
type Actor struct {
	Org    postgres.TenantID
	Name   string // of the organization
	Person postgres.PersonID
	Email  string
	Back   string // the whole address of the page that they come back to
}

// Owner is one of those who decide about an organization's plan.
type Owner struct {
	ID    postgres.PersonID
	Email string
}

// People are those who are told about an organization's plan.
type People struct {
	Slug, Name string
	Owners     []Owner
}

// Service is what can be done about plans. It is used only where a payment
// provider is configured.
type Service struct {
	DB      *postgres.DB
	Trail   *audit.Trail
	Queue   work.Enqueuer
	Gateway Gateway
	Mail    mailer.Sender
	Log     *slog.Logger
	Now     func() time.Time
	// People are asked for in the transaction; NotFound for an organization that
	// is being deleted.
	People func(ctx context.Context, tx postgres.Tx, org postgres.TenantID) (People, error)
	// Compose writes the mail of a notice; one without a subject when there is
	// nothing to tell.
	Compose func(ctx context.Context, to People, n Notice) (mailer.Message, error)
	// Grown is told, in its transaction, that an organization may have more than
	// before.
	Grown func(ctx context.Context, tx postgres.Tx, org postgres.TenantID) error
	// Shrunk is told, in its transaction, that the grace of a smaller plan is
	// over: what is beyond the plan is to be set aside.
	Shrunk func(ctx context.Context, tx postgres.Tx, org postgres.TenantID, p Plan) error
}

// Subject is what a mail about a plan is about.
type Subject string

// The subjects.
const (
	PlanChanged   Subject = "plan_changed"   // it became larger, or is paid at other intervals
	PlanEnds      Subject = "plan_ends"      // it was cancelled and ends with its period
	PaymentFailed Subject = "payment_failed" // it is missing and will be tried again
	GraceReminder Subject = "grace_reminder" // the first one says that the plan became smaller
)

// Notice is what a mail about a plan says.
type Notice struct {
	Subject Subject
	Account Account // as it is when the mail is written
	From    PlanID  // what the plan was: PlanChanged, and GraceReminder 30 days ahead; empty = there were no plans
	Days    int     // GraceReminder: 30, 7 or 1 until KeptUntil
}
