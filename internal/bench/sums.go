package main

import (
	"context"
	"fmt"
	"time"
)

// The sums that the largest domain's pages stand on, as PostgreSQL answers them.
const (
	perDaySQL = `
		SELECT day, passing, forwarded + fix + unknown FROM daily_totals
		WHERE org_id = $1 AND domain_id = $2 AND day > $3::date - 90`
	topSendersSQL = `
		SELECT sender, sum(messages) FROM daily_senders
		WHERE org_id = $1 AND domain_id = $2 AND day > $3::date - 30 GROUP BY sender ORDER BY 2 DESC LIMIT 50`
)

// inPostgres measures sums of the largest domain, room, and the end of a month.
func (h *crowdHouse) inPostgres(ctx context.Context, t *table) error {
	var d struct{ Org, ID string }
	err := h.admin.QueryRow(ctx, `SELECT org_id::text, domain_id::text FROM reports GROUP BY org_id, domain_id ORDER BY sum(records) DESC LIMIT 1`).Scan(&d.Org, &d.ID)
	if err != nil {
		return err
	}
	for _, sum := range []struct {
		figure, sql string
		most        float64
	}{{"pass and fail a day, 90 days", perDaySQL, 5}, {"top 50 senders, 30 days", topSendersSQL, 50}} {
		var took []float64
		for range 21 {
			start := time.Now()
			if _, err := h.admin.Exec(ctx, sum.sql, d.Org, d.ID, h.now); err != nil {
				return err
			}
			took = append(took, time.Since(start).Seconds()*1000)
		}
		t.row(row{figure: fmt.Sprintf("%s, %d M rows", sum.figure, h.millions), value: median(took), baseline: sum.most, share: true,
			unit: "ms in PostgreSQL", against: "as promised, of the largest domain"})
	}
	return sizes(ctx, h.admin, t.out)
}
