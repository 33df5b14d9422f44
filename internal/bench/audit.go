package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
)

// changes is how many changes all writers together make in one measurement.
const changes = 2000

// trail measures what recording costs: changes of one organization, each a
// transaction of one row, by writers that all want the head of its chain, with
// and without an event by turns.
func trail(ctx context.Context, t *table) error {
	h, err := openHouse(ctx)
	if err != nil {
		return err
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: h.server.URL(postgres.RoleApp, "bench"), MaxConnections: 16})
	if err != nil {
		return errors.Join(err, h.close(ctx))
	}
	h.db.Close()
	h.db = db
	for _, c := range []struct {
		writers int
		wanted  float64
	}{{1, 0.4}, {4, 0.2}, {16, 0.1}} {
		var with, without []float64
		for range rounds {
			w, err1 := h.change(ctx, c.writers, h.trail.Record)
			o, err2 := h.change(ctx, c.writers, func(context.Context, postgres.Tx, ...audit.Event) error { return nil })
			if err := errors.Join(err1, err2); err != nil {
				return errors.Join(err, h.close(ctx))
			}
			with, without = append(with, w), append(without, o)
		}
		t.row(row{figure: fmt.Sprintf("change and event in one organization, writers: %d", c.writers), value: median(with), baseline: median(without),
			unit: "changes/s", against: "the same without an event", wanted: c.wanted})
	}
	return h.close(ctx)
}

// change makes changes and returns how many a second.
func (h *house) change(ctx context.Context, writers int, record func(context.Context, postgres.Tx, ...audit.Event) error) (float64, error) {
	ended := make(chan error, writers)
	start := time.Now()
	for range writers {
		go func() {
			for range changes / writers {
				err := h.db.InOrg(ctx, h.org, func(ctx context.Context, tx postgres.Tx) error {
					id := uid.New[struct{}]()
					_, err := tx.Exec(ctx, `INSERT INTO domains (org_id, domain_id, name, added_at) VALUES ($1, $2, $3, $4)`, h.org, id, id.String()+".example", present)
					if err != nil {
						return err
					}
					return record(ctx, tx, audit.Event{Org: h.org, Person: h.access.Person, Action: "domain.add", Subject: id.String() + ".example", At: present})
				})
				if err != nil {
					ended <- err
					return
				}
			}
			ended <- nil
		}()
	}
	var errs []error
	for range writers {
		errs = append(errs, <-ended)
	}
	return changes / time.Since(start).Seconds(), errors.Join(errs...)
}
