package cluster_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres/cluster"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// run runs a statement on the server as its superuser.
func run(t *testing.T, c *cluster.Cluster, sql string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), c.SuperuserURL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(values, ",")
}

// TestServerIsStartedWhateverTheLastOneLeft is one story on one data folder,
// because making it takes as long as everything else.
func TestServerIsStartedWhateverTheLastOneLeft(t *testing.T) {
	t.Parallel()
	binaries, err := dbtest.Binaries(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	home, err := cluster.Home(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(home) })
	start := func(t *testing.T) *cluster.Cluster {
		t.Helper()
		c, err := cluster.Start(context.WithoutCancel(t.Context()), cluster.Options{Home: home, Binaries: binaries})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	first := start(t)
	run(t, first, `CREATE TABLE kept (word text)`)
	run(t, first, `INSERT INTO kept VALUES ('committed')`)

	if _, err := cluster.Start(t.Context(), cluster.Options{Home: home, Binaries: binaries}); err == nil || !strings.Contains(err.Error(), "another program already runs") {
		t.Fatalf("a second program on the same home: %v", err)
	}

	// Its program is killed: the next one takes the server over.
	if err := first.Leave(); err != nil {
		t.Fatal(err)
	}
	second := start(t)
	if second.PID() != first.PID() {
		t.Errorf("process %d was started beside %d", second.PID(), first.PID())
	}

	// The server is killed together with its program.
	if err := syscall.Kill(second.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := second.Leave(); err != nil {
		t.Fatal(err)
	}
	third := start(t)
	if got := run(t, third, `SELECT word FROM kept`); got != "committed" {
		t.Errorf("after the kill: %q", got)
	}
	locks := third.LockFiles()
	if err := third.Stop(); err != nil {
		t.Fatal(err)
	}

	// The machine lost its power, and the numbers in the lock files belong to
	// another program of the same user now.
	other := exec.CommandContext(t.Context(), "sleep", "600")
	other.Dir = "/"
	if other.SysProcAttr, err = cluster.AsServer(); err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	for _, lock := range locks {
		content := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n", other.Process.Pid, filepath.Dir(locks[0]), filepath.Dir(locks[1]))
		if err := os.WriteFile(lock, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		c := start(t)
		if got := run(t, c, `SELECT word FROM kept`); got != "committed" {
			t.Errorf("with a stale %s: %q", filepath.Base(lock), got)
		}
		if err := c.Stop(); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(lock); err == nil {
			t.Errorf("%s is there after the stop", lock)
		}
	}
	if err := other.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("the other program: %v", err)
	}
}

func TestSocketOfADeepHomeIsNobodyElses(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	home := filepath.Join(tmp, strings.Repeat("deep/", 20))
	dir, err := cluster.SocketDir(home)
	if err != nil || filepath.Dir(dir) != tmp {
		t.Fatalf("%q %v", dir, err)
	}
	if again, err := cluster.SocketDir(home); err != nil || again != dir {
		t.Fatalf("the second time: %q %v", again, err)
	}
	info, err := os.Stat(dir)
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("%v %v", info.Mode(), err)
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	theirs := t.TempDir()
	before, err := os.Stat(theirs)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(theirs, dir); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.SocketDir(home); err == nil || !strings.Contains(err.Error(), "belongs to somebody else") {
		t.Errorf("a link to somebody's folder: %v", err)
	}
	after, err := os.Stat(theirs)
	if err != nil || after.Sys().(*syscall.Stat_t).Uid != before.Sys().(*syscall.Stat_t).Uid || after.Mode() != before.Mode() {
		t.Errorf("the folder behind the link was given away: %v %v", after.Mode(), err)
	}
	if os.Geteuid() != 0 {
		return // only root can make somebody else's folder
	}
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(dir, 54321, 54321); err != nil {
		t.Fatal(err)
	}
	if _, err := cluster.SocketDir(home); err == nil || !strings.Contains(err.Error(), "belongs to somebody else") {
		t.Errorf("somebody's folder: %v", err)
	}
}
