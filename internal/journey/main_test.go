package journey

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"sendvery.com/sendvery/internal/built"
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
	if binary, err = built.Program(context.Background(), root, dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
