package cluster

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// dieWithParent asks the kernel to stop the server in order when we are killed.
func dieWithParent(attr *syscall.SysProcAttr) { attr.Pdeathsig = syscall.SIGINT }

// runsOn reports whether the process is a live PostgreSQL server on the data
// folder. A zombie, dead but not yet reaped, is not.
func runsOn(pid int, data string) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	if i := bytes.LastIndexByte(stat, ')'); i < 0 || i+2 >= len(stat) || stat[i+2] == 'Z' {
		return false
	}
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
	return err == nil && bytes.Contains(line, []byte("\x00"+data+"\x00"))
}
