package billingweb

import (
	"slices"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/web/format"
)

// Name is the plan's name for people.
func Name(id billing.PlanID) string { return billing.PlanOf(id).Name }

// Cost is what is paid at once, and how often: "$59.88 a year".
func Cost(p billing.Price) string {
	return format.Money(p.Cents(), billing.Currency) + every(p.Interval)
}

func every(i billing.Interval) string {
	if i == billing.Yearly {
		return " a year"
	}
	return " a month"
}

// Gives is what a plan allows, in a few words each.
func Gives(p billing.Plan) []string {
	return []string{
		number(p, billing.Domains, "domain", "domains"),
		number(p, billing.Reports, "report", "reports") + " a month",
		number(p, billing.Seats, "seat", "seats"),
		"reports kept " + kept(p.Allowance(billing.RetentionDays)),
	}
}

// Holds says to what a smaller plan holds all that is new.
func Holds(p billing.Plan) string {
	g := Gives(p)
	return "what is new is held to " + p.Name + ": " + g[0] + ", " + g[1] + " and " + g[2] + "."
}

func number(p billing.Plan, l billing.Limit, one, many string) string {
	a := p.Allowance(l)
	if a.Unlimited {
		return "any number of " + many
	}
	return format.Of(a.Max, one, many)
}

func kept(days billing.Allowance) string {
	if days.Unlimited {
		return "without end"
	}
	return "for " + format.Of(days.Max, "day", "days")
}

// holds is what a smaller plan refuses or lets wait from its first day.
func holds(to billing.Plan, u Usage) []string {
	var out []string
	if !to.Allowance(billing.Reports).Allows(u.Reports) {
		out = append(out, format.Of(u.Reports, "report", "reports")+" came this month and "+to.Name+" has "+format.Count(to.Reports)+": further ones wait for the next month.")
	}
	if !to.Allowance(billing.Domains).Allows(len(u.Domains) + 1) {
		out = append(out, format.Of(len(u.Domains), "domain is", "domains are")+" there and "+to.Name+" has "+format.Count(to.Domains)+", so none can be added.")
	}
	if !to.Allowance(billing.Seats).Allows(u.Seats) {
		out = append(out, "Nobody loses access. "+format.Of(u.Seats, "seat is", "seats are")+" taken and "+to.Name+" has "+format.Count(to.Seats)+", so nobody new can be invited.")
	}
	return out
}

// Goes is what a smaller plan takes away on a day, when its grace is over.
func Goes(to billing.PlanID, u Usage, day time.Time) []string {
	var out []string
	p := billing.PlanOf(to)
	beyond := slices.DeleteFunc(slices.Clone(u.beyond(p)), func(d Domain) bool { return d.Aside })
	if n := len(beyond); n > 0 {
		out = append(out, format.Count(n)+" of your "+format.Of(len(u.Domains), "domain", "domains")+" "+are(n)+" set aside: "+listed(beyond)+
			". What they have can be read, and new reports about them wait. You can choose others to set aside.")
	}
	if n := p.Allowance(billing.RetentionDays); !u.Oldest.IsZero() && !n.Allows(age(u.Oldest, day)) {
		out = append(out, "Reports older than "+format.Of(n.Max, "day", "days")+" are deleted. Yours go back to "+format.Day(u.Oldest)+".")
	}
	return out
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// beyond are the domains that a plan has no room for.
func (u Usage) beyond(p billing.Plan) []Domain {
	if p.Allowance(billing.Domains).Allows(len(u.Domains)) {
		return nil
	}
	return u.Domains[p.Domains:]
}

// namesShown is how many domains a sentence lists by name.
const namesShown = 6

// listed names domains; of many, the first and how many more.
func listed(list []Domain) string {
	var names []string
	for _, d := range list[:min(len(list), namesShown)] {
		names = append(names, d.Name)
	}
	if more := len(list) - namesShown; more > 0 {
		return strings.Join(names, ", ") + " and " + format.Count(more) + " more"
	}
	return strings.Join(names, ", ")
}

// age is how many days ago a day was.
func age(day, now time.Time) int { return int(now.Sub(day) / (24 * time.Hour)) }

// when is a moment of today in words that fit in a sentence.
func when(t time.Time) string { return t.UTC().Format("15:04") + " UTC" }

// statuses are those of invoices.
var statuses = map[string]string{"draft": "Being written", "open": "Not paid yet", "paid": "Paid", "uncollectible": "Never paid", "void": "Void"}
