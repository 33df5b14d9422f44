package dbtest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"sendvery.com/sendvery/internal/postgres/cluster"
)

// keeperEnv makes a test binary run as the keeper of the folder it names: the
// process that starts the server and ends it when no test uses it any more,
// however the tests ended.
const keeperEnv = "SENDVERY_DBTEST_KEEPER"

// ensureKeeper returns the superuser's URL of the running server, starting
// its keeper when there is none. The caller holds the start lock.
func ensureKeeper(ctx context.Context, home string) (string, error) {
	ready := filepath.Join(home, "url")
	keeper := flock.New(filepath.Join(home, "keeper.lock"))
	free, err := keeper.TryLock()
	if err != nil {
		return "", err
	}
	if free {
		if err := errors.Join(os.RemoveAll(ready), keeper.Unlock(), spawn(home)); err != nil {
			return "", err
		}
	}
	for {
		if content, err := os.ReadFile(ready); err == nil {
			return string(content), nil
		}
		if content, err := os.ReadFile(ready + ".failed"); err == nil {
			return "", errors.Join(errors.New(string(content)), os.Remove(ready+".failed"))
		}
		select {
		case <-ctx.Done():
			return "", fmt.Errorf("the test server in %s does not start: %w", home, ctx.Err())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// spawn starts this very test binary as the keeper, apart from the terminal
// and from go test's pipes.
func spawn(home string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), keeperEnv+"="+home)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	return cmd.Process.Release()
}

// keep is the keeper's life; it returns the exit code.
func keep(home string) int {
	err := keepServer(home)
	if err != nil {
		_ = os.WriteFile(filepath.Join(home, "url.failed"), []byte(err.Error()), 0o600) // the tests report it
		return 1
	}
	return 0
}

func keepServer(home string) error {
	alone := flock.New(filepath.Join(home, "keeper.lock"))
	if err := alone.Lock(); err != nil {
		return err
	}
	defer alone.Unlock()
	binaries, err := Binaries(context.Background())
	if err != nil {
		return err
	}
	data := filepath.Join(home, fmt.Sprintf("pg%d", binaries.Major))
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err != nil {
		// What a removal left that was interrupted is no folder of a server.
		if err := os.RemoveAll(data); err != nil {
			return err
		}
	}
	c, err := cluster.Start(context.Background(), cluster.Options{Home: home, Binaries: binaries, Unsafe: true, Survive: true})
	if err != nil {
		return err
	}
	ready := filepath.Join(home, "url")
	if err := os.WriteFile(ready+".new", []byte(c.SuperuserURL("postgres")), 0o600); err != nil {
		return err
	}
	if err := os.Rename(ready+".new", ready); err != nil {
		return err
	}
	held := waitUnused(home)
	err = errors.Join(os.Remove(ready), c.Stop(), os.RemoveAll(data))
	// A collected lock is a released one: a test would join a server that ends,
	// and wait for the next one that nobody starts.
	runtime.KeepAlive(held)
	return err
}

// waitUnused returns when no test process has used the server for two
// seconds, with the locks that keep any from joining as long as the caller
// holds on to them; the kernel releases them when the process ends.
func waitUnused(home string) (held []*flock.Flock) {
	users := flock.New(filepath.Join(home, "users.lock"))
	start := flock.New(filepath.Join(home, "start.lock"))
	for idle := 0; ; time.Sleep(250 * time.Millisecond) {
		free, err := users.TryLock()
		if err != nil || !free {
			idle = 0
			continue
		}
		_ = users.Unlock()
		if idle++; idle < 8 {
			continue
		}
		if held, err := start.TryLock(); err != nil || !held {
			continue
		}
		if free, err := users.TryLock(); err == nil && free {
			return []*flock.Flock{start, users}
		}
		_ = start.Unlock()
	}
}

// withDatabase returns the URL for another role and database of the server.
func withDatabase(admin, role, database string) string {
	u, err := url.Parse(admin)
	if err != nil {
		panic(err) // our own URL
	}
	q := u.Query()
	q.Set("user", role)
	u.RawQuery = q.Encode()
	u.Path = "/" + database
	return u.String()
}
