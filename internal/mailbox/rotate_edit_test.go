package mailbox_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/seal"
)

// Settings that keep the secret keep the one that a slice is about to store.
func TestEditKeepsTheSecretThatIsBeingReplaced(t *testing.T) {
	t.Parallel()
	g, id, j := rotating(t)
	set := g.sameSettings(t, id)
	conn, err := pgx.Connect(t.Context(), g.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	tx, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	newer := g.Ring.Seal(seal.Place{Table: "mailboxes", Column: "secret", Row: id.String(), Org: g.org.ID.String()}, []byte("newer"))
	if _, err := tx.Exec(t.Context(), `UPDATE mailboxes SET secret = $1`, newer); err != nil {
		t.Fatal(err)
	}
	edited := make(chan error, 1)
	go func() { edited <- g.Retest(t.Context(), g.org, id, set) }()
	for waits := false; !waits; {
		err := tx.QueryRow(t.Context(), `SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid)))`).Scan(&waits)
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-edited; err != nil {
		t.Fatal(err)
	}
	clear(g.Grants)
	g.admin(t, `UPDATE mailboxes SET sign_in = 'password'`) // so that what is stored can be seen
	if stored, _, err := g.TokenOf(t.Context(), j); stored != "newer" || err != nil {
		t.Errorf("an older secret was written back: %v", err)
	}
}
