package httpio

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/fault"
)

// MaxForm bounds the body of a form, in bytes.
const MaxForm = 64 << 10

// Forms reads the form of each request before its handler does and refuses
// what is above MaxForm, cannot be read, or holds values that are no text: a
// handler never acts on a part of a form.
func (e Errors) Forms(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, MaxForm)
		if err := readForm(r); err != nil {
			e.Fail(w, r, err)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func readForm(r *http.Request) error {
	if r.ContentLength > MaxForm {
		return tooLarge(&http.MaxBytesError{Limit: MaxForm})
	}
	if r.Method == http.MethodPost {
		err := r.ParseForm()
		if large, ok := errors.AsType[*http.MaxBytesError](err); ok {
			return tooLarge(large)
		}
		if err != nil {
			return fault.Wrap(fault.Invalid, "The form could not be read. Please go back and try again.", err)
		}
	}
	if !isText(r.URL.Path) || !areText(r.URL.Query()) || !areText(r.PostForm) {
		return fault.New(fault.Invalid, "The address or the form holds characters that are not text. Please check what was pasted.")
	}
	return nil
}

func tooLarge(cause *http.MaxBytesError) error {
	return fault.Wrap(fault.Invalid, "The form is larger than 64 KB, which no form of ours needs. Nothing of it was used.", cause)
}

// isText reports whether a database can keep it: UTF-8 without NUL.
func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

func areText(values url.Values) bool {
	for name, list := range values {
		if !isText(name) {
			return false
		}
		for _, value := range list {
			if !isText(value) {
				return false
			}
		}
	}
	return true
}
