package postgres_test

import (
	"fmt"
	"testing"

	"sendvery.com/sendvery/internal/postgres"
)

func TestNamedArgsFillAStatementByName(t *testing.T) {
	t.Parallel()
	const sql = `SELECT @one, '@two', @three::text, @one -- @four`
	for _, test := range []struct {
		args postgres.NamedArgs
		want string
	}{
		{postgres.NamedArgs{"one": 1}, "[1 <nil>]"}, // not all are named: others may be the next time
		{postgres.NamedArgs{"one": 1, "three": "c", "more": 4}, "[1 c]"},
		{postgres.NamedArgs{"three": "d", "one": 2}, "[2 d]"},
		{postgres.NamedArgs{"three": "e"}, "[<nil> e]"},
	} {
		text, values, err := test.args.RewriteQuery(t.Context(), nil, sql, nil)
		if want := `SELECT $1, '@two', $2::text, $1 -- @four`; err != nil || text != want || fmt.Sprint(values) != test.want {
			t.Errorf("%v: %q, %v, %v", test.args, text, values, err)
		}
	}
}
