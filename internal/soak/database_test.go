package soak

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/postgres/cluster"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

// database is a private PostgreSQL with the durability of production.
type database struct {
	options cluster.Options
	server  *cluster.Cluster
}

const databaseName = "soak"

func newDatabase(t *testing.T) *database {
	t.Helper()
	d := &database{options: dbtest.Own(t)}
	var err error
	if d.server, err = cluster.Start(t.Context(), d.options); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.server.Stop(); err != nil {
			t.Error(err)
		}
	})
	if err := d.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	return d
}

func (d *database) prepare(ctx context.Context) error {
	if err := postgres.EnsureDatabase(ctx, d.server.SuperuserURL("postgres"), databaseName); err != nil {
		return err
	}
	if err := postgres.CreateRoles(ctx, d.server.SuperuserURL(databaseName)); err != nil {
		return err
	}
	return postgres.Migrate(ctx, d.server.URL(postgres.RoleOwner, databaseName), migrations.Files, work.Migrate)
}

// crash ends the server at once, without a checkpoint, and starts it again:
// what was committed is recovered from its log.
func (d *database) crash(t *testing.T) {
	t.Helper()
	locks, err := filepath.Glob(filepath.Join(d.options.Home, "pg*", "postmaster.pid"))
	if err != nil || len(locks) != 1 {
		t.Fatalf("the server's lock: %v %v", locks, err)
	}
	content, err := os.ReadFile(locks[0])
	if err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(string(content), "\n")
	pid, err := strconv.Atoi(line)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); ; { // stopping it sooner would end it in order
		if _, err := os.Stat(locks[0]); os.IsNotExist(err) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the server does not end")
		}
		<-time.After(5 * time.Millisecond)
	}
	if err := d.server.Stop(); err != nil { // it is gone; so is its lock now
		t.Fatal(err)
	}
	if d.server, err = cluster.Start(t.Context(), d.options); err != nil {
		t.Fatal(err)
	}
}

// ask runs a query whom no policy binds and returns its one row.
func ask[T any](ctx context.Context, d *database, query string, args ...any) (T, error) {
	var answer T
	conn, err := pgx.Connect(ctx, d.server.SuperuserURL(databaseName))
	if err != nil {
		return answer, err
	}
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, query, args...)
	if err != nil {
		return answer, err
	}
	return pgx.CollectExactlyOneRow(rows, pgx.RowTo[T])
}
