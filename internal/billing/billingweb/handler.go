package billingweb

import (
	"cmp"
	"net/http"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/ui"
)

const (
	// pollSeconds is how often a page looks whether a payment is confirmed.
	pollSeconds = 3
	// polling is for how long it does.
	polling = 90 * time.Second
)

// Show shows the organization's plan.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, a org.Access) error {
	if q := r.URL.Query(); q.Get("checkout") == "done" && q.Get("until") == "" {
		q.Set("until", strconv.FormatInt(h.Now().Add(polling).Unix(), 10))
		return httpio.See(w, r, place(a).Address("billing", q))
	}
	p, err := h.page(w, r, a)
	if err != nil {
		return err
	}
	if httpio.Fragment(r) {
		return httpio.OK(w, r, Fragment(p))
	}
	return httpio.OK(w, r, Draw(p))
}

func (h *Web) page(w http.ResponseWriter, r *http.Request, a org.Access) (Page, error) {
	s, err := h.state(r, a)
	if err != nil {
		return Page{}, err
	}
	if s.Account.HasCustomer && !s.waits() {
		if s.Invoices, err = h.Billing.Invoices(r.Context(), a.ID); err != nil {
			h.Log.ErrorContext(r.Context(), "invoices cannot be shown", "org", a.ID, "error", err)
			s.NoInvoices = noInvoices
		}
	}
	return NewPage(h.Frame(w, r, "Billing"), s), nil
}

const noInvoices = "Stripe cannot be asked for them at the moment. Plan and usage are as we know them; please look again in a few minutes."

// state asks for all but invoices. Who comes back from paying has the plan read
// anew; Stripe may be out of reach just then, and is asked again.
func (h *Web) state(r *http.Request, a org.Access) (State, error) {
	q := r.URL.Query()
	s := State{Now: h.Now(), Interval: billing.Interval(q.Get("interval")), Audit: a.Role.May(org.ReadAudit)}
	if until, err := strconv.ParseInt(q.Get("until"), 10, 64); err == nil && q.Get("checkout") == "done" {
		s.Until = time.Unix(until, 0)
		if end := s.Now.Add(polling); s.Until.After(end) {
			s.Until = end
		}
		if err := h.Billing.Sync(r.Context(), a.ID); err != nil && !fault.Is(err, fault.Temporary) {
			h.Log.ErrorContext(r.Context(), "a payment cannot be confirmed", "org", a.ID, "error", err)
		}
	}
	var err error
	if s.Account, err = h.Billing.Account(r.Context(), a.ID); err != nil {
		return s, err
	}
	if s.Interval != billing.Monthly && s.Interval != billing.Yearly {
		s.Interval = billing.Monthly
		if s.Account.Paid != nil {
			s.Interval = s.Account.Paid.Interval
		}
	}
	s.Usage, err = h.Usage(r.Context(), a)
	return s, err
}

// priceOf is what a form or address names.
func priceOf(r *http.Request) (billing.Price, error) {
	p, ok := billing.PriceOf(billing.Price{Plan: billing.PlanID(r.FormValue("plan")), Interval: billing.Interval(r.FormValue("interval"))}.Key())
	if !ok {
		return p, fault.New(fault.NotFound, "There is no such plan.")
	}
	return p, nil
}

// refused reports whether an error is for the person who tried.
func refused(err error) bool {
	return fault.Is(err, fault.Conflict) || fault.Is(err, fault.LimitReached) || fault.Is(err, fault.Invalid)
}

// again shows the page once more where something was refused, or where Stripe
// does not answer.
func (h *Web) again(w http.ResponseWriter, r *http.Request, a org.Access, err error) error {
	if fault.Is(err, fault.Temporary) {
		return h.away(w, r, a, err, "Nothing was charged.")
	}
	if !refused(err) {
		return err
	}
	p, pageErr := h.page(w, r, a)
	if pageErr != nil {
		return pageErr
	}
	p.Error = fault.Sentence(err)
	return httpio.Again(w, r, Draw(p))
}

// away shows the page while Stripe does not answer, with what is sure.
func (h *Web) away(w http.ResponseWriter, r *http.Request, a org.Access, err error, sure string) error {
	s, stateErr := h.state(r, a)
	if stateErr != nil {
		return err
	}
	h.Log.ErrorContext(r.Context(), "a plan cannot be changed now", "org", a.ID, "error", err)
	s.NoInvoices = noInvoices
	p := NewPage(h.Frame(w, r, "Billing"), s)
	p.Error = fault.Sentence(err) + " " + sure
	return httpio.Render(w, r, http.StatusServiceUnavailable, Draw(p))
}

// done goes back to the page after a change.
func (h *Web) done(w http.ResponseWriter, r *http.Request, a org.Access, err error, words string) error {
	if err != nil {
		return h.again(w, r, a, err)
	}
	h.Flash(w, words)
	return httpio.See(w, r, here(place(a), ""))
}

// Subscribe sends the browser to the page where a first plan is paid.
func (h *Web) Subscribe(w http.ResponseWriter, r *http.Request, a org.Access) error {
	p, err := priceOf(r)
	if err != nil {
		return err
	}
	there, err := h.Billing.Subscribe(r.Context(), h.actor(a), p)
	if err != nil {
		return h.again(w, r, a, err)
	}
	return h.handOff(w, r, a, there, "You pay "+Name(p.Plan)+" there, "+Cost(p)+". Then your browser comes back here by itself. Until you pay, nothing is changed.")
}

// Portal sends the browser to the page where cards and addresses are changed.
func (h *Web) Portal(w http.ResponseWriter, r *http.Request, a org.Access) error {
	there, err := h.Billing.Portal(r.Context(), h.actor(a))
	if err != nil {
		return h.again(w, r, a, err)
	}
	return h.handOff(w, r, a, there, "Cards, addresses and what is not paid yet are there. A link on that page leads back here.")
}

func (h *Web) handOff(w http.ResponseWriter, r *http.Request, a org.Access, there, words string) error {
	o := place(a)
	p := ui.HandOffPage{Page: h.Frame(w, r, "On to Stripe").In(ui.SettingsSection, link(o)), To: "Stripe", Words: words, Href: there}
	p.Page.Path, p.Page.Onward = here(o, ""), there
	return httpio.OK(w, r, ui.HandOff(p))
}

// AskChange asks before the plan is changed, with what that costs.
func (h *Web) AskChange(w http.ResponseWriter, r *http.Request, a org.Access) error {
	to, err := priceOf(r)
	if err != nil {
		return err
	}
	p, err := h.changePage(w, r, a, to)
	if err != nil {
		return h.again(w, r, a, err)
	}
	return httpio.OK(w, r, Change(p))
}

func (h *Web) changePage(w http.ResponseWriter, r *http.Request, a org.Access, to billing.Price) (ChangePage, error) {
	q, err := h.Billing.Preview(r.Context(), h.actor(a), to)
	if err != nil {
		return ChangePage{}, err
	}
	s, err := h.state(r, a)
	return NewChange(h.Frame(w, r, "Change the plan"), s, q), err
}

// Change changes the plan as it was agreed to. Where that is not possible any
// more it asks again, with what it costs now.
func (h *Web) Change(w http.ResponseWriter, r *http.Request, a org.Access) error {
	to, err := priceOf(r)
	if err != nil {
		return err
	}
	at, atErr := strconv.ParseInt(r.PostFormValue("at"), 10, 64)
	due, dueErr := strconv.ParseInt(r.PostFormValue("due"), 10, 64)
	if cmp.Or(atErr, dueErr) != nil {
		return httpio.See(w, r, changeHref(place(a), to)) // it agrees to nothing
	}
	err = h.Billing.Change(r.Context(), h.actor(a), billing.Agreed{To: to, At: time.Unix(at, 0), Due: due})
	if refused(err) {
		p, pageErr := h.changePage(w, r, a, to)
		if pageErr != nil { // nor is there anything to ask
			return h.again(w, r, a, err)
		}
		p.Error = fault.Sentence(err)
		if fault.Is(err, fault.LimitReached) {
			p.PortalAction = here(place(a), "portal")
		}
		return httpio.Again(w, r, Change(p))
	}
	if fault.Is(err, fault.Temporary) { // it may have been done before the answer was lost
		return h.away(w, r, a, err, "Whether the plan was changed is not known yet: this page shows it once Stripe answers. It is not charged twice.")
	}
	return h.done(w, r, a, err, "You are on "+Name(to.Plan)+", "+Cost(to)+".")
}

// AskCancel asks before the plan is ended.
func (h *Web) AskCancel(w http.ResponseWriter, r *http.Request, a org.Access) error {
	s, err := h.state(r, a)
	if err != nil {
		return err
	}
	if s.Account.Paid == nil || s.Account.Paid.EndsThen {
		return httpio.See(w, r, here(place(a), "")) // there is nothing to end
	}
	return httpio.OK(w, r, Cancel(NewCancel(h.Frame(w, r, "End the plan"), s)))
}

// Cancel ends the plan with what is paid.
func (h *Web) Cancel(w http.ResponseWriter, r *http.Request, a org.Access) error {
	return h.done(w, r, a, h.Billing.Cancel(r.Context(), h.actor(a)), "Your plan ends with what is paid. Nothing is charged any more.")
}

// Resume takes the end of the plan back.
func (h *Web) Resume(w http.ResponseWriter, r *http.Request, a org.Access) error {
	return h.done(w, r, a, h.Billing.Resume(r.Context(), h.actor(a)), "Your plan goes on.")
}

// ChooseDomains says which domains stay active under a smaller plan.
func (h *Web) ChooseDomains(w http.ResponseWriter, r *http.Request, a org.Access) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, "The choice could not be read. Please try again.", err)
	}
	var keep []fqdn.Name
	ticked := map[string]bool{}
	for _, text := range r.PostForm["domain"] {
		name, err := fqdn.Parse(text)
		if err != nil {
			continue // not one of the page's
		}
		keep, ticked[name.String()] = append(keep, name), true
	}
	err := h.Choose(r.Context(), a, keep)
	if !refused(err) {
		return h.done(w, r, a, err, "The domains that you chose stay active.")
	}
	p, pageErr := h.page(w, r, a)
	if pageErr != nil {
		return pageErr
	}
	if p.Choose.Action == "" {
		p.Error = fault.Sentence(err)
		return httpio.Again(w, r, Draw(p))
	}
	p.Choose.Error = cmp.Or(fault.FieldsOf(err)["domains"], fault.Sentence(err))
	for i, t := range p.Choose.Domains {
		p.Choose.Domains[i].Stays = ticked[t.Name]
	}
	return httpio.Again(w, r, Draw(p))
}
