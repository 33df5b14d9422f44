package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
)

// start runs cmd from a goroutine that keeps its operating system thread:
// the signal that a child gets when its parent dies is bound to the thread
// that started it. The channel yields once, when the process has ended.
func start(cmd *exec.Cmd) (<-chan error, error) {
	started, exited := make(chan error), make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			exited <- cmd.Wait()
		}
	}()
	return exited, <-started
}

// runningServer returns the process of the server that runs on the data
// folder, if one does.
func runningServer(data string) (pid int, ok bool) {
	content, err := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if err != nil {
		return 0, false
	}
	first, _, _ := strings.Cut(string(content), "\n")
	pid, err = strconv.Atoi(strings.TrimSpace(first))
	if err != nil || !runsOn(pid, data) {
		return 0, false
	}
	return pid, true
}

// removeStalePID removes the pid file of a server that is gone, when the
// number now belongs to another program: PostgreSQL itself would refuse to
// start for ever. We hold the home's lock.
func removeStalePID(data string) {
	if _, ok := runningServer(data); !ok {
		_ = os.Remove(filepath.Join(data, "postmaster.pid")) // the next start says what is wrong
	}
}
