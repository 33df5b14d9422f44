//go:build !linux

package cluster

import (
	"os/exec"
	"strconv"
	"strings"
	"syscall"
)

// dieWithParent does nothing where the kernel has no such signal: the next
// start takes the running server over.
func dieWithParent(*syscall.SysProcAttr) {}

// runsOn reports whether the process is a live PostgreSQL server on the data folder.
func runsOn(pid int, data string) bool {
	out, err := exec.Command("ps", "-o", "command=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && strings.Contains(string(out), "-D "+data+" ")
}
