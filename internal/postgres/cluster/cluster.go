// Package cluster runs a private PostgreSQL server for development and tests:
// no port, a socket only its owner can open, started and stopped with the
// program that needs it.
package cluster

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
	"github.com/jackc/pgx/v5"
)

// superuser is the role that initdb makes; trust on a private socket is its lock.
const superuser = "postgres"

// port only names the socket file; the server listens on no network.
const port = "5432"

// Options says where the server lives and how it runs.
type Options struct {
	Home     string // folder from Home
	Binaries Binaries
	Unsafe   bool // no fsync: fast, and lost with the machine; for tests
	Survive  bool // keep running when the starting process dies; the caller ends it by Stop
}

// Cluster is a running server.
type Cluster struct {
	socket string
	data   string
	lock   *flock.Flock
	pid    int
	exited <-chan error // nil when attached to a server that was running already
}

// Start starts the server below opts.Home, making its data folder first when
// there is none, and returns once it answers. A server left over from a
// program that was killed is taken over. Only one program at a time may run a
// home's server; a second one is told so.
func Start(ctx context.Context, opts Options) (*Cluster, error) {
	acc, err := serverAccount()
	if err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(opts.Home, "server.lock"))
	held, err := lock.TryLock()
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", opts.Home, err)
	}
	if !held {
		return nil, fmt.Errorf("another program already runs the private PostgreSQL in %s; stop it first, or set DATA_DIR", opts.Home)
	}
	c := &Cluster{
		data: dataDir(opts.Home, opts.Binaries.Major),
		lock: lock,
	}
	if err := c.run(ctx, acc, opts); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	return c, nil
}

func (c *Cluster) run(ctx context.Context, acc *account, opts Options) error {
	var err error
	if c.socket, err = socketDir(acc, opts.Home); err != nil {
		return err
	}
	if err := initialise(ctx, acc, opts.Binaries, c.data); err != nil {
		return err
	}
	if pid, ok := runningServer(c.data); ok {
		c.pid = pid
		if err := c.waitReady(ctx); !errors.Is(err, errLeftEnded) {
			return err
		}
	}
	return c.launch(ctx, acc, opts)
}

// initialise makes the data folder in one step that a crash cannot leave half
// done: initdb works beside it, the rename comes last.
func initialise(ctx context.Context, acc *account, b Binaries, data string) error {
	if _, err := os.Stat(filepath.Join(data, "PG_VERSION")); err == nil {
		return nil
	}
	draft := data + ".new"
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	if err := acc.own(draft); err != nil {
		return err
	}
	// Locale C is the one that behaves alike in every build; text is folded and
	// ordered in Go.
	cmd := exec.CommandContext(ctx, filepath.Join(b.Dir, "initdb"), "-D", draft, "-U", superuser,
		"--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync", "--no-instructions")
	cmd.Dir = "/"
	cmd.SysProcAttr = acc.attributes()
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return os.Rename(draft, data)
}

// launch starts the server, trying for ten seconds when the last one, killed,
// is not quite gone yet, or has left a lock file that names another program.
func (c *Cluster) launch(ctx context.Context, acc *account, opts Options) error {
	deadline := time.Now().Add(10 * time.Second)
	for {
		err := c.startOnce(ctx, acc, opts)
		if err == nil {
			return nil
		}
		if !lockedOut(err) || time.Now().After(deadline) {
			return err
		}
		removeStaleLocks(c.data, c.socket)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(250 * time.Millisecond):
		}
	}
}

func (c *Cluster) startOnce(ctx context.Context, acc *account, opts Options) error {
	logPath := c.data + ".log"
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // the server writes to its own copy
	args := []string{"-D", c.data, "-k", c.socket, "-p", port, "-c", "listen_addresses=", "-c", "unix_socket_permissions=0700"}
	// The usual 128 MB are fewer than an import touches, which then writes pages
	// out itself that it needs again.
	args = append(args, "-c", "shared_buffers=256MB")
	connections := 200
	if opts.Unsafe {
		connections = 600 // many programs at once, each with pools of its own
		args = append(args, "-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off")
	}
	args = append(args, "-c", "max_connections="+strconv.Itoa(connections))
	cmd := exec.Command(filepath.Join(opts.Binaries.Dir, "postgres"), args...)
	cmd.Dir = "/"
	// Each statement takes a little memory and gives it back; without these its
	// heap shrinks and grows with every one.
	cmd.Env = append(os.Environ(), "MALLOC_TRIM_THRESHOLD_=16777216", "MALLOC_TOP_PAD_=1048576")
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = acc.attributes()
	// A Ctrl-C at the terminal must reach us, not the server: we stop it in order.
	cmd.SysProcAttr.Setpgid = true
	if !opts.Survive {
		dieWithParent(cmd.SysProcAttr)
	}
	exited, err := start(cmd)
	if err != nil {
		return err
	}
	c.pid, c.exited = cmd.Process.Pid, exited
	if err := c.waitReady(ctx); err != nil {
		tail, _ := os.ReadFile(logPath) // the log only adds to the error
		return fmt.Errorf("PostgreSQL did not start: %w\n%s", err, lastLines(string(tail), 5))
	}
	return nil
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

// errLeftEnded means that a server which was running already has ended. One
// whose program was killed a moment ago is about to.
var errLeftEnded = errors.New("the server that was running has ended")

// waitReady waits up to 30 seconds for the server to answer.
func (c *Cluster) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, c.URL(superuser, "postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		if c.exited == nil && !runsOn(c.pid, c.data) {
			return errLeftEnded
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer: %w", err)
		case err := <-c.exited:
			if err == nil {
				err = errors.New("without an error")
			}
			return fmt.Errorf("it ended: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// URL returns the address of a database for a role. There is no password:
// whoever can open the socket's folder is trusted.
func (c *Cluster) URL(role, database string) string {
	q := url.Values{"host": {c.socket}, "port": {port}, "user": {role}, "sslmode": {"disable"}}
	return "postgres:///" + database + "?" + q.Encode()
}

// SuperuserURL returns the address of a database for the role that may do all.
func (c *Cluster) SuperuserURL(database string) string { return c.URL(superuser, database) }

// Stop ends the server: sessions are cut, committed work is kept. After five
// seconds it ends at once, which the next start recovers from.
func (c *Cluster) Stop() error {
	_ = syscall.Kill(c.pid, syscall.SIGINT) // gone already is fine
	if !c.gone(5 * time.Second) {
		_ = syscall.Kill(c.pid, syscall.SIGQUIT)
		if !c.gone(5 * time.Second) {
			return fmt.Errorf("PostgreSQL (process %d) does not stop", c.pid)
		}
	}
	return c.lock.Unlock()
}

func (c *Cluster) gone(wait time.Duration) bool {
	for end := time.Now().Add(wait); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		if _, ok := runningServer(c.data); !ok {
			return true
		}
	}
	return false
}
