package cluster

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
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
	pid, _ = lockHolder(filepath.Join(data, pidFile))
	return pid, pid > 0 && runsOn(pid, data)
}

// The files that a server keeps others out with: one in its data folder, one
// beside its socket.
const (
	pidFile    = "postmaster.pid"
	socketLock = ".s.PGSQL." + port + ".lock"
)

// lockHolder reads who holds a lock file: its first line is the process, the
// second the data folder. The process is 0 when the file cannot be read.
func lockHolder(path string) (pid int, data string) {
	content, err := os.ReadFile(path)
	if err != nil {
		return 0, ""
	}
	lines := strings.SplitN(string(content), "\n", 3)
	if pid, err = strconv.Atoi(strings.TrimSpace(lines[0])); err != nil || pid < 0 {
		return 0, ""
	}
	if len(lines) > 1 {
		data = strings.TrimSpace(lines[1])
	}
	return pid, data
}

// lockedOut reports whether a start failed because of what another server
// holds: a lock file, or the memory of a killed one whose children are ending.
func lockedOut(err error) bool {
	return slices.ContainsFunc([]string{pidFile, socketLock, "shared memory block"}, func(s string) bool {
		return strings.Contains(err.Error(), s)
	})
}

// removeStaleLocks removes the lock files of servers that are gone, when their
// number now belongs to another program: PostgreSQL itself would refuse to
// start for ever. We hold the home's lock, and the socket's folder is the
// home's alone.
func removeStaleLocks(data, socket string) {
	if _, ok := runningServer(data); !ok {
		_ = os.Remove(filepath.Join(data, pidFile)) // the next start says what is wrong
	}
	lock := filepath.Join(socket, socketLock)
	// It may be the lock of another version's server: that has another folder.
	if pid, owner := lockHolder(lock); pid == 0 || !runsOn(pid, owner) {
		_ = os.Remove(lock)
	}
}
