package httpio

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"mime/multipart"
	"net/http"
	"os"
	"time"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/spool"
)

// File is a file of a form. Its content can be read until the next file is
// asked for.
type File struct {
	Name    string // as the browser sends it, without folders
	Content io.ReaderAt
	Size    int64
}

const (
	// formOverhead is what a form with files may have beside them, in bytes.
	formOverhead = 256 << 10
	// slowest is the slowest line that files may come by, in bytes a second.
	slowest = 32 << 10
)

// Files hands over the files of a multipart form, one after the other as they
// arrive. The whole body is bounded to most bytes before any of it is read,
// and to the time that a slow line needs. After an error nothing follows.
func Files(w http.ResponseWriter, r *http.Request, most int64) iter.Seq2[File, error] {
	return func(yield func(File, error) bool) {
		form, err := openForm(w, r, most)
		for err == nil {
			var more bool
			if more, err = nextFile(form, yield); err == nil && !more {
				return
			}
		}
		yield(File{}, formError(err, most))
	}
}

// openForm bounds the body and opens it.
func openForm(w http.ResponseWriter, r *http.Request, most int64) (*multipart.Reader, error) {
	if err := bound(w, r, most+formOverhead); err != nil {
		return nil, err
	}
	return r.MultipartReader()
}

// bound bounds the body to most bytes, and to the time that a slow line needs
// for them.
func bound(w http.ResponseWriter, r *http.Request, most int64) error {
	if r.ContentLength > most {
		return &http.MaxBytesError{Limit: most}
	}
	length := r.ContentLength
	if length < 0 {
		length = most
	}
	end := time.Now().Add(time.Minute + time.Duration(length/slowest)*time.Second)
	line := http.NewResponseController(w)
	if err := errors.Join(line.SetReadDeadline(end), line.SetWriteDeadline(end.Add(2*time.Minute))); err != nil {
		return fmt.Errorf("give a body time: %w", err)
	}
	r.Body = http.MaxBytesReader(w, r.Body, most)
	return nil
}

// Body keeps a body that is a file, of at most most bytes and bounded in time
// as Files is. It is to be closed.
func Body(w http.ResponseWriter, r *http.Request, most int64) (*spool.File, error) {
	err := bound(w, r, most)
	if err == nil {
		var file *spool.File
		if file, err = spool.Keep(r.Body, r.ContentLength); err == nil {
			return file, nil
		}
	}
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, fault.Wrap(fault.Invalid, fmt.Sprintf("This is larger than %d MB, the most that is taken.", most>>20), large)
	}
	if _, ours := errors.AsType[*os.PathError](err); ours {
		return nil, err
	}
	return nil, fault.Wrap(fault.Invalid, "The body did not arrive whole.", err)
}

// nextFile yields the next file and reports whether there may be more.
func nextFile(form *multipart.Reader, yield func(File, error) bool) (more bool, err error) {
	part, err := form.NextPart()
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if part.FileName() == "" {
		return true, nil // a field without a chosen file
	}
	file, err := spool.Keep(part, 0)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // it goes with its content
	return yield(File{Name: part.FileName(), Content: file, Size: file.Size()}, nil), nil
}

// formError says what is wrong with a form that ends in err.
func formError(err error, most int64) error {
	if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fault.Wrap(fault.Invalid, fmt.Sprintf(
			"This is larger than %d MB, the most that is taken at once. Files that had arrived whole by then are read; of the others nothing was taken. Compress it (zip or gzip), or send fewer files at once.", most>>20), large)
	}
	if _, ours := errors.AsType[*os.PathError](err); ours {
		return err
	}
	return fault.Wrap(fault.Invalid, "The files did not arrive whole. Please send them again: what arrived before is not read twice.", err)
}

// patience is how long the other side may take for the next part of a download.
const patience = 2 * time.Minute

// Goes gives a download time for its next part: what is large takes as long as
// it takes, and who does not read is not waited for.
func Goes(w http.ResponseWriter) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(patience)) // a test's recorder knows none
}
