// Package built builds the real program and runs it, for tests and for
// measurements.
package built

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Program builds the program of the repository at root into dir and returns its
// path. It is the one that people get, without the race detector.
func Program(ctx context.Context, root, dir string) (path string, err error) {
	if dir, err = filepath.Abs(dir); err != nil {
		return "", err
	}
	path = filepath.Join(dir, "sendvery")
	build := exec.CommandContext(ctx, "go", "build", "-o", path, "./cmd/sendvery")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the program does not build: %w\n%s", err, out)
	}
	return path, nil
}
