package app

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"sendvery.com/sendvery/internal/crowd"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
)

// CrowdPlan says how much a demonstration has.
type CrowdPlan = crowd.Plan

// Crowd is what a demonstration fills a database with.
type Crowd struct {
	CrowdPlan
	Email string // of the person to whom all organizations belong
	Add   bool   // beside organizations that are there already
	// Progress is told from time to time how many rows are stored.
	Progress func(rows int64)
}

// fillers is how many organizations are filled at the same time.
const fillers = 3

// filledRows is about how many rows a transaction of a demonstration stores.
const filledRows = 8000

// FillCrowd makes a demonstration's organizations with their reports, and
// returns how many rows these have.
func (a *App) FillCrowd(ctx context.Context, c Crowd) (rows int64, err error) {
	there, err := a.orgs.All(ctx)
	if err != nil {
		return 0, err
	}
	if len(there) > 0 && !c.Add {
		return 0, fmt.Errorf("this database has %d organizations: a demonstration wants one of its own, or --add", len(there))
	}
	person, err := a.auth.Enrol(ctx, c.Email)
	if err != nil {
		return 0, err
	}
	f := &filling{app: a, Crowd: c, person: person}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	made := make(chan crowdOrg)
	var wait sync.WaitGroup
	for range fillers {
		wait.Go(func() {
			for o := range made {
				if err := f.fill(ctx, o); err != nil {
					cancel(fmt.Errorf("%s: %w", o.Name, err))
				}
			}
		})
	}
	for _, o := range c.Make() { // one after the other, so that they are listed in this order
		settled, err := f.settle(ctx, o)
		if err != nil {
			cancel(err)
			break
		}
		made <- settled
	}
	close(made)
	wait.Wait()
	return f.rows.Load(), context.Cause(ctx)
}

// filling is a demonstration on its way into the database.
type filling struct {
	Crowd
	app    *App
	person postgres.PersonID
	rows   atomic.Int64
}

// crowdOrg is an organization of the crowd that is there, still without
// reports.
type crowdOrg struct {
	org.Organization
	domains map[domain.ID]*crowd.Domain
}

// settle makes an organization and its domains.
func (f *filling) settle(ctx context.Context, o crowd.Organization) (crowdOrg, error) {
	made, err := f.app.orgs.Settle(ctx, f.person, o.Name)
	if err != nil {
		return crowdOrg{}, err
	}
	settled := crowdOrg{made, map[domain.ID]*crowd.Domain{}}
	byName := map[fqdn.Name]*crowd.Domain{}
	names := make([]fqdn.Name, len(o.Domains))
	for i, d := range o.Domains {
		names[i], byName[d.Name] = d.Name, d
	}
	access := org.Access{Membership: org.Membership{Organization: made, Role: org.Owner}, Person: f.person, Email: f.Email}
	if err := f.app.domains.Add(ctx, access, names); err != nil {
		return settled, err
	}
	list, err := f.app.domains.List(ctx, made.ID)
	for _, d := range list {
		settled.domains[d.ID] = byName[d.Name]
	}
	return settled, err
}

// fill stores an organization's reports, and who sent what they report.
func (f *filling) fill(ctx context.Context, o crowdOrg) error {
	filler := f.app.reports.Filler(o.ID)
	identities := map[domain.ID]map[netip.Addr]crowd.Identified{}
	for id, d := range o.domains {
		identities[id] = d.Identities()
		if err := f.reports(ctx, filler, id, d); err != nil {
			return err
		}
	}
	if err := f.learn(ctx, identities); err != nil {
		return err
	}
	return filler.Finish(ctx, func(id domain.ID, ip netip.Addr) report.MadeSource {
		i := identities[id][ip]
		return report.MadeSource{Sender: i.Key, Country: i.Country, Tie: i.Tie, Evidence: i.Evidence}
	})
}

// reports stores the reports of one domain.
func (f *filling) reports(ctx context.Context, filler *report.Filler, id domain.ID, d *crowd.Domain) error {
	var some []report.Made
	rows := 0
	for day := range f.Days {
		for _, r := range d.Reports(day) {
			r.Domain = id
			some, rows = append(some, r), rows+len(r.Rows)
		}
		if rows < filledRows && day < f.Days-1 {
			continue
		}
		if err := errors.Join(ctx.Err(), filler.Add(ctx, f.Day(day).Add(30*time.Hour), some)); err != nil {
			return err
		}
		f.Progress(f.rows.Add(int64(rows)))
		some, rows = nil, 0
	}
	return nil
}

// learn makes known what anybody can find out about addresses.
func (f *filling) learn(ctx context.Context, identities map[domain.ID]map[netip.Addr]crowd.Identified) error {
	facts := map[netip.Addr]sender.Facts{}
	for _, of := range identities {
		for ip, i := range of {
			facts[ip] = i.Facts
		}
	}
	return f.app.senders.Learn(ctx, facts)
}
