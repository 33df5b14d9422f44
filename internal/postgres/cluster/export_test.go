package cluster

import "syscall"

// Leave lets go of the server as a program does that was killed.
func (c *Cluster) Leave() error { return c.lock.Unlock() }

// PID is the server's process.
func (c *Cluster) PID() int { return c.pid }

// LockFiles are the files that keep a second server out.
func (c *Cluster) LockFiles() []string {
	return []string{c.data + "/" + pidFile, c.socket + "/" + socketLock}
}

// AsServer makes a child process run as the server does.
func AsServer() (*syscall.SysProcAttr, error) {
	acc, err := serverAccount()
	return acc.attributes(), err
}

// SocketDir makes the folder of a home's socket.
func SocketDir(home string) (string, error) {
	acc, err := serverAccount()
	if err != nil {
		return "", err
	}
	return socketDir(acc, home)
}
