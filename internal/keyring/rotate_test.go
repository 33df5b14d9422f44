package keyring_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/keyring"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/internal/work"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	now    = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	oldKey = seal.GenerateKey("old")
	newKey = seal.GenerateKey("new")
	// tokens belong to no organization, and their rows have names.
	tokens = keyring.Column{Table: "tokens", Name: "content", Row: "name", Action: "token.reseal"}
)

// bench is two sealed columns with values under the old key.
type bench struct {
	*keyring.Service
	db   *dbtest.Database
	orgs []postgres.TenantID
	jobs []work.Args
}

// Enqueue implements work.Enqueuer.
func (b *bench) Enqueue(_ context.Context, _ postgres.Tx, args work.Args, _ ...work.Option) error {
	b.jobs = append(b.jobs, args)
	return nil
}

func ring(t *testing.T, keys ...string) *seal.Ring {
	t.Helper()
	r, err := seal.ParseRing(strings.Join(keys, ","))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// newBench has 250 mailboxes of three organizations and 150 tokens.
func newBench(t *testing.T) *bench {
	t.Helper()
	b := &bench{db: dbtest.New(t)}
	b.Service = &keyring.Service{DB: b.db.DB, Trail: dbtest.Trail(t), Ring: ring(t, oldKey), Columns: append(keyring.Columns(), tokens), Queue: b, Now: func() time.Time { return now }}
	b.admin(t, `CREATE TABLE tokens (name text PRIMARY KEY, content bytea)`, `GRANT SELECT, UPDATE ON tokens TO sendvery_app`)
	for range 3 {
		org := uid.New[postgres.Tenant]()
		b.orgs = append(b.orgs, org)
		b.admin(t, fmt.Sprintf(`INSERT INTO organizations (org_id, slug, name, created_at) VALUES ('%s', 'o%d', 'o', now())`, org, len(b.orgs)))
	}
	conn := b.connect(t)
	for i := range 250 {
		org, id := b.orgs[i%3], uid.New[struct{}]()
		sealed := b.Ring.Seal(seal.Place{Table: "mailboxes", Column: "secret", Row: id.String(), Org: org.String()}, fmt.Appendf(nil, "password %d", i))
		_, err := conn.Exec(t.Context(), `INSERT INTO mailboxes (org_id, mailbox_id, protocol, host, port, security, username, secret, folder, after_import, state, created_at)
			VALUES ($1, $2, 'imap', 'imap.example.org', 993, 'tls', 'u', $3, 'INBOX', 'leave', 'polling', now())`, org, id, sealed)
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 150 {
		name := fmt.Sprintf("%d.example", i)
		if _, err := conn.Exec(t.Context(), `INSERT INTO tokens VALUES ($1, $2)`, name, b.Ring.Seal(seal.Place{Table: "tokens", Column: "content", Row: name}, []byte(name))); err != nil {
			t.Fatal(err)
		}
	}
	b.admin(t, `INSERT INTO tokens VALUES ('empty', ''), ('null', NULL)`)
	return b
}

func (b *bench) connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func (b *bench) admin(t *testing.T, statements ...string) {
	t.Helper()
	conn := b.connect(t)
	for _, sql := range statements {
		if _, err := conn.Exec(t.Context(), sql); err != nil {
			t.Fatal(sql, ": ", err)
		}
	}
}

// uses are the values by column and key, in words.
func (b *bench) uses(t *testing.T) string {
	t.Helper()
	list, err := b.Uses(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, u := range list {
		out = append(out, fmt.Sprintf("%s %s %d", u.Column, u.Key, u.Values))
	}
	return strings.Join(out, ", ")
}

func one[T any](t *testing.T, b *bench, sql string) (v T) {
	t.Helper()
	if err := b.connect(t).QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatal(sql, ": ", err)
	}
	return v
}

func TestRotationStopsAndGoesOn(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if got := b.uses(t); got != "mailboxes.secret old 250, tokens.content old 150" {
		t.Errorf("before: %s", got)
	}
	b.Ring = ring(t, newKey, oldKey)
	run, err := b.Rotate(t.Context())
	if err != nil || run.Total != 400 || run.Done != 0 || len(b.jobs) != 1 || b.jobs[0] != (keyring.Rotation{Key: "new"}) {
		t.Fatalf("%+v, %v, %d jobs", run, err, len(b.jobs))
	}
	stopped, cancel := context.WithCancel(t.Context())
	if _, err = b.Advance(stopped); err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err = b.Advance(stopped); err == nil {
		t.Error("it goes on after it was stopped")
	}
	again, err := b.Rotate(t.Context()) // another process, later
	if err != nil || again.Done != 100 || again.Total != 400 || again.FinishedAt != nil {
		t.Errorf("begun again: %+v, %v", again, err)
	}
	slices := 0
	for err == nil && again.FinishedAt == nil {
		if again, err = b.Advance(t.Context()); again.FinishedAt == nil {
			slices++
		}
	}
	if err != nil || again.Done != 400 || again.Total != 400 || again.Failed != 0 || slices != 4 {
		t.Errorf("%+v after %d slices, %v", again, slices, err)
	}
	if got := b.uses(t); got != "mailboxes.secret new 250, tokens.content new 150" {
		t.Errorf("after: %s", got)
	}
	if n := one[int](t, b, `SELECT count(*) FROM audit_events WHERE action = 'mailbox.reseal' AND detail->>'key' = 'new'`); n != 250 {
		t.Errorf("%d events in the organizations' chains", n)
	}
	if n := one[int](t, b, `SELECT count(*) FROM audit_person_events WHERE action = 'key.rotate' AND subject = 'new'`); n != 1 {
		t.Errorf("%d beginnings are recorded", n)
	}
	b.Ring = ring(t, newKey)
	if run, err := b.Rotate(t.Context()); err != nil || run.Total != 0 || run.FinishedAt != nil {
		t.Errorf("with nothing to do: %+v, %v", run, err)
	}
	if run, err := b.Advance(t.Context()); err != nil || run.FinishedAt == nil {
		t.Errorf("with nothing to do: %+v, %v", run, err)
	}
}

func TestRotatingByManyAtOnceCountsEachValueOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Ring = ring(t, newKey, oldKey)
	if _, err := b.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				run, err := b.Advance(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if run.FinishedAt != nil {
					return
				}
			}
		})
	}
	all.Wait()
	runs, err := b.Runs(t.Context())
	if err != nil || len(runs) != 1 || runs[0].Done != 400 || runs[0].Total != 400 || runs[0].Failed != 0 {
		t.Errorf("%+v, %v", runs, err)
	}
	if n := one[int](t, b, `SELECT count(*) FROM audit_events WHERE action = 'mailbox.reseal'`); n != 250 {
		t.Errorf("%d events for 250 mailboxes", n)
	}
}

func TestValuesThatDoNotOpenStayAndAreNamed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.admin(t, `UPDATE tokens c SET content = o.content FROM tokens o WHERE (c.name, o.name) IN (('1.example', '2.example'), ('2.example', '1.example'))`,
		`UPDATE tokens SET content = 'nothing sealed' WHERE name = '3.example'`)
	b.Ring = ring(t, newKey, oldKey)
	run, err := b.Rotate(t.Context())
	for err == nil && run.FinishedAt == nil {
		run, err = b.Advance(t.Context())
	}
	if err != nil || run.Done != 397 || run.Failed != 3 || !strings.HasPrefix(run.Failure, "tokens.content of 1.example: the sealed value does not open here") {
		t.Errorf("%+v, %v", run, err)
	}
	if got := b.uses(t); got != "mailboxes.secret new 250, tokens.content new 147, tokens.content old 2, tokens.content unreadable 1" {
		t.Errorf("after: %s", got)
	}
}

func TestProcessWithOtherKeysLeavesTheJob(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.Ring = ring(t, newKey, oldKey)
	if _, err := b.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	stale := *b.Service
	stale.Ring = ring(t, oldKey)
	if err := stale.Work(t.Context(), keyring.Rotation{Key: "new"}); err == nil || err.Error() != work.Again(time.Minute).Error() {
		t.Errorf("it answers %v", err)
	}
	if got := b.uses(t); got != "mailboxes.secret old 250, tokens.content old 150" {
		t.Errorf("it sealed: %s", got)
	}
	if err := b.Work(t.Context(), keyring.Rotation{Key: "new"}); err != nil {
		t.Error(err)
	}
	if got := b.uses(t); got != "mailboxes.secret new 250, tokens.content new 150" {
		t.Errorf("after the job: %s", got)
	}
}

func TestEverySealedColumnIsListed(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	rows, err := b.connect(t).Query(t.Context(), `SELECT c.relname || '.' || a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
		WHERE c.relnamespace = 'public'::regnamespace AND col_description(a.attrelid, a.attnum) LIKE 'sealed%'`)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil || len(sealed) != len(keyring.Columns()) {
		t.Errorf("%v are sealed, %v are listed, %v", sealed, keyring.Columns(), err)
	}
	for i, c := range keyring.Columns() {
		if i < len(sealed) && !strings.Contains(strings.Join(sealed, " ")+" ", c.String()+" ") {
			t.Errorf("%s is listed and its comment does not say that it is sealed", c)
		}
	}
}
