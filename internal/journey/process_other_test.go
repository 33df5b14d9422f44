//go:build !linux

package journey

import "os/exec"

// startWith starts a program; only Linux can tie it to the life of this test.
func startWith(cmd *exec.Cmd) (chan error, error) {
	exited := make(chan error, 1)
	err := cmd.Start()
	if err == nil {
		go func() { exited <- cmd.Wait() }()
	}
	return exited, err
}
