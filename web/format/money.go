package format

import "strings"

// Money writes an amount in cents of a currency, named as ISO 4217 does in any
// letters: "$5.99", "−€3.20", "1 250.00 CHF".
func Money(cents int64, currency string) string {
	sign := ""
	if cents < 0 {
		sign, cents = "−", -cents
	}
	amount := Count(cents/100) + "." + string([]byte{'0' + byte(cents/10%10), '0' + byte(cents%10)})
	switch strings.ToLower(currency) {
	case "usd":
		return sign + "$" + amount
	case "eur":
		return sign + "€" + amount
	case "gbp":
		return sign + "£" + amount
	}
	return sign + amount + Fixed + strings.ToUpper(currency)
}
