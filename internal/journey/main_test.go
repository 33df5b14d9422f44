package journey

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"sendvery.com/sendvery/web"
)

// root is the top of the repository, as seen from this package.
const root = "../.."

// binary is the built program.
var binary string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "journey:", err)
		code = 1
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if err := web.Check(); err != nil {
		return 1, err // says how to build them
	}
	dir, err := os.MkdirTemp("", "sendvery-journey-bin-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	binary = filepath.Join(dir, "sendvery")
	build := exec.Command("go", "build", "-o", binary, "./cmd/sendvery")
	build.Dir = root
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return 1, fmt.Errorf("the program does not build: %w\n%s", err, out)
	}
	return m.Run(), nil
}
