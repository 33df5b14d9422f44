package dbtest

import (
	"io/fs"
	"net/url"
	"path"
	"testing"
	"testing/fstest"

	"sendvery.com/sendvery/migrations"
)

// InDatabase is an address with another database.
func InDatabase(t testing.TB, address, name string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	u.Path = "/" + name
	return u.String()
}

// MigrationsBefore are the migrations of before the one with a number, such as
// "00014": those of an older version.
func MigrationsBefore(t testing.TB, next string) fs.FS {
	t.Helper()
	names, err := fs.Glob(migrations.Files, "*.sql")
	if err != nil {
		t.Fatal("dbtest: ", err)
	}
	files := fstest.MapFS{}
	for _, name := range names {
		content, err := fs.ReadFile(migrations.Files, name)
		if err != nil {
			t.Fatal("dbtest: ", err)
		}
		if path.Base(name) < next {
			files[name] = &fstest.MapFile{Data: content}
		}
	}
	return files
}
