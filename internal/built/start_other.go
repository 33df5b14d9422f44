//go:build !linux

package built

import "os/exec"

// Start starts a program; only Linux can tie it to the life of its starter.
// exited yields once, when the program has ended.
func Start(cmd *exec.Cmd) (exited chan error, err error) {
	ended := make(chan error, 1)
	err = cmd.Start()
	if err == nil {
		go func() { ended <- cmd.Wait() }()
	}
	return ended, err
}
