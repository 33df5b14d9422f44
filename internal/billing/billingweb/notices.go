package billingweb

import (
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// notices are what is to be known now, the most pressing first.
func (s State) notices(o ui.Org) []Notice {
	var out []Notice
	for _, n := range []Notice{s.returned(), s.missing(o), s.pending(), s.ending(o), s.grace(o), s.twice()} {
		if n.Title != "" {
			out = append(out, n)
		}
	}
	return out
}

// returned is what came of paying, for who comes back from it.
func (s State) returned() Notice {
	switch {
	case s.Until.IsZero():
		return Notice{}
	case s.Account.Paid != nil:
		return Notice{Tone: ui.Good, Title: "Stripe has confirmed your payment. You are on " + Name(s.Account.Paid.Plan) + "."}
	case s.waits():
		return Notice{Tone: ui.Info, Title: "Stripe is confirming your payment.", Words: []string{"This page looks again by itself. You can leave it: the plan begins as soon as the payment is confirmed."}}
	}
	return Notice{Tone: ui.Info, Title: "Stripe has not confirmed a payment yet.", Words: []string{"Some ways of paying take minutes, some take days. The plan begins by itself once it is confirmed, and you get a mail. You need not pay again."}}
}

// missing is a payment that failed.
func (s State) missing(o ui.Org) Notice {
	from := s.Account.LimitsFrom()
	if from.IsZero() {
		return Notice{}
	}
	n := Notice{Tone: ui.Warning, Title: "A payment has been missing since " + format.Day(*s.Account.PastDueSince) + ".",
		Step: Step{Text: "Pay or change the card at Stripe", Action: here(o, "portal"), Primary: true}}
	if s.Account.Lapsed() {
		n.Words = []string{"The limits of Free apply since " + format.Day(from) + ". Once it is paid, " + Name(s.Account.Paid.Plan) + " is in force again."}
		return n
	}
	n.Words = []string{"Until " + format.Day(s.Account.FreeFrom()) + " nothing changes. From then on the limits of Free apply, unless it is paid. Nothing is deleted or set aside before " + format.Day(s.Account.TakenAwayFrom()) + "."}
	return n
}

// pending is a page for paying that is open.
func (s State) pending() Notice {
	c := s.Account.Checkout
	if c == nil || s.Account.Paid != nil || !s.Until.IsZero() || !s.Now.Before(c.Until) {
		return Notice{}
	}
	return Notice{Tone: ui.Info, Title: "A payment page for " + Name(c.Plan) + " is open until " + when(c.Until) + ".",
		Words: []string{"Nothing is paid yet. You can go on there, or choose another plan below, which closes that page."},
		Step:  Step{Text: "Go on paying at Stripe", Href: c.URL, Primary: true}}
}

// ending is a plan that was cancelled.
func (s State) ending(o ui.Org) Notice {
	if s.Account.Paid == nil || !s.Account.Paid.EndsThen {
		return Notice{}
	}
	plan, end := Name(s.Account.Paid.Plan), format.Day(s.Account.Paid.PeriodEnd)
	n := Notice{Tone: ui.Info, Title: "Everything stays as it is until " + end + ".",
		Words: []string{"Nothing is deleted or set aside before " + format.Day(s.Account.TakenAwayFrom()) + "."},
		Step:  Step{Text: "Keep " + plan + " after all", Action: here(o, "resume"), Primary: true}}
	if s.Account.PastDueSince != nil { // what is before that is said of the missing payment
		n.Title, n.Words = plan+" ends on "+end+", and no further payment is asked for.", nil
	}
	return n
}

// grace is the time after a plan became smaller.
func (s State) grace(o ui.Org) Notice {
	a := s.Account
	if a.Kept == "" || a.KeptUntil == nil {
		return Notice{}
	}
	n := Notice{Tone: ui.Warning, Title: "Until " + format.Day(*a.KeptUntil) + " you keep everything that you have.", More: ui.Link{Text: "Take your data with you", Href: o.Path("export")}}
	going := Goes(a.Plan, s.Usage, *a.KeptUntil)
	if len(going) == 0 {
		n.Tone, n.Words = ui.Info, []string{"It fits into " + Name(a.Plan) + ", so nothing goes then. What is new is held to " + Name(a.Plan) + " already."}
		return n
	}
	unless := "you choose a larger plan before"
	switch {
	case a.Lapsed():
		unless = "it is paid before"
	case a.PastDueSince != nil: // of what is smaller already
		unless = "the missing payment comes in and you choose a larger plan before"
	}
	n.Words = append([]string{"New domains, people and reports count by " + Name(a.Plan) + " already. On that day this goes too, unless " + unless + ":"}, going...)
	return n
}

// twice is more than one subscription.
func (s State) twice() Notice {
	if !s.Account.Twice {
		return Notice{}
	}
	return Notice{Tone: ui.Warning, Title: "More than one subscription is paid for this organization.", Words: []string{"The one for the largest plan counts. Ask the operator of this installation to end the other one and to pay it back."}}
}
