package mailbox

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

const columns = `mailbox_id, protocol, host, port, security, username, sign_in, folder, after_import, move_to, authserv, read_from, state,
	created_at, cursor, last_poll_at, last_report_at, failure, advice, failed_at, failures, next_at, only_marked, finish_failure, finish_advice, epoch`

const byID = `SELECT ` + columns + ` FROM mailboxes WHERE org_id = $1 AND mailbox_id = $2`

func get(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (Mailbox, error) {
	return getBy(ctx, tx, byID, org, id)
}

// getToChange is get that keeps everybody else from changing the mailbox until
// the transaction ends: what is read of it stays true.
func getToChange(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (Mailbox, error) {
	return getBy(ctx, tx, byID+` FOR UPDATE`, org, id)
}

func getBy(ctx context.Context, tx postgres.Tx, sql string, org org.ID, id ID) (Mailbox, error) {
	rows, err := tx.Query(ctx, sql, org, id)
	if err != nil {
		return Mailbox{}, fmt.Errorf("mailbox: %w", err)
	}
	m, err := pgx.CollectExactlyOneRow(rows, pgx.RowToStructByName[Mailbox])
	if errors.Is(err, pgx.ErrNoRows) {
		return m, fault.New(fault.NotFound, "There is no such mailbox in this organization.")
	}
	if err != nil {
		return m, fmt.Errorf("mailbox: %w", err)
	}
	return m, nil
}

func list(ctx context.Context, tx postgres.Tx, org org.ID) ([]Mailbox, error) {
	rows, err := tx.Query(ctx, `SELECT `+columns+` FROM mailboxes WHERE org_id = $1 ORDER BY created_at, mailbox_id`, org)
	if err != nil {
		return nil, fmt.Errorf("list mailboxes: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[Mailbox])
	if err != nil {
		return nil, fmt.Errorf("list mailboxes: %w", err)
	}
	return all, nil
}

func sealedSecret(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (sealed []byte, err error) {
	if err := tx.QueryRow(ctx, `SELECT secret FROM mailboxes WHERE org_id = $1 AND mailbox_id = $2`, org, id).Scan(&sealed); err != nil {
		return nil, fmt.Errorf("mailbox secret: %w", err)
	}
	return sealed, nil
}

func settingArgs(org org.ID, m Mailbox, sealed []byte) postgres.NamedArgs {
	return postgres.NamedArgs{
		"org": org, "id": m.ID, "protocol": m.Protocol, "host": m.Host, "port": m.Port, "security": m.Security,
		"signin": m.SignIn, "username": m.Username, "secret": sealed, "folder": m.Folder, "after": m.AfterImport, "move": m.MoveTo, "authserv": m.Authserv, "from": m.ReadFrom,
		"state": m.State, "created": m.CreatedAt, "next": m.NextAt,
	}
}

// insert refuses with NotFound in an organization that is deleted: no secret
// comes in behind those that were wiped.
func insert(ctx context.Context, tx postgres.Tx, o org.ID, m Mailbox, sealed []byte) error {
	if err := org.Stays(ctx, tx, o); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO mailboxes (org_id, mailbox_id, protocol, host, port, security, sign_in, username, secret, folder, after_import, move_to, authserv, read_from, state, created_at, next_at)
		VALUES (@org, @id, @protocol, @host, @port, @security, @signin, @username, @secret, @folder, @after, @move, @authserv, @from, @state, @created, @next)`,
		settingArgs(o, m, sealed))
	if err != nil {
		return fmt.Errorf("insert mailbox: %w", err)
	}
	return nil
}

// update replaces the settings. It takes the lease from a slice that works
// with the older ones.
func update(ctx context.Context, tx postgres.Tx, org org.ID, m Mailbox, sealed []byte) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailboxes SET protocol = @protocol, host = @host, port = @port, security = @security, sign_in = @signin, username = @username, secret = @secret,
		       folder = @folder, after_import = @after, move_to = @move, authserv = @authserv, read_from = @from, next_at = @next, state = 'testing',
		       failure = NULL, advice = NULL, failures = 0, finish_failure = NULL, finish_advice = NULL, only_marked = false,
		       generation = generation + 1, holder = NULL, lease_until = NULL
		WHERE org_id = @org AND mailbox_id = @id`, settingArgs(org, m, sealed))
	if err != nil {
		return fmt.Errorf("update mailbox: %w", err)
	}
	return nil
}

func remove(ctx context.Context, tx postgres.Tx, org org.ID, id ID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM mailboxes WHERE org_id = $1 AND mailbox_id = $2`, org, id); err != nil {
		return fmt.Errorf("delete mailbox: %w", err)
	}
	return nil
}

// resumed is the state that a mailbox m goes on with after a pause or a test,
// which its runs tell.
const resumed = `coalesce(
	(SELECT CASE r.state WHEN 'done' THEN 'polling' ELSE 'importing' END FROM mailbox_runs r
	 WHERE r.org_id = m.org_id AND r.mailbox_id = m.mailbox_id AND r.kind = 'import'), 'scanning')`

// accountSQL tells accounts of mailboxes m apart, whatever folder is read and
// by which protocol, and names nobody.
const accountSQL = `sha256(convert_to(m.org_id || ' ' || lower(CASE WHEN m.username LIKE '%@%' THEN m.username ELSE m.username || '@' || m.host END), 'UTF8'))`

// passTest moves a mailbox on after its test and returns where to. From the
// first time that its account is connected its reports count.
func passTest(ctx context.Context, tx postgres.Tx, j Slice) (state State, err error) {
	err = tx.QueryRow(ctx, `
		WITH first AS (
			INSERT INTO mailbox_accounts AS a (org_id, account, connected_at)
			SELECT m.org_id, `+accountSQL+`, m.created_at FROM mailboxes m WHERE m.org_id = $1 AND m.mailbox_id = $2
			ON CONFLICT (org_id, account) DO UPDATE SET connected_at = least(a.connected_at, excluded.connected_at) RETURNING connected_at)
		UPDATE mailboxes m SET state = CASE WHEN m.stopped THEN 'paused' ELSE `+resumed+` END, failure = NULL, advice = NULL, failures = 0,
		       connected_at = first.connected_at
		FROM first WHERE m.org_id = $1 AND m.mailbox_id = $2 RETURNING m.state`, j.Org, j.Mailbox).Scan(&state)
	if err != nil {
		return "", fmt.Errorf("pass test: %w", err)
	}
	return state, nil
}

// dueNow has the mailbox read at once. A paused one goes on with what it was
// doing.
func dueNow(ctx context.Context, tx postgres.Tx, org org.ID, id ID, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailboxes m SET next_at = @now, stopped = false,
		       failure = CASE WHEN m.state <> 'paused' THEN m.failure END, advice = CASE WHEN m.state <> 'paused' THEN m.advice END,
		       failures = CASE WHEN m.state <> 'paused' THEN m.failures ELSE 0 END,
		       state = CASE WHEN m.state <> 'paused' THEN m.state ELSE `+resumed+` END
		WHERE m.org_id = @org AND m.mailbox_id = @id AND m.state <> 'choosing'`,
		postgres.NamedArgs{"org": org, "id": id, "now": now})
	if err != nil {
		return fmt.Errorf("make mailbox due: %w", err)
	}
	return nil
}

// beginImport moves a mailbox on by its owner's hand, due at once. It reports
// whether the mailbox was waiting for that.
func beginImport(ctx context.Context, tx postgres.Tx, org org.ID, id ID, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE mailboxes SET state = 'importing', next_at = $3 WHERE org_id = $1 AND mailbox_id = $2 AND state = 'choosing'`, org, id, now)
	if err != nil {
		return false, fmt.Errorf("begin import: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// setState moves a mailbox to a state within a slice.
func setState(ctx context.Context, tx postgres.Tx, j Slice, state State) error {
	_, err := tx.Exec(ctx, `UPDATE mailboxes SET state = $3, failure = NULL, advice = NULL, failures = 0
		WHERE org_id = $1 AND mailbox_id = $2`, j.Org, j.Mailbox, state)
	if err != nil {
		return fmt.Errorf("set state %s: %w", state, err)
	}
	return nil
}

// setFailure notes a failure while the slice's lease is held, and reports
// whether it was. With pause the mailbox is read no more.
func setFailure(ctx context.Context, tx postgres.Tx, j Slice, pause bool, sentence, advice string, now time.Time) (held bool, err error) {
	tag, err := tx.Exec(ctx, `
		UPDATE mailboxes SET state = CASE WHEN @pause::boolean THEN 'paused' ELSE state END, failure = @sentence, advice = @advice, failed_at = @now, failures = failures + 1, last_poll_at = @now
		WHERE org_id = @org AND mailbox_id = @id AND generation = @generation`,
		postgres.NamedArgs{"org": j.Org, "id": j.Mailbox, "generation": j.Generation, "pause": pause,
			"sentence": sentence, "advice": advice, "now": now})
	if err != nil {
		return false, fmt.Errorf("note failure: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// pause stops reading, also a slice that is at it, and reports whether the
// mailbox was being read.
func pause(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE mailboxes SET state = 'paused', stopped = true, next_at = NULL, failure = NULL, advice = NULL, failures = 0,
		       generation = generation + 1, holder = NULL, lease_until = NULL
		WHERE org_id = $1 AND mailbox_id = $2 AND state IN ('importing', 'polling')`, org, id)
	if err != nil {
		return false, fmt.Errorf("pause mailbox: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// fromTheStart has everything read that was received since the day, and takes
// the lease from a slice that is at it. It reports whether the mailbox is
// connected.
func fromTheStart(ctx context.Context, tx postgres.Tx, org org.ID, id ID, from *time.Time, now time.Time) (bool, error) {
	tag, err := tx.Exec(ctx, `
		UPDATE mailboxes m SET state = 'importing', stopped = false, cursor = '', read_from = @from, next_at = @now, failure = NULL, advice = NULL, failures = 0,
		       generation = generation + 1, holder = NULL, lease_until = NULL
		WHERE org_id = @org AND mailbox_id = @id AND state IN ('importing', 'polling', 'paused')
		AND EXISTS (SELECT FROM mailbox_runs r WHERE r.org_id = m.org_id AND r.mailbox_id = m.mailbox_id AND r.kind = 'import')`,
		postgres.NamedArgs{"org": org, "id": id, "from": from, "now": now})
	if err != nil {
		return false, fmt.Errorf("read from the start: %w", err)
	}
	return tag.RowsAffected() == 1, nil
}

// forgetPlace has the mailbox read from its start: its cursor is another
// mailbox's or folder's, and so are the ids of its mails.
func forgetPlace(ctx context.Context, tx postgres.Tx, org org.ID, id ID) error {
	if _, err := tx.Exec(ctx, `UPDATE mailboxes SET cursor = '', epoch = epoch + 1 WHERE org_id = $1 AND mailbox_id = $2`, org, id); err != nil {
		return fmt.Errorf("forget place: %w", err)
	}
	return forgetRead(ctx, tx, org, id)
}

// upToDate notes that everything there was has been read.
func upToDate(ctx context.Context, tx postgres.Tx, j Slice, state State, now time.Time) error {
	_, err := tx.Exec(ctx, `
		UPDATE mailboxes SET state = 'polling', last_poll_at = $3, failure = NULL, advice = NULL, failures = 0
		WHERE org_id = $1 AND mailbox_id = $2`, j.Org, j.Mailbox, now)
	if err != nil {
		return fmt.Errorf("note poll: %w", err)
	}
	if state != Importing {
		return nil
	}
	_, err = tx.Exec(ctx, `
		UPDATE mailbox_runs SET state = 'done', total = done, updated_at = $3, finished_at = $3
		WHERE org_id = $1 AND mailbox_id = $2 AND kind = 'import'`, j.Org, j.Mailbox, now)
	if err != nil {
		return fmt.Errorf("end import: %w", err)
	}
	return nil
}

// isDraft is whether a mailbox m was never connected.
const isDraft = `m.state = 'testing' AND NOT EXISTS (
	SELECT FROM mailbox_runs r WHERE r.org_id = m.org_id AND r.mailbox_id = m.mailbox_id AND r.kind <> 'test')`

// drafts lists mailboxes that were never connected.
func drafts(ctx context.Context, tx postgres.Tx, before time.Time) ([]owned, error) {
	rows, err := tx.Query(ctx, `
		SELECT m.org_id, m.mailbox_id FROM mailboxes m WHERE m.created_at < $1 AND `+isDraft, before)
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	all, err := pgx.CollectRows(rows, pgx.RowToStructByName[owned])
	if err != nil {
		return nil, fmt.Errorf("list drafts: %w", err)
	}
	return all, nil
}
