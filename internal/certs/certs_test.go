package certs_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"golang.org/x/crypto/acme/autocert"

	"sendvery.com/sendvery/internal/certs"
	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/mailtest"
	"sendvery.com/sendvery/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// store is a store on a database of its own, and what it logs.
func store(t *testing.T) (*certs.Store, *dbtest.Database, *bytes.Buffer) {
	t.Helper()
	ring, err := seal.ParseRing(seal.GenerateKey("first"))
	if err != nil {
		t.Fatal(err)
	}
	db, said := dbtest.New(t), &bytes.Buffer{}
	return &certs.Store{DB: db.DB, Ring: ring, Log: slog.New(slog.NewTextHandler(said, nil)), Now: time.Now}, db, said
}

func change(t *testing.T, db *dbtest.Database, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatal(err)
	}
}

func TestEntriesComeBackUntilTheyAreDeleted(t *testing.T) {
	t.Parallel()
	s, _, said := store(t)
	const name = "sendvery.example.org"
	if _, err := s.Get(t.Context(), name); err != autocert.ErrCacheMiss { //nolint:errorlint // the library compares like this
		t.Errorf("nothing is stored: %v", err)
	}
	for _, value := range []string{"one", "another", ""} {
		if err := s.Put(t.Context(), name, []byte(value)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.Get(t.Context(), name); err != nil || string(got) != value {
			t.Errorf("got %q, %v, want %q", got, err, value)
		}
	}
	for range 2 {
		if err := s.Delete(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Get(t.Context(), name); err != autocert.ErrCacheMiss { //nolint:errorlint // as above
		t.Errorf("it is deleted: %v", err)
	}
	if said.Len() > 0 {
		t.Errorf("it complains: %s", said)
	}
}

func TestEntryOpensUnderItsOwnNameOnly(t *testing.T) {
	t.Parallel()
	s, db, said := store(t)
	for _, name := range []string{"a", "b"} {
		if err := s.Put(t.Context(), name, []byte("secret of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	change(t, db, `UPDATE certificates AS c SET sealed = other.sealed FROM certificates AS other WHERE other.name <> c.name`)
	for _, name := range []string{"a", "b"} {
		got, err := s.Get(t.Context(), name)
		if err == nil || errors.Is(err, autocert.ErrCacheMiss) || strings.Contains(err.Error(), "seal") {
			t.Errorf("%s gives %q, %v", name, got, err)
		}
	}
	if n := strings.Count(said.String(), seal.ErrNotOpened.Error()); n != 2 {
		t.Errorf("the log has it %d times: %s", n, said)
	}
}

func TestLostDatabaseIsLoggedAndNotTold(t *testing.T) {
	t.Parallel()
	s, db, said := store(t)
	change(t, db, `ALTER TABLE certificates RENAME TO away`)
	_, get := s.Get(t.Context(), "a")
	for what, err := range map[string]error{"get": get, "put": s.Put(t.Context(), "a", nil), "delete": s.Delete(t.Context(), "a")} {
		if err == nil || errors.Is(err, autocert.ErrCacheMiss) || strings.Contains(err.Error(), "relation") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if n := strings.Count(said.String(), "relation"); n != 3 {
		t.Errorf("the log has it %d times: %s", n, said)
	}
}

func TestBrokenFilesAreLoggedOncePerChange(t *testing.T) {
	t.Parallel()
	chain, key := mailtest.NewCert(t).Files(t, t.TempDir())
	var said bytes.Buffer
	f, err := certs.OpenFiles(chain, key, slog.New(slog.NewTextHandler(&said, nil)))
	if err != nil {
		t.Fatal(err)
	}
	first, err := f.GetCertificate(&tls.ClientHelloInfo{})
	if err != nil {
		t.Fatal(err)
	}
	for i, text := range []string{"broken", "broken otherwise"} {
		if err := os.WriteFile(key, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 10 {
			if got, err := f.GetCertificate(&tls.ClientHelloInfo{}); err != nil || got != first {
				t.Errorf("another certificate: %v", err)
			}
		}
		if n := strings.Count(said.String(), "level=ERROR"); n != i+1 || strings.Contains(said.String(), text) {
			t.Errorf("after change %d it was logged %d times: %s", i+1, n, &said)
		}
	}
}
