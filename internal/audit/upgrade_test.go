package audit_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

func TestEventsFromBeforeTheChainStayAndAreCalledSo(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	u, err := url.Parse(b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	name := "upgrade_" + strings.TrimPrefix(u.Path, "/")
	b.admin(t, `CREATE DATABASE `+name)
	admin, owner := dbtest.InDatabase(t, b.db.AdminURL, name), dbtest.InDatabase(t, b.db.OwnerURL, name)
	if err := postgres.CreateRoles(t.Context(), admin); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), owner, dbtest.MigrationsBefore(t, "00014"), work.Migrate); err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), admin)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), `INSERT INTO organizations (org_id, slug, name, created_at) VALUES ($1, 'a', 'a', now()), (gen_random_uuid(), 'b', 'b', now())`, b.org); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `INSERT INTO audit_events (org_id, at, action, subject, detail)
		SELECT org_id, now(), 'mailbox.connect', slug || i, CASE WHEN i = 2 THEN '{"host": "imap.example.org", "username": "ada@example.org"}'::jsonb WHEN i = 3 THEN '{"username": "ada@example.org"}' END
		FROM organizations, generate_series(1, 3) i ORDER BY i, org_id`); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(t.Context(), owner, migrations.Files, work.Migrate); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(t.Context(), postgres.Config{URL: dbtest.InDatabase(t, b.db.URL, name)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	b.DB, b.db.DB = db, db
	if got := one[string](t, b, `SELECT string_agg(seq || ' ' || subject || coalesce(' ' || detail::text, ''), ', ' ORDER BY seq) FROM audit_events`); got != `-2 a1, -1 a2 {"host": "imap.example.org"}, 0 a3` {
		t.Errorf("after the upgrade: %s", got)
	}
	if err := b.do(t.Context(), b.event("one.example")); err != nil {
		t.Fatal(err)
	}
	found, v := b.verify(t, "")
	if found != "" || v.Chains != 1 || v.Events != 1 || v.Older != 6 {
		t.Errorf("%s; %+v", found, v)
	}
	list, total, err := b.Events(t.Context(), b.org, audit.Query{Limit: 10})
	if err != nil || total != 4 || len(list) != 4 || list[0].Seq != 1 || list[3].Seq != -2 || list[3].MAC != nil {
		t.Errorf("%+v of %d, %v", list, total, err)
	}
}
