package built

import (
	"os/exec"
	"runtime"
	"syscall"
)

// Start starts a program that ends, in order, even when its starter is killed.
// exited yields once, when the program has ended.
func Start(cmd *exec.Cmd) (exited chan error, err error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	started, ended := make(chan error), make(chan error, 1)
	go func() {
		// The signal comes when the thread that started the program ends, so that
		// thread waits with it.
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			ended <- cmd.Wait()
		}
	}()
	return ended, <-started
}
