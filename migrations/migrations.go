// Package migrations holds the database's schema as numbered, forward-only SQL.
package migrations

import "embed"

// Files are the migrations, in the order of their names.
//
//go:embed *.sql
var Files embed.FS
