package cluster

import (
	"errors"
	"fmt"
	"hash/fnv"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// account is the user the server runs as: nil means as ourselves. PostgreSQL
// refuses to run as root, so root hands it to an ordinary user.
type account struct{ uid, gid int }

// serverAccount picks the account: our own, or for root the user postgres,
// or nobody where that does not exist.
func serverAccount() (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // nil is our own account
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err := strconv.Atoi(u.Uid)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		gid, err := strconv.Atoi(u.Gid)
		if err != nil {
			return nil, fmt.Errorf("user %s: %w", name, err)
		}
		return &account{uid: uid, gid: gid}, nil
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

// attributes returns what a child process needs to run as the account.
func (a *account) attributes() *syscall.SysProcAttr {
	attr := &syscall.SysProcAttr{}
	if a != nil {
		attr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid), Groups: []uint32{}}
	}
	return attr
}

// own makes dir (0700) and gives it to the account.
func (a *account) own(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if a == nil {
		return nil
	}
	return os.Chown(dir, a.uid, a.gid)
}

// reaches reports whether the account can enter dir.
func (a *account) reaches(dir string) bool {
	if a == nil {
		return true
	}
	cmd := exec.Command("/bin/sh", "-c", `cd "$0"`, dir)
	cmd.Dir = "/"
	cmd.SysProcAttr = a.attributes()
	return cmd.Run() == nil
}

// Home returns the folder where the private cluster of dir lives: dir itself,
// or, when the user that PostgreSQL must run as cannot reach it (a clone below
// root's own folder), a folder of its own below /var/tmp. It is created.
func Home(dir string) (string, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	acc, err := serverAccount()
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(abs, 0o755); err != nil {
		return "", err
	}
	if acc.reaches(abs) {
		return abs, nil
	}
	home := filepath.Join("/var/tmp", "sendvery-"+shortHash(abs))
	if err := os.Mkdir(home, 0o755); err != nil && !os.IsExist(err) {
		return "", err
	}
	// /var/tmp is open to all.
	if err := belongsTo(home, os.Geteuid()); err != nil {
		return "", err
	}
	return home, nil
}

// socketDir makes the folder of the socket. A socket's path is limited to
// about 100 bytes, so a deep home gets one below the temporary folder.
func socketDir(acc *account, home string) (string, error) {
	if dir := filepath.Join(home, "socket"); len(dir) <= 85 {
		return dir, acc.own(dir)
	}
	dir := filepath.Join(os.TempDir(), "sv-"+shortHash(home))
	if err := os.Mkdir(dir, 0o700); err != nil && !os.IsExist(err) {
		return "", err
	}
	// The temporary folder is open to all, and what is there is given away below.
	owners := []int{os.Geteuid()}
	if acc != nil {
		owners = append(owners, acc.uid)
	}
	if err := belongsTo(dir, owners...); err != nil {
		return "", err
	}
	if acc == nil {
		return dir, nil
	}
	return dir, os.Lchown(dir, acc.uid, acc.gid)
}

// belongsTo refuses anything but a folder, in a place that is open to all,
// that one of the users has made.
func belongsTo(dir string, owners ...int) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok || !info.IsDir() || !slices.Contains(owners, int(stat.Uid)) {
		return fmt.Errorf("%s belongs to somebody else; remove it or set DATA_DIR", dir)
	}
	return nil
}

func shortHash(s string) string {
	h := fnv.New64a()
	h.Write([]byte(s)) // never fails
	return strconv.FormatUint(h.Sum64(), 36)
}
