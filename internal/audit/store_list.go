package audit

import (
	"fmt"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/postgres"
)

// where is the condition of a query, beside that on the chain.
func (q Query) where() string {
	where := ""
	for _, c := range []struct {
		wanted    bool
		condition string
	}{
		{q.Action != "", `e.action = @action`},
		{q.By == ByProgram, `e.person_id IS NULL`},
		{q.By == ByFormer, `e.person_id IS NOT NULL AND m.person_id IS NULL`},
		{q.By == ByPerson, `e.person_id = @person`},
		{!q.From.IsZero(), `e.at >= @from`},
		{!q.To.IsZero(), `e.at < @to`},
		{q.Before != nil, `e.seq < @before`},
	} {
		if c.wanted {
			where += ` AND ` + c.condition
		}
	}
	return where
}

// queueEntries queues the events that a query chooses. Only who belongs to the
// organization now is named.
func queueEntries(b *postgres.Batch, c chain, q Query, into *[]Entry) {
	t := c.kind.tables()
	members := `(SELECT NULL::uuid AS person_id WHERE false)`
	if c.kind == ofOrg {
		members = `(SELECT person_id FROM members WHERE org_id = @chain)`
	}
	b.Queue(`
		SELECT e.seq, e.at, e.person_id, p.email, e.action, e.subject, coalesce(e.detail::text, ''), e.mac
		FROM `+t.events+` e LEFT JOIN `+members+` m ON m.person_id = e.person_id LEFT JOIN people p ON p.person_id = m.person_id
		WHERE e.`+t.id+` = @chain`+q.where()+` ORDER BY e.seq DESC LIMIT @limit`,
		postgres.NamedArgs{"chain": c.id, "action": q.Action, "person": q.Person, "from": q.From, "to": q.To, "before": q.Before, "limit": q.Limit}).
		Query(func(rows pgx.Rows) (err error) {
			*into, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (Entry, error) {
				var e Entry
				var detail string
				err := row.Scan(&e.Seq, &e.At, &e.Person, &e.Email, &e.Action, &e.Subject, &detail, &e.MAC)
				e.Detail, _ = details(detail) // what we cannot have written is left out; verifying finds it
				return e, err
			})
			return wrap(err)
		})
}

// queueTotal queues how many events a chain has, those from before it included.
func queueTotal(b *postgres.Batch, c chain, total *int64) {
	t := c.kind.tables()
	b.Queue(`SELECT coalesce((SELECT seq FROM `+t.heads+` WHERE `+t.id+` = $1), 0)
		+ (SELECT count(*) FROM `+t.events+` WHERE `+t.id+` = $1 AND seq <= 0)`, c.id).
		QueryRow(func(row pgx.Row) error { return wrap(row.Scan(total)) })
}

func queueMembers(b *postgres.Batch, org postgres.TenantID, into *[]Actor) {
	b.Queue(`SELECT p.person_id, p.email FROM members m JOIN people p ON p.person_id = m.person_id WHERE m.org_id = $1 ORDER BY p.email`, org).
		Query(func(rows pgx.Rows) (err error) {
			*into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[Actor])
			return wrap(err)
		})
}

func wrap(err error) error {
	if err != nil {
		return fmt.Errorf("read the audit trail: %w", err)
	}
	return nil
}
