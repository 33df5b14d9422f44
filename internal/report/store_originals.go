package report

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/mailauth"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// Suggestion is a domain that reports arrived for although nobody watches it.
type Suggestion struct {
	Name    fqdn.Name `db:"name"`
	Reports int64     `db:"reports"`
}

// suggestionsSQL leaves out reports whose original is gone: adding their domain
// would not count them.
const suggestionsSQL = `
	SELECT i.domain AS name, count(*) AS reports FROM receipt_items i
	JOIN originals o ON o.org_id = i.org_id AND o.receipt_id = i.receipt_id
	WHERE i.org_id = @org AND i.verdict = 'held' AND i.reason = ANY(@reasons) AND i.domain IS NOT NULL
	GROUP BY i.domain ORDER BY count(*) DESC, i.domain`

// waitingForDomain are the reasons of what is held until its domain is watched,
// or is active again.
func waitingForDomain() []Reason { return []Reason{ReasonUnwatched, ReasonSetAside} }

// heldDomains counts the reports that wait for their domain by that, the most
// first.
func heldDomains(ctx context.Context, tx postgres.Tx, org org.ID) ([]Suggestion, error) {
	rows, err := tx.Query(ctx, suggestionsSQL, postgres.NamedArgs{"org": org, "reasons": waitingForDomain()})
	if err != nil {
		return nil, fmt.Errorf("held domains: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Suggestion])
	if err != nil {
		return nil, fmt.Errorf("held domains: %w", err)
	}
	return list, nil
}

// releasable returns up to n receipts, and no more than one large original at
// once, that hold a report of a domain that is watched and active by now: oldest
// first, and newest first where a plan may count only some of them.
func (s *Service) releasable(ctx context.Context, tx postgres.Tx, org org.ID, n int) ([]item, error) {
	held, err := heldDomains(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	all, err := domain.All(ctx, tx, org)
	if err != nil {
		return nil, err
	}
	domains, active := make(map[fqdn.Name]domain.ID, len(all)), map[domain.ID]bool{}
	for _, d := range all {
		domains[d.Name], active[d.ID] = d.ID, d.SetAsideAt == nil
	}
	var names []string
	for _, h := range held {
		if id, ok := watched(domains, h.Name); ok && active[id] {
			names = append(names, h.Name.String())
		}
	}
	if len(names) == 0 {
		return nil, nil
	}
	order := oldestFirst
	if s.Plans.Of != nil {
		order = newestFirst
	}
	return s.readOriginals(ctx, tx, org, `r.org_id = @org AND EXISTS (
			SELECT FROM receipt_items i WHERE i.org_id = @org AND i.receipt_id = r.receipt_id
			AND i.verdict = 'held' AND i.reason = ANY(@reasons) AND i.domain = ANY(@names))`, order,
		postgres.NamedArgs{"org": org, "reasons": waitingForDomain(), "names": names, "n": n})
}

// The orders of receipts r: as they came, by the end of the range of what is
// held in them for the plan, and as they are chosen.
const (
	oldestFirst = `r.receipt_id`
	newestFirst = `(SELECT max(i.end_at) FROM receipt_items i WHERE i.org_id = r.org_id AND i.receipt_id = r.receipt_id AND i.verdict = 'held') DESC NULLS LAST, r.receipt_id DESC`
	asChosen    = `array_position(@ids::bigint[], r.receipt_id)`
)

// addOriginals keeps the bytes of items, compressed. Those of one part are
// queued, larger ones written as they are compressed.
func (g *group) addOriginals(b *postgres.Batch, items []item) error {
	var ids []int64
	var contents [][]byte
	for _, it := range items {
		if !it.keepable() {
			continue
		}
		n, last := 0, it.packed
		if last == nil {
			var err error
			last, err = g.s.pack(it.content, it.size, func(part []byte) error {
				n++
				return g.storeOriginal(it.receipt, n-1, part)
			})
			if err != nil {
				return err
			}
		}
		if n == 0 {
			ids, contents = append(ids, int64(it.receipt)), append(contents, last)
		} else if err := g.storeOriginal(it.receipt, n, last); err != nil {
			return err
		}
	}
	if len(ids) > 0 {
		b.Queue(`
			INSERT INTO originals (org_id, receipt_id, content) SELECT $1, o.* FROM unnest($2::bigint[], $3::bytea[]) AS o
			ON CONFLICT DO NOTHING`, g.org, ids, sparseBytes(contents))
	}
	return nil
}

// storeOriginal writes one of several parts.
func (g *group) storeOriginal(id ReceiptID, n int, part []byte) error {
	sql := `INSERT INTO original_parts (org_id, receipt_id, content, part) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	args := []any{g.org, id, part, n}
	if n == 0 {
		sql, args = `INSERT INTO originals (org_id, receipt_id, content) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, args[:3]
	}
	if _, err := g.tx.Exec(g.ctx, sql, args...); err != nil {
		return fmt.Errorf("store original: %w", err)
	}
	return nil
}

// originalAt returns a part of a stored original; nil when there is none.
func originalAt(ctx context.Context, tx postgres.Tx, org org.ID, id ReceiptID, n int) (part []byte, err error) {
	sql := `SELECT content FROM original_parts WHERE org_id = $1 AND receipt_id = $2 AND part = $3`
	args := []any{org, id, n}
	if n == 0 {
		sql, args = `SELECT content FROM originals WHERE org_id = $1 AND receipt_id = $2`, args[:2]
	}
	err = tx.QueryRow(ctx, sql, args...).Scan(&part)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return nil, fmt.Errorf("read original: %w", err)
	}
	return part, nil
}

// largeOriginal is from where on originals, together, are enough for one time.
const largeOriginal = 4 << 20

// readOriginals makes items of the first @n originals, in an order, whose
// receipts r are as the condition says, to be discarded by the caller. It stops after one that is
// large: the rest stays for another time, and in the database. One that is
// damaged and waits to be read is refused, so that it stands in nobody's way;
// any other stays what it is. The bytes stay, for whoever can mend them.
func (s *Service) readOriginals(ctx context.Context, tx postgres.Tx, org org.ID, condition, order string, args postgres.NamedArgs) ([]item, error) {
	items, err := chooseOriginals(ctx, tx, condition, order, args)
	if err != nil {
		return nil, err
	}
	for i := range items {
		it := &items[i]
		switch original, err := s.unpack(ctx, tx, org, it.receipt); {
		case errors.Is(err, errDamaged):
			s.Log.ErrorContext(ctx, "a stored original cannot be unpacked", "receipt", it.receipt, "error", err)
			it.reason, it.unreadable = ReasonOurFault, true
		case err != nil:
			discard(items)
			return nil, err
		default:
			it.keep(original)
		}
	}
	return items, nil
}

func chooseOriginals(ctx context.Context, tx postgres.Tx, condition, order string, args postgres.NamedArgs) ([]item, error) {
	args["enough"] = largeOriginal
	rows, err := tx.Query(ctx, `
		SELECT r.receipt_id, r.source, r.mailbox_id, r.size, r.verdict, r.auth_method, r.auth_result, r.auth_domain, o.damaged
		FROM (SELECT next.org_id, next.receipt_id, next.place, sum(next.size) OVER (ORDER BY next.place) - next.size AS ahead FROM (
			SELECT r.org_id, r.receipt_id, r.size, row_number() OVER (ORDER BY `+order+`) AS place
			FROM receipts r JOIN originals o USING (org_id, receipt_id)
			WHERE `+condition+` ORDER BY `+order+` LIMIT @n) AS next) AS chosen
		JOIN receipts r USING (org_id, receipt_id) JOIN originals o USING (org_id, receipt_id)
		WHERE org_id = @org AND ahead < @enough ORDER BY place`, args)
	if err != nil {
		return nil, fmt.Errorf("choose originals: %w", err)
	}
	var items []item
	it := item{again: true, stored: true}
	var box *mailbox.ID
	var method, outcome, domain *string
	_, err = pgx.ForEachRow(rows, []any{&it.receipt, &it.source, &box, &it.size, &it.was, &method, &outcome, &domain, &it.damaged}, func() error {
		if it.mailbox = (mailbox.ID{}); box != nil {
			it.mailbox = *box
		}
		if it.auth = authenticatedAs(method, outcome, domain); it.auth != nil && it.auth.Result == mailauth.TempError {
			it.auth = nil // it may be known by now
		}
		items = append(items, it)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("choose originals: %w", err)
	}
	return items, nil
}

// authenticatedAs is what a receipt says about who its mail comes from.
func authenticatedAs(method, outcome, domain *string) *mailauth.Verdict {
	if method == nil || outcome == nil {
		return nil
	}
	v := &mailauth.Verdict{Method: mailauth.Method(*method), Result: mailauth.Result(*outcome)}
	if domain != nil {
		v.Domain = fqdn.Name(*domain)
	}
	return v
}

// removeWaiting removes what was refused or held and received before, but for
// what is held for a plan.
func removeWaiting(ctx context.Context, tx postgres.Tx, before time.Time) error {
	_, err := tx.Exec(ctx, `
		DELETE FROM originals o USING receipts r
		WHERE r.org_id = o.org_id AND r.receipt_id = o.receipt_id AND r.verdict IN ('refused', 'held') AND r.received_at < $1
		  AND (`+forPlanSQL+`) IS NOT TRUE`, before)
	if err != nil {
		return fmt.Errorf("expire originals: %w", err)
	}
	return nil
}

// heldOriginals counts the receipts that are held for the plan, or for anything
// else, and whose originals are kept, at most n of them, and the bytes that
// these take.
func heldOriginals(ctx context.Context, tx postgres.Tx, org org.ID, plan bool, n int) (receipts int, bytes int64, err error) {
	which := `r.verdict = 'held' AND (` + forPlanSQL + `) IS NOT TRUE`
	if plan {
		which = forPlanSQL
	}
	err = tx.QueryRow(ctx, `
		SELECT count(*), coalesce(sum(size), 0)::bigint FROM (
			SELECT octet_length(o.content) + coalesce((SELECT sum(octet_length(p.content)) FROM original_parts p
			       WHERE p.org_id = r.org_id AND p.receipt_id = r.receipt_id), 0) AS size
			FROM receipts r JOIN originals o USING (org_id, receipt_id)
			WHERE r.org_id = $1 AND `+which+` ORDER BY r.receipt_id DESC LIMIT $2) AS held`, org, n).Scan(&receipts, &bytes)
	if err != nil {
		return 0, 0, fmt.Errorf("count held originals: %w", err)
	}
	return receipts, bytes, nil
}
