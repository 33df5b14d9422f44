package soak

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"

	"sendvery.com/sendvery/internal/built"
	"sendvery.com/sendvery/web"
)

// binary is the built program.
var binary string

// closing is the line that says how it went, printed last.
var closing string

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		code = 1
	}
	if closing != "" {
		fmt.Fprintln(os.Stdout, closing)
	}
	os.Exit(code)
}

func run(m *testing.M) (code int, err error) {
	if err := web.Check(); err != nil {
		return 1, err // says how to build them
	}
	dir, err := os.MkdirTemp("", "sendvery-soak-bin-")
	if err != nil {
		return 1, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if binary, err = built.Program(context.Background(), "../..", dir); err != nil {
		return 1, err
	}
	return m.Run(), nil
}
