package billing

import "slices"

// PlanID names a plan in the database and at the payment provider.
type PlanID string

// The plans, from the smallest to the largest.
const (
	Free     PlanID = "free"
	Personal PlanID = "personal"
	Pro      PlanID = "pro"
	Business PlanID = "business"
)

// Interval is how often a plan is paid.
type Interval string

// The intervals.
const (
	Monthly Interval = "month"
	Yearly  Interval = "year"
)

// Intervals lists both, the shorter one first.
func Intervals() []Interval { return []Interval{Monthly, Yearly} }

// Currency is that of all prices, as ISO 4217 has it in small letters.
const Currency = "usd"

// Plan is what an organization can buy. In a limit, 0 is none at all and
// unlimited is -1.
type Plan struct {
	ID            PlanID
	Name          string
	Monthly       int64 // cents a month, paid by the month
	Yearly        int64 // cents a month, paid by the year
	Domains       int
	Reports       int // aggregate reports a month
	Seats         int
	RetentionDays int
}

const unlimited = -1

// Plans is the one table of what is sold, from the smallest to the largest.
func Plans() []Plan {
	return []Plan{
		{Free, "Free", 0, 0, 1, 100, 1, 30},
		{Personal, "Personal", 599, 499, 5, 1_000, 1, 365},
		{Pro, "Pro", 2399, 1999, 20, 10_000, 3, 730},
		{Business, "Business", 5999, 4999, 50, 50_000, 10, unlimited},
	}
}

// PlanOf returns the plan with the id, Free for one that is not known.
func PlanOf(id PlanID) Plan {
	all := Plans()
	return all[max(0, rank(id))]
}

// rank orders plans; -1 for one that is not known.
func rank(id PlanID) int {
	return slices.IndexFunc(Plans(), func(p Plan) bool { return p.ID == id })
}

// Less reports whether a plan gives less than another.
func (id PlanID) Less(other PlanID) bool { return rank(id) < rank(other) }

// Allowance is what the plan gives of a limit.
func (p Plan) Allowance(l Limit) Allowance {
	n := map[Limit]int{Domains: p.Domains, Reports: p.Reports, Seats: p.Seats, RetentionDays: p.RetentionDays}[l]
	return Allowance{Unlimited: n == unlimited, Max: max(0, n), Largest: p.ID == Business}
}

// Price is one way of paying for a plan.
type Price struct {
	Plan     PlanID
	Interval Interval
}

// Price returns the plan's price for an interval.
func (p Plan) Price(i Interval) Price { return Price{p.ID, i} }

// Prices lists what can be paid, in the order of plans and intervals.
func Prices() []Price {
	var list []Price
	for _, p := range Plans() {
		if p.Monthly == 0 {
			continue
		}
		for _, i := range Intervals() {
			list = append(list, p.Price(i))
		}
	}
	return list
}

// String names the price where people read it: "pro by the month".
func (p Price) String() string { return string(p.Plan) + " by the " + string(p.Interval) }

// Key is the price's look-up key at the payment provider, which connects what
// is there with this table. It is never reused for another amount: an amount
// that changes moves the key to a new price.
func (p Price) Key() string { return "sendvery_" + string(p.Plan) + "_" + string(p.Interval) }

// Cents is what is paid at once, for the whole interval.
func (p Price) Cents() int64 {
	plan := PlanOf(p.Plan)
	if p.Interval == Yearly {
		return 12 * plan.Yearly
	}
	return plan.Monthly
}

// PriceOf returns the price with a look-up key.
func PriceOf(key string) (Price, bool) {
	list := Prices()
	n := slices.IndexFunc(list, func(p Price) bool { return p.Key() == key })
	if n < 0 {
		return Price{}, false
	}
	return list[n], true
}
