package billing

import (
	"context"
	"fmt"
	"slices"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// TellPlan is the job that writes to one owner about the plan.
type TellPlan struct {
	Org     postgres.TenantID `json:"org"`
	Person  postgres.PersonID `json:"person"`
	Subject Subject           `json:"subject"`
	From    PlanID            `json:"from,omitempty"`
	Days    int               `json:"days,omitempty"`
}

// Kind implements work.Args.
func (TellPlan) Kind() string { return "tell_plan" }

// Tell does a TellPlan job. Nobody is told what is no longer so: that a plan is
// in force or ends, that a payment is missing, or that a grace ends.
func (s *Service) Tell(ctx context.Context, j TellPlan) error {
	var people People
	var account Account
	err := s.DB.InOrg(ctx, j.Org, func(ctx context.Context, tx postgres.Tx) (err error) {
		if people, err = s.People(ctx, tx, j.Org); err != nil {
			return err
		}
		r, err := load(ctx, tx, j.Org)
		account = r.account()
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	n := slices.IndexFunc(people.Owners, func(o Owner) bool { return o.ID == j.Person })
	if n < 0 || !j.Subject.stands(account) {
		return nil
	}
	letter, err := s.Compose(ctx, people, Notice{Subject: j.Subject, Account: account, From: j.From, Days: j.Days})
	if err != nil {
		return fmt.Errorf("compose mail about a plan: %w", err)
	}
	if letter.Subject == "" {
		return nil
	}
	letter.To, letter.ID = people.Owners[n].Email, uid.New[TellPlan]().String()
	return s.Mail.Send(ctx, letter)
}

// stands reports whether there is still something to tell.
func (s Subject) stands(a Account) bool {
	switch s {
	case PlanChanged:
		return a.Paid != nil && !a.Lapsed()
	case PaymentFailed:
		return a.PastDueSince != nil
	case GraceReminder:
		return a.Kept != ""
	case PlanEnds:
		return a.Paid != nil && a.Paid.EndsThen
	}
	return true
}
