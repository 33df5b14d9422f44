package export

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

func putOwn(ctx context.Context, tx postgres.Tx, e Own) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO person_exports (export_id, person_id, state, asked_at, expires_at) VALUES (@id, @person, @state, @asked, @expires)
		ON CONFLICT (person_id) DO UPDATE SET export_id = @id, state = @state, asked_at = @asked, expires_at = @expires, content = NULL`,
		postgres.NamedArgs{"id": e.ID, "person": e.Person, "state": e.State, "asked": e.AskedAt, "expires": e.ExpiresAt})
	if err != nil {
		return fmt.Errorf("insert own export: %w", err)
	}
	return nil
}

func own(ctx context.Context, tx postgres.Tx, person org.PersonID, now time.Time) (Own, error) {
	rows, err := tx.Query(ctx, `
		SELECT export_id, person_id, state, asked_at, expires_at FROM person_exports WHERE person_id = $1 AND expires_at > $2`, person, now)
	if err != nil {
		return Own{}, fmt.Errorf("own export: %w", err)
	}
	e, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Own])
	if errors.Is(err, pgx.ErrNoRows) {
		return e, errGone
	}
	if err != nil {
		return e, fmt.Errorf("own export: %w", err)
	}
	return e, nil
}

func ownContent(ctx context.Context, tx postgres.Tx, id ID) (content []byte, err error) {
	err = tx.QueryRow(ctx, `SELECT content FROM person_exports WHERE export_id = $1 AND state = 'ready'`, id).Scan(&content)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, errGone
	}
	if err != nil {
		return nil, fmt.Errorf("own export: %w", err)
	}
	return content, nil
}

// finishOwn does nothing when a newer one was asked for.
func finishOwn(ctx context.Context, tx postgres.Tx, job MakeOwn, content []byte) error {
	_, err := tx.Exec(ctx, `UPDATE person_exports SET state = 'ready', content = $2 WHERE export_id = $1`, job.Export, content)
	if err != nil {
		return fmt.Errorf("finish own export: %w", err)
	}
	return nil
}

func deleteExpiredOwn(ctx context.Context, tx postgres.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM person_exports WHERE expires_at <= $1`, now); err != nil {
		return fmt.Errorf("forget own exports: %w", err)
	}
	return nil
}

// ownQueries are what is stored about a person. Hashes of links, codes and
// sessions are left out: they open nothing, and are of no use.
var ownQueries = []struct{ name, sql string }{
	{"account", `SELECT to_jsonb(p)::text FROM people p WHERE p.person_id = $1`},
	{"sessions", `SELECT (to_jsonb(s) - 'token_hash')::text FROM sessions s WHERE s.person_id = $1 ORDER BY s.created_at`},
	{"sign_in_requests", `
		SELECT (to_jsonb(r) - '{browser_hash,token_hash,code_mac}'::text[])::text
		FROM sign_in_requests r JOIN people p ON p.email = r.email WHERE p.person_id = $1 ORDER BY r.created_at`},
	{"address_changes", `SELECT (to_jsonb(c) - '{old_hash,new_hash}'::text[])::text FROM address_changes c WHERE c.person_id = $1`},
	{"organizations", `
		SELECT jsonb_build_object('organization', o.name, 'slug', o.slug, 'role', m.role, 'joined_at', m.joined_at)::text
		FROM members m JOIN organizations o ON o.org_id = m.org_id WHERE m.person_id = $1 ORDER BY m.joined_at`},
	{"invitations", `
		SELECT jsonb_build_object('organization', o.name, 'role', i.role, 'sent_at', i.created_at, 'expires_at', i.expires_at)::text
		FROM invitations i JOIN organizations o ON o.org_id = i.org_id JOIN people p ON p.email = i.email WHERE p.person_id = $1 ORDER BY i.created_at`},
	{"activity", `SELECT (to_jsonb(e) - '{key_id,mac}'::text[])::text FROM audit_person_events e WHERE e.chain_id = $1 ORDER BY e.seq`},
}
