package archtest

import (
	"strings"
	"testing"
)

// TestRules breaks each rule once, so that none passes because it checks nothing.
func TestRules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, source string
		want         string // part of the only problem; "" for none
	}{
		{"internal/fqdn/a.go", `import "os"`, "the ground is pure"},
		{"internal/fqdn/a.go", `import "net/http"`, "the ground is pure"},
		{"internal/fqdn/a.go", `import "log/slog"`, "the ground is pure"},
		{"internal/fqdn/a.go", `import "net/netip"`, ""},
		{"internal/fqdn/a_test.go", `import "os"`, ""},
		{"internal/fqdn/a.go", `import "sendvery.com/sendvery/internal/seal"`, "higher floor"},
		{"internal/fqdn/a.go", `import "time"; var now = time.Now()`, "asks the clock"},
		{"internal/report/a.go", `import "time"; var now = time.Now()`, "asks the clock"},
		{"internal/mailfetch/a.go", `import "time"; var now = time.Now()`, ""},
		{"internal/seal/a.go", `import "sendvery.com/sendvery/internal/org"`, "higher floor"},
		{"internal/org/a.go", `import "sendvery.com/sendvery/internal/audit"`, ""},
		{"internal/audit/a.go", `import "sendvery.com/sendvery/internal/org"`, "order of slices"},
		{"internal/auth/a.go", `import "sendvery.com/sendvery/internal/domain"`, "order of slices"},
		{"internal/mailbox/a.go", `import "sendvery.com/sendvery/internal/report"`, "order of slices"},
		{"internal/report/a.go", `import "sendvery.com/sendvery/internal/mailbox"`, ""},
		{"internal/report/a.go", `import "sendvery.com/sendvery/internal/report/reportweb"`, "higher floor"},
		{"internal/report/a.go", `import "sendvery.com/sendvery/web/ui"`, "higher floor"},
		{"internal/report/reportweb/a.go", `import "sendvery.com/sendvery/internal/mailbox"`, ""},
		{"internal/report/reportweb/a.go", `import "sendvery.com/sendvery/internal/mailbox/mailboxweb"`, "do not import one another"},
		{"web/ui/a.go", `import "sendvery.com/sendvery/internal/org/orgweb"`, "higher floor"},
		{"internal/org/orgweb/a.go", `import "sendvery.com/sendvery/internal/app"`, "higher floor"},
		{"cmd/sendvery/a.go", `import "sendvery.com/sendvery/internal/org/orgweb"`, "the roof's"},
		{"internal/app/a.go", `import "sendvery.com/sendvery/internal/dbtest"`, "supports tests"},
		{"internal/app/a_test.go", `import "sendvery.com/sendvery/internal/dbtest"`, ""},
		{"internal/app/a.go", `import "sendvery.com/sendvery/internal/demo"`, ""},
		{"cmd/sendvery/a.go", `import "sendvery.com/sendvery/internal/demo"`, "for development"},
		{"internal/app/a.go", `import "sendvery.com/sendvery/cmd/sendvery"`, "it is a program"},
		{"internal/report/store_days.go", `import "github.com/jackc/pgx/v5"`, ""},
		{"internal/report/ingest.go", `import "github.com/jackc/pgx/v5"`, "is used in"},
		{"internal/report/ingest_test.go", `import "github.com/jackc/pgx/v5"`, ""},
		{"internal/report/reportweb/store.go", `import "github.com/jackc/pgx/v5"`, "is used in"},
		{"internal/work/a.go", `import "github.com/jackc/pgx/v5/pgxpool"`, ""},
		{"internal/mailbox/a.go", `import "github.com/emersion/go-imap/v2"`, "is used in"},
		{"internal/app/a.go", `import "github.com/miekg/dns"`, "is used in"},
		{"internal/app/a.go", `import "example.org/library"`, "does not say where"},
		{"internal/org/a.go", `func f() { s.DB.InSystem() }`, "calls InSystem"},
		{"internal/mailbox/lease.go", `func f() { s.DB.InSystem() }`, ""},
		{"internal/mailfetch/a.go", `import "github.com/emersion/go-imap/v2/imapclient"; func f() { c.Move() }`, "loses mail"},
		{"internal/mailfetch/a.go", `import "github.com/emersion/go-imap/v2/imapclient"; func f() { c.UIDExpunge() }`, ""},
		{"internal/mailfetch/a.go", `import "github.com/emersion/go-imap/v2"; func f() { s.client.Move() }`, "loses mail"},
		{"internal/mailfetch/imapfinish.go", `import "github.com/emersion/go-imap/v2"; func f() { s.client.Move() }`, ""},
		{"internal/mailfetch/imapfinish.go", `import "github.com/emersion/go-imap/v2"; func f() { s.client.Expunge() }`, "loses mail"},
	} {
		f, err := readFile(tt.name, []byte("package a; "+tt.source))
		if err != nil {
			t.Fatal(err)
		}
		problems := checkFiles([]file{f})
		switch {
		case tt.want == "" && len(problems) > 0, tt.want != "" && len(problems) != 1,
			tt.want != "" && !strings.Contains(problems[0], tt.want):
			t.Errorf("%s with %s: got %q, want %q", tt.name, tt.source, problems, tt.want)
		}
	}
	if got := checkRooms([]file{{name: "internal/util/a.go"}}); !strings.Contains(strings.Join(got, "\n"), "internal/util is not in the drawing") {
		t.Errorf("a package without a floor passes: %q", got)
	}
}
