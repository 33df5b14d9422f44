package journey

import (
	"os/exec"
	"runtime"
	"syscall"
)

// startWith starts a program that ends, in order, even when this test is
// killed. The signal comes when the thread that started the program ends, so
// that thread waits with it.
func startWith(cmd *exec.Cmd) (chan error, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
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
