package app_test

import (
	"testing"

	"sendvery.com/sendvery/internal/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
