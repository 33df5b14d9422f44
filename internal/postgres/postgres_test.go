package postgres_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// shared names the tables that belong to no tenant, with the reason.
var shared = map[string]string{
	"people":           "a person may belong to many organizations",
	"sign_in_requests": "asked for before anybody is known",
	"sessions":         "a person's, not an organization's",
	"ip_facts":         "facts about the network, the same for all",
	"catalogue_in_use": "the version of the catalogue, the same for all",
	"certificates":     "the installation's own",
	"stripe_events":    "an event names a customer, not an organization",
	"goose_db_version": "the schema's version",

	"address_changes":     "changes of people's addresses",
	"person_exports":      "what people take with them",
	"audit_person_heads":  "chains of people and of the program",
	"audit_person_events": "what belongs to no organization",
	"audit_keys":          "the names of keys",

	"audit_person_anchors": "ends of chains of people and of the program",
	"key_rotations":        "of all organizations' values",
}

func TestEveryTableIsATenantsOrListedAsShared(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `SELECT ensure_month(current_date)`); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), `
		SELECT c.relname, c.relispartition, c.relrowsecurity, c.relforcerowsecurity,
		       -- The key, or of a table without one an index that begins as a key would.
		       coalesce((SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]
		                 WHERE i.indrelid = c.oid ORDER BY i.indisprimary DESC, a.attname = 'org_id' DESC LIMIT 1), ''),
		       has_table_privilege('sendvery_app', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE'),
		       coalesce((SELECT string_agg(p.polname, ',' ORDER BY p.polname) FROM pg_policy p WHERE p.polrelid = c.oid), ''),
		       coalesce((SELECT pg_get_expr(p.polqual, p.polrelid) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polname = 'tenant'), '')
		FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	seen := 0
	for rows.Next() {
		var name, first, policies, condition string
		var partition, enabled, forced, granted bool
		if err := rows.Scan(&name, &partition, &enabled, &forced, &first, &granted, &policies, &condition); err != nil {
			t.Fatal(err)
		}
		seen++
		switch {
		case shared[name] != "":
		case partition:
			if granted {
				t.Errorf("partition %s: the app has rights on it, past the parent's policies", name)
			}
		default:
			if !enabled || !forced {
				t.Errorf("%s: row-level security enabled=%v forced=%v", name, enabled, forced)
			}
			if first != "org_id" {
				t.Errorf("%s: its key begins with %q, want org_id", name, first)
			}
			if !strings.Contains(policies, "tenant") || !strings.Contains(policies, "system") {
				t.Errorf("%s: policies %q, want tenant and system", name, policies)
			}
			if !strings.Contains(condition, "NULLIF(current_setting('sendvery.org_id'") {
				t.Errorf("%s: tenant policy is %s", name, condition)
			}
		}
	}
	if err := rows.Err(); err != nil || seen < 10 {
		t.Fatalf("%d tables, %v", seen, err)
	}
}

// addOrg makes an organization with one domain and returns its id.
func addOrg(t *testing.T, db *dbtest.Database, slug string) postgres.TenantID {
	t.Helper()
	org := uid.New[postgres.Tenant]()
	err := db.InOrg(t.Context(), org, func(ctx context.Context, tx postgres.Tx) error {
		if _, err := tx.Exec(ctx, `INSERT INTO organizations (org_id, slug, name, created_at) VALUES ($1, $2, $2, now())`, org, slug); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO domains (org_id, domain_id, name, added_at) VALUES ($1, $2, $3, now())`,
			org, uid.New[struct{}](), slug+".example")
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return org
}

func count(t *testing.T, run func(context.Context, func(context.Context, postgres.Tx) error) error, sql string, args ...any) (n int) {
	t.Helper()
	err := run(t.Context(), func(ctx context.Context, tx postgres.Tx) error { return tx.QueryRow(ctx, sql, args...).Scan(&n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestScopeShowsOneOrganizationWithoutAnyWhere(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a := addOrg(t, db, "a")
	b := addOrg(t, db, "b")
	inA := func(ctx context.Context, fn func(context.Context, postgres.Tx) error) error {
		return db.InOrg(ctx, a, fn)
	}

	if n := count(t, inA, `SELECT count(*) FROM domains`); n != 1 {
		t.Errorf("inside a: %d domains, want its one", n)
	}
	if n := count(t, db.InTx, `SELECT count(*) FROM domains`); n != 0 {
		t.Errorf("without a scope: %d domains, want none", n)
	}
	if n := count(t, db.InSystem, `SELECT count(*) FROM organizations`); n != 2 {
		t.Errorf("as system: %d organizations, want both", n)
	}
	err := db.InOrg(t.Context(), a, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO domains (org_id, domain_id, name, added_at) VALUES ($1, $2, 'x.example', now())`, b, uid.New[struct{}]())
		return err
	})
	if err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("writing into another organization: %v", err)
	}
}

func TestScopeInsideAScopeIsRefused(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	a, b := addOrg(t, db, "a"), addOrg(t, db, "b")
	err := db.InOrg(t.Context(), a, func(ctx context.Context, _ postgres.Tx) error {
		return db.InOrg(ctx, b, func(context.Context, postgres.Tx) error { return nil })
	})
	if err == nil {
		t.Error("nested scope accepted")
	}
}

func TestAppRoleIsCleanAndOthersAreNamed(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	if err := db.CheckRoles(t.Context()); err != nil {
		t.Errorf("the app role: %v", err)
	}
	admin, err := postgres.Open(t.Context(), postgres.Config{URL: db.AdminURL})
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	if err := admin.CheckRoles(t.Context()); err == nil || !strings.Contains(err.Error(), "superuser") {
		t.Errorf("a superuser: %v", err)
	}
	asApp, err := postgres.AsRole(db.AdminURL, postgres.RoleApp)
	if err != nil {
		t.Fatal(err)
	}
	acting, err := postgres.Open(t.Context(), postgres.Config{URL: asApp})
	if err != nil {
		t.Fatal(err)
	}
	defer acting.Close()
	if err := acting.CheckRoles(t.Context()); err == nil || !strings.Contains(err.Error(), "the role postgres of DATABASE_URL must not be used: it is a superuser") {
		t.Errorf("a superuser who acts as the app: %v", err)
	}
	if err := acting.CheckActingRole(t.Context()); err != nil {
		t.Errorf("the role that it acts as: %v", err)
	}
	owner, err := pgx.Connect(t.Context(), db.OwnerURL)
	if err != nil {
		t.Fatal(err)
	}
	defer owner.Close(context.Background())
	if _, err := owner.Exec(t.Context(), `SELECT ensure_month(current_date); GRANT SELECT ON records_`+monthOf(t, owner)+` TO sendvery_app`); err != nil {
		t.Fatal(err)
	}
	if err := db.CheckRoles(t.Context()); err == nil || !strings.Contains(err.Error(), "partitions") {
		t.Errorf("a grant on a partition: %v", err)
	}
}

func monthOf(t *testing.T, conn *pgx.Conn) (month string) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), `SELECT to_char(current_date, 'YYYYMM')`).Scan(&month); err != nil {
		t.Fatal(err)
	}
	return month
}

func TestFunctionsWithTheOwnersRightsLookAtTemporaryTablesLast(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	admin, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close(context.Background())
	rows, err := admin.Query(t.Context(), `
		SELECT p.oid::regprocedure::text, coalesce(array_to_string(p.proconfig, '; '), '') FROM pg_proc p
		WHERE p.prosecdef AND p.pronamespace = 'public'::regnamespace`)
	if err != nil {
		t.Fatal(err)
	}
	var name, settings string
	n := 0
	_, err = pgx.ForEachRow(rows, []any{&name, &settings}, func() error {
		n++
		if !strings.Contains(settings, "search_path=pg_catalog, public, pg_temp") {
			t.Errorf("%s runs what its caller calls as a table of ours: %s", name, settings)
		}
		return nil
	})
	if err != nil || n < 3 {
		t.Errorf("%d functions, %v", n, err)
	}
}

func TestMigratingTwiceAtOnceAppliesOnce(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	done := make(chan error, 3)
	for range 3 {
		go func() { done <- postgres.Migrate(context.Background(), db.OwnerURL, migrations.Files, work.Migrate) }()
	}
	for range 3 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if n, err := db.Pending(t.Context(), migrations.Files); err != nil || n != 0 {
		t.Errorf("pending = %d, %v", n, err)
	}
}

func TestAloneIsAloneAndFreesItsName(t *testing.T) {
	t.Parallel()
	db := dbtest.New(t)
	inside, most := 0, 0
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			err := db.Alone(t.Context(), "it", func(ctx context.Context) error {
				mu.Lock()
				inside++
				most = max(most, inside)
				mu.Unlock()
				err := db.Ping(ctx) // long enough for another to come in
				mu.Lock()
				inside--
				mu.Unlock()
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most != 1 {
		t.Errorf("%d were inside at once", most)
	}
	err := db.Alone(t.Context(), "it", func(context.Context) error {
		err := db.Alone(t.Context(), "another", func(context.Context) error { return nil })
		if err != nil {
			t.Errorf("another name waits: %v", err)
		}
		waiting, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		return db.Alone(waiting, "it", func(context.Context) error { return errors.New("inside") })
	})
	if err == nil || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waited too long: %v", err)
	}
	if err := db.Alone(t.Context(), "it", func(context.Context) error { return nil }); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}
