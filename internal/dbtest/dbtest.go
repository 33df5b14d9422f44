// Package dbtest gives tests a real PostgreSQL: one throw-away server shared
// by all packages of a test run, and a fresh, migrated database per test.
//
// A package that uses it has
//
//	func TestMain(m *testing.M) { dbtest.Main(m) }
package dbtest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/postgres/cluster"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

// server is the shared server as this test process sees it.
type server struct {
	admin    string // URL of the superuser's database
	template string
	users    *flock.Flock // held for life; losing it would end the server
}

var (
	shared server       // set by Main before any test runs
	clones atomic.Int64 // numbers this process's databases
)

// Main runs a package's tests beside the shared server and exits.
func Main(m *testing.M) {
	if dir := os.Getenv(keeperEnv); dir != "" {
		os.Exit(keep(dir))
	}
	if err := join(); err != nil {
		fmt.Fprintln(os.Stderr, "dbtest:", err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// join makes sure that the server runs and holds a lock that keeps it running
// for as long as this process lives.
func join() error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	binaries, err := Binaries(ctx)
	if err != nil {
		return err
	}
	home, err := cluster.Home(filepath.Join(os.TempDir(), fmt.Sprintf("sendvery-test-%d-pg%d", os.Geteuid(), binaries.Major)))
	if err != nil {
		return err
	}
	start := flock.New(filepath.Join(home, "start.lock"))
	if err := start.Lock(); err != nil {
		return err
	}
	defer start.Unlock()
	users := flock.New(filepath.Join(home, "users.lock"))
	if err := users.RLock(); err != nil { // never released: the kernel does, at exit
		return err
	}
	admin, err := ensureKeeper(ctx, home)
	if err != nil {
		return err
	}
	template, err := ensureTemplate(ctx, admin)
	if err != nil {
		return err
	}
	shared = server{admin: admin, template: template, users: users}
	return nil
}

// Binaries takes the machine's server, or fetches one with npm.
func Binaries(ctx context.Context) (cluster.Binaries, error) {
	b, err := cluster.Find(ctx, os.Getenv)
	if err == nil {
		return b, nil
	}
	if os.Getenv("PG_BIN") != "" {
		return b, err
	}
	home, homeErr := cluster.Home(filepath.Join(os.TempDir(), fmt.Sprintf("sendvery-postgres-%d", os.Geteuid())))
	if homeErr != nil {
		return b, homeErr
	}
	lock := flock.New(filepath.Join(home, "install.lock"))
	if err := lock.Lock(); err != nil {
		return b, err
	}
	defer lock.Unlock()
	b, err = cluster.Install(ctx, home)
	if err != nil {
		return b, fmt.Errorf("%w; install one (Debian: apt-get install postgresql; macOS: brew install postgresql@18), or Node.js with npm", err)
	}
	return b, nil
}

// Own is where a server of the test's own can be started, whose files go with
// the test.
func Own(t testing.TB) cluster.Options {
	t.Helper()
	binaries, err := Binaries(t.Context())
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	dir, err := os.MkdirTemp("", "sendvery-own-") //nolint:usetesting // the user that PostgreSQL runs as must be able to enter
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { //nolint:gosec // the user that PostgreSQL runs as must be able to enter
		t.Fatal("dbtest: ", err)
	}
	home, err := cluster.Home(dir)
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	return cluster.Options{Home: home, Binaries: binaries}
}

// ensureTemplate makes the migrated database that tests are cloned from. Its
// name holds a digest of the migrations. The caller holds the start lock.
func ensureTemplate(ctx context.Context, admin string) (string, error) {
	digest := sha256.New()
	err := fs.WalkDir(migrations.Files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := fs.ReadFile(migrations.Files, path)
		digest.Write(content)
		return err
	})
	if err != nil {
		return "", err
	}
	name := "template_" + hex.EncodeToString(digest.Sum(nil))[:12]
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	var ready bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&ready); err != nil || ready {
		return name, err
	}
	draft := name + "_draft"
	if _, err := conn.Exec(ctx, `DROP DATABASE IF EXISTS `+draft); err != nil {
		return "", err
	}
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+draft); err != nil {
		return "", err
	}
	if err := postgres.CreateRoles(ctx, withDatabase(admin, "postgres", draft)); err != nil {
		return "", err
	}
	owner := withDatabase(admin, postgres.RoleOwner, draft)
	if err := postgres.Migrate(ctx, owner, migrations.Files, work.Migrate); err != nil {
		return "", err
	}
	_, err = conn.Exec(ctx, `ALTER DATABASE `+draft+` RENAME TO `+name)
	return name, err
}

// Database is one test's own database.
type Database struct {
	*postgres.DB
	URL      string // role sendvery_app
	OwnerURL string
	AdminURL string // superuser: policies do not apply
}

// New clones the template for one test. The database goes with the server.
func New(t testing.TB) *Database {
	t.Helper()
	if shared.admin == "" {
		t.Fatal("dbtest: the package has no TestMain that calls dbtest.Main")
	}
	ctx := t.Context()
	name := fmt.Sprintf("t_%d_%d", os.Getpid(), clones.Add(1))
	conn, err := pgx.Connect(ctx, shared.admin)
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+name+` TEMPLATE `+shared.template+` OWNER `+postgres.RoleOwner); err != nil {
		t.Fatal("dbtest: ", err)
	}
	d := &Database{
		URL:      withDatabase(shared.admin, postgres.RoleApp, name),
		OwnerURL: withDatabase(shared.admin, postgres.RoleOwner, name),
		AdminURL: withDatabase(shared.admin, "postgres", name),
	}
	if d.DB, err = postgres.Open(ctx, postgres.Config{URL: d.URL}); err != nil {
		t.Fatal("dbtest: ", err)
	}
	t.Cleanup(d.DB.Close)
	return d
}

// AuditKeys are those that tests sign events with.
const AuditKeys = "tests:YSB0cmFpbCBvZiB0ZXN0cywgMzIgYnl0ZXMgb2YgaXQ="

// Trail is an audit trail with AuditKeys, for services under test.
func Trail(t testing.TB) *audit.Trail {
	t.Helper()
	keys, err := seal.ParseSigner(AuditKeys)
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	return &audit.Trail{Keys: keys}
}
