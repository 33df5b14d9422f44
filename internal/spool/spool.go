// Package spool keeps what streams in until it can be read at any place: little
// of it in memory, more in a temporary file.
package spool

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// memory is up to how many bytes stay in memory.
const memory = 256 << 10

// File is what was kept. It is to be closed.
type File struct {
	io.ReaderAt
	size int64
	file *os.File // nil: in memory
}

// Keep reads r to its end, which has about so many bytes, 0 if that is not known.
// The caller bounds how much it may be. A temporary file has no name, so that
// nobody else can open it and it is gone once it is closed, and after a crash
// too.
func Keep(r io.Reader, about int64) (*File, error) {
	var head bytes.Buffer
	if about > 0 {
		head.Grow(int(min(about, memory)) + bytes.MinRead) // the end is found with room to spare
	}
	n, err := io.CopyN(&head, r, memory)
	if errors.Is(err, io.EOF) {
		return &File{ReaderAt: bytes.NewReader(head.Bytes()), size: n}, nil
	}
	if err != nil {
		return nil, err
	}
	file, err := os.CreateTemp("", "sendvery-")
	if err != nil {
		return nil, fmt.Errorf("keep in a file: %w", err)
	}
	if err = os.Remove(file.Name()); err == nil {
		n, err = io.Copy(file, io.MultiReader(&head, r))
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return &File{ReaderAt: file, size: n, file: file}, nil
}

// Size returns how many bytes there are.
func (f *File) Size() int64 { return f.size }

// Close frees what the file takes.
func (f *File) Close() error {
	if f.file == nil {
		return nil
	}
	return f.file.Close()
}
