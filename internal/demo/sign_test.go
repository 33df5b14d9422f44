package demo

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/mailauth"
)

func TestReportersSignTheirMails(t *testing.T) {
	t.Parallel()
	keys := map[string]bool{}
	for _, r := range Zone().Records {
		if name, _, ok := strings.Cut(r, "."); ok && name == selector {
			host := strings.TrimSuffix(strings.Fields(r)[0], ".")
			if keys[host] {
				t.Errorf("%s has two keys, so none", host)
			}
			keys[host] = true
		}
	}
	c := &mailauth.Checker{Temporary: func(error) bool { return false }, LookupTXT: func(_ context.Context, name string) ([]string, error) {
		if !keys[name] {
			return nil, errors.New("no such key")
		}
		return []string{dkimRecord()}, nil
	}}
	noon := time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)
	mails, _ := Story{Start: noon.AddDate(0, 0, -3), Seed: Seed}.Mails(noon)
	passed := 0
	for i, m := range mails {
		v := c.Check(t.Context(), bytes.NewReader(m.Raw), int64(len(m.Raw)), "")
		signed := bytes.HasPrefix(m.Raw, []byte("DKIM-Signature:"))
		if signed != (v.Result == mailauth.Pass) {
			t.Errorf("mail %d: signed %t, %+v", i, signed, v)
		}
		if signed {
			passed++
		}
	}
	if passed < len(mails)/2 {
		t.Errorf("only %d of %d mails are signed", passed, len(mails))
	}
}
