package journey

import (
	"os"
	"testing"

	"sendvery.com/sendvery/internal/built"
)

// root is the top of the repository, as seen from this package.
const root = "../.."

// binary is the built program.
var binary string

func TestMain(m *testing.M) { os.Exit(built.Main(m, root, &binary)) }
