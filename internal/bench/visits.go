package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strconv"
	"time"

	"github.com/jackc/pgx/v5"
)

// watched is a domain of the crowd with values that filters take.
type watched struct {
	Org       string   `db:"org_id"`
	Slug      string   `db:"slug"`
	ID        string   `db:"domain_id"`
	Name      string   `db:"name"`
	Rows      int64    `db:"rows"`
	Place     int64    `db:"place"`   // by rows, of N
	N         int64    `db:"n"`       // domains of all organizations
	Domains   int64    `db:"domains"` // of its organization
	Turn      int64    `db:"turn"`    // within its organization
	Senders   []string `db:"senders"`
	Reporters []string `db:"reporters"`
	Countries []string `db:"countries"`
	IPs       []string `db:"ips"`
	Reports   []int64  `db:"reports"`

	Last time.Time `db:"last"` // day with reports
}

// places are where pages are asked for.
type places struct {
	anywhere []watched // a domain of each organization
	largest  watched
	median   watched // the domain in the middle, by rows
	agency   watched // a domain of the organization with the most
}

func (h *crowdHouse) findPlaces(ctx context.Context) (p places, err error) {
	rows, err := h.admin.Query(ctx, `
		WITH sized AS (SELECT org_id, domain_id, sum(records)::bigint AS rows FROM reports GROUP BY org_id, domain_id),
		placed AS (
			SELECT org_id, domain_id, rows, row_number() OVER (ORDER BY rows DESC) AS place, count(*) OVER () AS n, count(*) OVER (PARTITION BY org_id) AS domains,
			       row_number() OVER (PARTITION BY org_id ORDER BY md5(domain_id::text)) AS turn
			FROM sized)
		SELECT @now::date AS last, org_id::text, o.slug, domain_id::text, d.name, s.rows, s.place, s.n, s.domains, s.turn,
		       array(SELECT DISTINCT sender FROM (SELECT sender FROM daily_senders x WHERE x.org_id = s.org_id AND x.domain_id = s.domain_id ORDER BY day DESC LIMIT 500) x) AS senders,
		       array(SELECT DISTINCT reporter FROM (SELECT reporter FROM daily_receivers x WHERE x.org_id = s.org_id AND x.domain_id = s.domain_id ORDER BY day DESC LIMIT 2000) x) AS reporters,
		       array(SELECT DISTINCT country FROM sources x WHERE x.org_id = s.org_id AND x.domain_id = s.domain_id AND country <> '') AS countries,
		       array(SELECT host(source_ip) FROM sources x WHERE x.org_id = s.org_id AND x.domain_id = s.domain_id ORDER BY md5(host(source_ip)) LIMIT 100) AS ips,
		       array(SELECT report_id FROM reports x WHERE x.org_id = s.org_id AND x.domain_id = s.domain_id ORDER BY day DESC LIMIT 500) AS reports
		FROM placed s JOIN domains d USING (org_id, domain_id) JOIN organizations o USING (org_id)
		WHERE place = 1 OR place = n / 2 OR turn = 1 ORDER BY s.org_id, s.turn`, pgx.NamedArgs{"now": h.now})
	if err != nil {
		return p, err
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[watched])
	for _, w := range list {
		if w.Place == 1 {
			p.largest = w
		}
		if w.Place == w.N/2 {
			p.median = w
		}
		if w.Turn == 1 {
			p.anywhere = append(p.anywhere, w)
			if w.Domains > p.agency.Domains {
				p.agency = w
			}
		}
	}
	return p, err
}

// page is one of the program's pages. One of a domain shows nothing of others.
type page struct {
	name     string
	ofDomain bool
	path     func(watched, *rand.Rand) string
}

// pagesMeasured are all that show what reports say.
var pagesMeasured = []page{
	{"overview", false, func(d watched, r *rand.Rand) string { return "/o/" + d.Slug + "/?" + d.span(r).Encode() }},
	{"domains", false, func(d watched, r *rand.Rand) string { return "/o/" + d.Slug + "/domains?" + d.span(r).Encode() }},
	{"domain", true, func(d watched, r *rand.Rand) string {
		return "/o/" + d.Slug + "/domains/" + d.Name + "?" + d.span(r).Encode()
	}},
	{"senders", false, func(d watched, r *rand.Rand) string { return "/o/" + d.Slug + "/senders?" + d.filter(r, 2).Encode() }},
	{"senders of a domain", true, func(d watched, r *rand.Rand) string { return "/o/" + d.Slug + "/senders?" + d.filter(r, 1).Encode() }},
	{"sender drawer", true, func(d watched, r *rand.Rand) string {
		q := d.span(r)
		q.Set("domain", d.Name)
		q.Set("of", d.Name)
		q.Set("show", one(d.Senders, r))
		return "/o/" + d.Slug + "/senders?" + q.Encode()
	}},
	{"reports", false, func(d watched, r *rand.Rand) string { return "/o/" + d.Slug + "/reports?" + d.filter(r, 2).Encode() }},
	{"report", true, func(d watched, r *rand.Rand) string {
		return "/o/" + d.Slug + "/reports/" + strconv.FormatInt(d.Reports[r.IntN(len(d.Reports))], 10)
	}},
	{"receivers", false, func(d watched, r *rand.Rand) string { return "/o/" + d.Slug + "/reporters?" + d.filter(r, 2).Encode() }},
}

func one(list []string, r *rand.Rand) string {
	if len(list) == 0 {
		return ""
	}
	return list[r.IntN(len(list))]
}

// span is a random range of days that pages lead to: up to today, or, by a chart
// that is zoomed in, earlier.
func (d watched) span(r *rand.Rand) url.Values {
	if r.IntN(4) == 0 {
		from := d.Last.AddDate(0, 0, -28-r.IntN(60))
		return url.Values{"from": {from.Format(time.DateOnly)}, "to": {from.AddDate(0, 0, r.IntN(28)).Format(time.DateOnly)}}
	}
	return url.Values{"days": {one([]string{"7", "28", "90"}, r)}}
}

// filter is a random one: one of so many is about one domain, and each value is
// there in one of four.
func (d watched) filter(r *rand.Rand, domain int) url.Values {
	q := d.span(r)
	if r.IntN(domain) == 0 {
		q.Set("domain", d.Name)
	}
	for _, some := range []struct {
		name   string
		values []string
	}{
		{"class", []string{"passing", "forwarded", "fix", "unknown"}}, {"sender", d.Senders}, {"reporter", d.Reporters}, {"country", d.Countries},
		{"disposition", []string{"none", "quarantine", "reject"}}, {"dkim", []string{"pass", "fail"}}, {"spf", []string{"pass", "fail"}},
	} {
		if value := one(some.values, r); r.IntN(4) == 0 {
			q.Set(some.name, value)
		}
	}
	if r.IntN(5) == 0 && len(d.IPs) > 0 {
		q.Set("ip", d.network(r))
	}
	return q
}

// network is an address that sent, or the network around it.
func (d watched) network(r *rand.Rand) string {
	ip := one(d.IPs, r)
	if r.IntN(2) == 0 {
		return ip
	}
	if bits := 24; len(ip) <= len("255.255.255.255") {
		return fmt.Sprintf("%s/%d", ip, bits)
	}
	return ip + "/64"
}
