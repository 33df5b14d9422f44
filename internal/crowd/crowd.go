// Package crowd makes up many organizations with what their domains' reports
// would say: for looking at the program, and for measuring it. It touches no
// database. Like package demo it is for development, and its senders' addresses
// are of ranges that nobody sends from (RFC 1918, RFC 2544, RFC 3849, RFC 5737,
// RFC 6598).
//
// Sizes are as skewed as those of customers. The first organization has the
// largest domain, with an eighth of all rows; the second is an agency with up
// to three hundred domains; each of the others has a few. Domains stand at
// different points of the way to p=reject (stage.go), and the same providers
// send for many of them.
package crowd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"sendvery.com/sendvery/internal/fqdn"
)

// Plan says how much there is to be. The same plan makes the same crowd.
type Plan struct {
	Organizations int
	Days          int       // with reports, the last of them the day before Until
	Rows          int       // of all reports together, about
	Until         time.Time // its UTC date counts
	Seed          uint64
}

// Organization is one of the crowd.
type Organization struct {
	Name    string
	Domains []*Domain
}

// Shares of all rows.
const (
	largestShare = 0.125
	agencyShare  = 0.15
)

// agencyDomains is how many domains the agency has among enough organizations.
const agencyDomains = 300

// Make returns the organizations, the one with the largest domain first.
func (p Plan) Make() []Organization {
	var list []Organization
	c := p.chance(1)
	for i := range p.Organizations {
		domains := 1 + c.IntN(5)
		switch i {
		case 0:
			domains = len(stages)
		case 1:
			domains = min(agencyDomains, 15*p.Organizations)
		}
		list = append(list, Organization{Name: fmt.Sprintf("Demonstration %d", i+1), Domains: make([]*Domain, domains)})
	}
	n := 0
	for i, o := range list {
		shares := p.shares(i, len(o.Domains))
		for j := range o.Domains {
			o.Domains[j] = p.domain(n, domainName(i, j), stages[j%len(stages)], shares[j]*float64(p.Rows))
			n++
		}
	}
	return list
}

// domainName is unique among all (RFC 2606).
func domainName(org, n int) fqdn.Name {
	switch {
	case org == 0 && n == 0:
		return "example.org"
	case org == 0 && n == 1:
		return "example.com"
	case org == 0 && n == 2:
		return "example.net"
	case org == 1:
		return fqdn.Name(fmt.Sprintf("client-%d.example", n+1))
	}
	return fqdn.Name(fmt.Sprintf("team-%d-%d.example", org+1, n+1))
}

// shares divides what an organization has of all rows among its domains.
func (p Plan) shares(org, domains int) []float64 {
	all := 1.0
	if p.Organizations > 1 {
		all -= agencyShare
	}
	var first float64 // of the first organization, whose domains other than the largest are small
	if p.Organizations > 2 {
		first = largestShare * 1.2
	} else {
		first = all
	}
	size, steepness := first, 0.0
	switch org {
	case 0:
	case 1:
		size, steepness = agencyShare, 0.7
	default:
		sum := 0.0
		for i := 2; i < p.Organizations; i++ {
			sum += weight(i-1, 0.6)
		}
		size, steepness = (all-first)*weight(org-1, 0.6)/sum, 1.2
	}
	shares := make([]float64, domains)
	if org == 0 {
		shares[0] = largestShare
		for i := 1; i < domains; i++ {
			shares[i] = (size - shares[0]) / float64(domains-1)
		}
		return shares
	}
	sum := 0.0
	for i := range shares {
		shares[i] = weight(i+1, steepness)
		sum += shares[i]
	}
	for i := range shares {
		shares[i] *= size / sum
	}
	return shares
}

// weight is that of the nth largest of many.
func weight(n int, steepness float64) float64 { return math.Pow(float64(n), -steepness) }

// chance is a source of numbers that depends on the seed and the keys only, so
// that one part does not shift when another changes.
func (p Plan) chance(keys ...uint64) *rand.Rand {
	h := p.Seed
	for _, k := range keys {
		h = (h ^ k) * 0x9e3779b97f4a7c15
		h ^= h >> 32
	}
	return rand.New(rand.NewPCG(p.Seed, h))
}

// Day returns the date of a day, counted from 0.
func (p Plan) Day(n int) time.Time {
	return p.Until.UTC().Truncate(24*time.Hour).AddDate(0, 0, n-p.Days)
}
