package spool_test

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"

	"sendvery.com/sendvery/internal/spool"
)

func TestWhatIsKeptReadsBackAndLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	for _, size := range []int{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, 3 << 20} {
		want := bytes.Repeat([]byte("mail "), size/5+1)[:size]
		f, err := spool.Keep(iotest.OneByteReader(bytes.NewReader(want[:min(size, 100)])), int64(size))
		if err != nil || f.Size() != int64(min(size, 100)) {
			t.Fatalf("%d bytes one by one: %v", size, err)
		}
		if f, err = spool.Keep(bytes.NewReader(want), int64(size)); err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(io.NewSectionReader(f, 0, f.Size()))
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%d bytes came back as %d, %v", size, len(got), err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%d bytes left files behind: %v, %v", size, left, err)
		}
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestAReadThatBreaksOffIsAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the line is cut")
	for _, size := range []int{0, 10, 1 << 20} {
		_, err := spool.Keep(io.MultiReader(strings.NewReader(strings.Repeat("x", size)), iotest.ErrReader(broken)), 0)
		if !errors.Is(err, broken) {
			t.Errorf("after %d bytes: %v", size, err)
		}
	}
}
