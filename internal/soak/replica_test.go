package soak

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/built"
)

// replica is one process of the program, which is started again whenever it
// ends, as a service manager does.
type replica struct {
	name string
	env  []string
	log  *os.File

	mu      sync.Mutex
	process *os.Process
	killed  int
	fell    int // ends that nobody asked for
}

// newReplica starts a replica. It runs until stop.
func newReplica(t *testing.T, name, dir string, settings map[string]string) *replica {
	t.Helper()
	log, err := os.Create(filepath.Join(dir, name+".log"))
	if err != nil {
		t.Fatal(err)
	}
	free, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := free.Addr().String()
	_ = free.Close() // nothing was served
	_, port, _ := net.SplitHostPort(address)
	r := &replica{name: name, log: log, env: []string{"PATH=" + os.Getenv("PATH"), "LISTEN=" + address, "PUBLIC_URL=http://localhost:" + port}}
	for key, value := range settings {
		r.env = append(r.env, key+"="+value)
	}
	return r
}

// run keeps the replica running until the context ends; then it ends in order.
func (r *replica) run(ctx context.Context) error {
	for {
		cmd := exec.Command(binary, "serve")
		cmd.Env, cmd.Stdout, cmd.Stderr = r.env, r.log, r.log
		exited, err := built.Start(cmd)
		if err != nil {
			return err
		}
		r.mu.Lock()
		r.process = cmd.Process
		killed := r.killed
		r.mu.Unlock()
		select {
		case <-exited:
			r.mu.Lock()
			if r.killed == killed {
				r.fell++
			}
			r.process = nil
			r.mu.Unlock()
		case <-ctx.Done():
			return r.end(cmd, exited)
		}
	}
}

// end asks the replica to end and waits.
func (r *replica) end(cmd *exec.Cmd, exited <-chan error) error {
	_ = cmd.Process.Signal(os.Interrupt) // it may have ended just now
	select {
	case err := <-exited:
		if err != nil {
			return fmt.Errorf("%s ends with %w", r.name, err)
		}
		return nil
	case <-time.After(40 * time.Second):
		_ = cmd.Process.Kill() // it may have ended just now
		<-exited
		return fmt.Errorf("%s does not end when it is asked to", r.name)
	}
}

// kill ends the replica as a power cut does, and reports whether it ran.
func (r *replica) kill() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process == nil || r.process.Kill() != nil {
		return false // it is being started
	}
	r.killed++
	return true
}

// falls returns how often the replica ended by itself.
func (r *replica) falls() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.fell
}

// complaints returns the lines of the log that hold a word, the newest last.
func (r *replica) complaints(t *testing.T, word string, most int) []string {
	t.Helper()
	content, err := os.ReadFile(r.log.Name())
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, word) {
			found = append(found, strings.TrimSpace(line))
		}
	}
	return found[max(0, len(found)-most):]
}
