package soak

import (
	"fmt"
	"os"
	"testing"

	"sendvery.com/sendvery/internal/built"
)

// binary is the built program.
var binary string

// closing is the line that says how it went, printed last.
var closing string

func TestMain(m *testing.M) {
	code := built.Main(m, "../..", &binary)
	if closing != "" {
		fmt.Fprintln(os.Stdout, closing)
	}
	os.Exit(code)
}
