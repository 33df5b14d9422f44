package auth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/postgres"
)

const requestColumns = `request_id, email, device, network, created_at, expires_at, used_at`

func insertRequest(ctx context.Context, tx postgres.Tx, r Request, browserHash []byte) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO sign_in_requests (request_id, email, browser_hash, device, network, created_at, expires_at)
		VALUES (@id, @email, @browser, @device, @network, @created, @expires)`,
		postgres.NamedArgs{"id": r.ID, "email": r.Email, "browser": browserHash, "device": r.Device,
			"network": r.Network, "created": r.CreatedAt, "expires": r.ExpiresAt})
	if err != nil {
		return fmt.Errorf("insert sign-in request: %w", err)
	}
	return nil
}

// arm gives the request its link and code. A request that is used up or over
// gets none.
func arm(ctx context.Context, tx postgres.Tx, id RequestID, token, code []byte, now time.Time) (Request, error) {
	rows, err := tx.Query(ctx, `
		UPDATE sign_in_requests SET token_hash = @token, code_mac = @code
		WHERE request_id = @id AND used_at IS NULL AND expires_at > @now
		RETURNING `+requestColumns,
		postgres.NamedArgs{"id": id, "token": token, "code": code, "now": now})
	if err != nil {
		return Request{}, fmt.Errorf("arm sign-in request: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Request])
	if errors.Is(err, pgx.ErrNoRows) {
		return r, fault.New(fault.NotFound, linkExpired)
	}
	if err != nil {
		return r, fmt.Errorf("arm sign-in request: %w", err)
	}
	return r, nil
}

// lockAddress makes those who use a link or code of one address wait for one
// another, because each uses up the others' too. Chosen by link or by request.
func lockAddress(ctx context.Context, tx postgres.Tx, token []byte, id RequestID) error {
	_, err := tx.Exec(ctx, `
		SELECT pg_advisory_xact_lock(hashtextextended(email, 0)) FROM sign_in_requests WHERE token_hash = $1 OR request_id = $2`, token, id)
	if err != nil {
		return fmt.Errorf("lock address: %w", err)
	}
	return nil
}

func requestByToken(ctx context.Context, tx postgres.Tx, hash []byte) (Request, error) {
	rows, err := tx.Query(ctx, `SELECT `+requestColumns+` FROM sign_in_requests WHERE token_hash = $1 FOR UPDATE`, hash)
	if err != nil {
		return Request{}, fmt.Errorf("find link: %w", err)
	}
	r, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Request])
	if errors.Is(err, pgx.ErrNoRows) {
		return r, linkError(LinkUnknown, linkUnknown)
	}
	if err != nil {
		return r, fmt.Errorf("find link: %w", err)
	}
	return r, nil
}

// takeTry counts one try of the code and returns what the code must match.
func takeTry(ctx context.Context, tx postgres.Tx, id RequestID, browserHash []byte, now time.Time) (Request, []byte, error) {
	var r Request
	var mac []byte
	err := tx.QueryRow(ctx, `
		UPDATE sign_in_requests SET code_tries = code_tries + 1
		WHERE request_id = @id AND browser_hash = @browser AND used_at IS NULL AND expires_at > @now
		  AND code_tries < @tries AND code_mac IS NOT NULL
		RETURNING `+requestColumns+`, code_mac`,
		postgres.NamedArgs{"id": id, "browser": browserHash, "now": now, "tries": codeTries}).
		Scan(&r.ID, &r.Email, &r.Device, &r.Network, &r.CreatedAt, &r.ExpiresAt, &r.UsedAt, &mac)
	if errors.Is(err, pgx.ErrNoRows) {
		return r, nil, fault.InvalidFields(fault.Fields{"code": codeGone})
	}
	if err != nil {
		return r, nil, fmt.Errorf("try code: %w", err)
	}
	return r, mac, nil
}

// useRequest uses up the request, and with it every open one of the address.
func useRequest(ctx context.Context, tx postgres.Tx, r Request, now time.Time) error {
	tag, err := tx.Exec(ctx, `UPDATE sign_in_requests SET used_at = $2 WHERE email = $1 AND used_at IS NULL`, r.Email, now)
	if err != nil {
		return fmt.Errorf("use link: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return linkError(LinkUsed, linkUsed)
	}
	return nil
}

func ensurePerson(ctx context.Context, tx postgres.Tx, id PersonID, email string, now time.Time) (PersonID, error) {
	_, err := tx.Exec(ctx, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, $3) ON CONFLICT (email) DO NOTHING`, id, email, now)
	if err != nil {
		return id, fmt.Errorf("insert person: %w", err)
	}
	if err := tx.QueryRow(ctx, `SELECT person_id FROM people WHERE email = $1`, email).Scan(&id); err != nil {
		return id, fmt.Errorf("find person: %w", err)
	}
	return id, nil
}

func insertSession(ctx context.Context, tx postgres.Tx, s Session, tokenHash []byte) error {
	_, err := tx.Exec(ctx, `
		INSERT INTO sessions (session_id, token_hash, person_id, device, network, created_at, last_seen_at, expires_at)
		VALUES (@id, @token, @person, @device, @network, @created, @created, @expires)`,
		postgres.NamedArgs{"id": s.ID, "token": tokenHash, "person": s.Person, "device": s.Device,
			"network": s.Network, "created": s.CreatedAt, "expires": s.ExpiresAt})
	if err != nil {
		return fmt.Errorf("insert session: %w", err)
	}
	return nil
}

const sessionColumns = `s.session_id, s.person_id, p.email, s.device, s.network, s.created_at, s.last_seen_at, s.expires_at, p.purge_at`

func sessionByToken(ctx context.Context, tx postgres.Tx, hash []byte, now time.Time) (Session, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+sessionColumns+` FROM sessions s JOIN people p ON p.person_id = s.person_id
		WHERE s.token_hash = $1 AND s.expires_at > $2`, hash, now)
	if err != nil {
		return Session{}, fmt.Errorf("find session: %w", err)
	}
	s, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Session])
	if errors.Is(err, pgx.ErrNoRows) {
		return s, notSignedIn
	}
	if err != nil {
		return s, fmt.Errorf("find session: %w", err)
	}
	return s, nil
}

func touchSession(ctx context.Context, tx postgres.Tx, id SessionID, network string, now, expires time.Time) error {
	_, err := tx.Exec(ctx, `UPDATE sessions SET last_seen_at = @now, expires_at = @expires, network = @network WHERE session_id = @id`,
		postgres.NamedArgs{"id": id, "now": now, "expires": expires, "network": network})
	if err != nil {
		return fmt.Errorf("touch session: %w", err)
	}
	return nil
}

func sessionsOf(ctx context.Context, tx postgres.Tx, person PersonID, now time.Time) ([]Session, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+sessionColumns+` FROM sessions s JOIN people p ON p.person_id = s.person_id
		WHERE s.person_id = $1 AND s.expires_at > $2 ORDER BY s.last_seen_at DESC, s.session_id`, person, now)
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByName[Session])
	if err != nil {
		return nil, fmt.Errorf("list sessions: %w", err)
	}
	return list, nil
}

// deleteSession returns the session that it deleted, if there was one.
func deleteSession(ctx context.Context, tx postgres.Tx, person PersonID, id SessionID) ([]Session, error) {
	return deleteSessions(ctx, tx, `s.session_id = $2`, person, id)
}

func deleteSessionsBut(ctx context.Context, tx postgres.Tx, person PersonID, keep SessionID) ([]Session, error) {
	return deleteSessions(ctx, tx, `s.session_id <> $2`, person, keep)
}

func deleteSessions(ctx context.Context, tx postgres.Tx, which string, person PersonID, id SessionID) ([]Session, error) {
	rows, err := tx.Query(ctx, `
		DELETE FROM sessions s USING people p WHERE p.person_id = s.person_id AND s.person_id = $1 AND `+which+` RETURNING `+sessionColumns, person, id)
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	ended, err := pgx.CollectRows(rows, pgx.RowToStructByName[Session])
	if err != nil {
		return nil, fmt.Errorf("end sessions: %w", err)
	}
	return ended, nil
}

// deleteExpired forgets sessions that are over, and requests once RequestKept
// has gone by as well.
func deleteExpired(ctx context.Context, tx postgres.Tx, now time.Time) error {
	if _, err := tx.Exec(ctx, `DELETE FROM sign_in_requests WHERE expires_at < $1`, now.Add(-RequestKept)); err != nil {
		return fmt.Errorf("forget requests: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM sessions WHERE expires_at < $1`, now); err != nil {
		return fmt.Errorf("forget sessions: %w", err)
	}
	if _, err := tx.Exec(ctx, `DELETE FROM address_changes WHERE expires_at < $1`, now); err != nil {
		return fmt.Errorf("forget address changes: %w", err)
	}
	return nil
}
