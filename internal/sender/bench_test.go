package sender_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/internal/uid"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var now = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

// bench is a Service with organizations that watch example.org each.
type bench struct {
	*sender.Service
	db   *dbtest.Database
	at   time.Time
	orgs []member
}

// member is an organization by its owner, with its domain.
type member struct {
	org.Access
	domain domain.ID
}

func newBench(t *testing.T, organizations int) *bench {
	t.Helper()
	db := dbtest.New(t)
	b := &bench{db: db, at: now}
	trail := dbtest.Trail(t)
	trail.DB = db.DB
	clock := func() time.Time { return b.at }
	b.Service = &sender.Service{DB: db.DB, Trail: trail, Log: slog.New(slog.DiscardHandler), Now: clock}
	orgs := &org.Service{DB: db.DB, Trail: trail, Now: clock}
	domains := &domain.Service{DB: db.DB, Trail: trail, Now: clock, Added: func(context.Context, postgres.Tx, org.ID, []fqdn.Name) error { return nil }}
	for i := range organizations {
		person := uid.New[postgres.Person]()
		err := db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO people (person_id, email, created_at) VALUES ($1, $2, now())`, person, person.String()+"@example.org")
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		o, err := orgs.EnsureFirst(t.Context(), person, fmt.Sprintf("me@org%d.example", i))
		if err != nil {
			t.Fatal(err)
		}
		m := member{Access: org.Access{Membership: org.Membership{Organization: o, Role: org.Owner}, Person: person}}
		if err := domains.Add(t.Context(), m.Access, []fqdn.Name{"example.org"}); err != nil {
			t.Fatal(err)
		}
		d, err := domains.Find(t.Context(), o.ID, "example.org")
		if err != nil {
			t.Fatal(err)
		}
		m.domain = d.ID
		b.orgs = append(b.orgs, m)
	}
	return b
}

// mail is a record of a report.
type mail struct {
	ip         string
	messages   int
	signer     string // of a passing signature; "" = none
	envelope   string // that SPF passes for; "" = none
	own        bool   // evaluated as passing
	forwarding int
	trust      int
	day        time.Time // zero: two days ago
}

// store stores records as ingest does.
func (b *bench) store(t *testing.T, m member, mails ...mail) {
	t.Helper()
	for _, r := range mails {
		if r.day.IsZero() {
			r.day = now.AddDate(0, 0, -2)
		}
		a := report.AuthResults{SPF: []report.SPF{{Domain: "failed.example", Result: "fail"}}, DKIM: []report.DKIM{{Domain: "failed.example", Result: "fail"}}}
		if r.signer != "" {
			a.DKIM = append(a.DKIM, report.DKIM{Domain: r.signer, Result: "Pass"})
		}
		if r.envelope != "" {
			a.SPF = append(a.SPF, report.SPF{Domain: r.envelope, Scope: "mfrom", Result: "pass"})
		}
		results, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		pass := 2
		if r.own {
			pass = 1
		}
		args := postgres.NamedArgs{"org": m.ID, "domain": m.domain, "day": r.day, "trust": r.trust, "ip": netip.MustParseAddr(r.ip), "messages": r.messages,
			"results": results, "pass": pass, "forwarding": r.forwarding, "own": r.own && r.forwarding == 0 && r.trust != 2}
		b.exec(t, m, `SELECT ensure_month(@day::date)`, args)
		b.exec(t, m, `
			WITH r AS (
				INSERT INTO reports (org_id, domain_id, receipt_id, day, begin_at, end_at, reporter, reporter_domain, reporter_id, policy_domain, policy,
				       head_id, records, bad_records, messages, aligned, key_digest, content_digest, stored_at, trust)
				VALUES (@org, @domain, 0, @day::date, @day::date, @day::date, 'r', 'r.example', 'r', 'example.org', 'none', 0, 1, 0, @messages, 0, gen_random_uuid()::text::bytea, '', now(), @trust)
				RETURNING report_id),
			a AS (INSERT INTO auth_results (org_id, auth_id, header_from, results) SELECT @org, report_id, 'example.org', @results::jsonb FROM r),
			s AS (
				INSERT INTO sources AS s (org_id, domain_id, source_ip, own, sender, first_day) VALUES (@org, @domain, @ip::inet, @own, host(@ip::inet), @day::date)
				ON CONFLICT (org_id, domain_id, source_ip) DO UPDATE SET own = s.own OR excluded.own, first_day = least(s.first_day, excluded.first_day)),
			k AS (
				INSERT INTO senders AS k (org_id, domain_id, sender, own) VALUES (@org, @domain, host(@ip::inet), @own)
				ON CONFLICT (org_id, domain_id, sender) DO UPDATE SET own = k.own OR excluded.own)
			INSERT INTO records (org_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding, source_ip)
			SELECT @org, @day::date, report_id, 1, report_id, @messages, 0, @pass, 2, @forwarding, @ip::inet FROM r`, args)
	}
}

func (b *bench) exec(t *testing.T, m member, sql string, args postgres.NamedArgs) {
	t.Helper()
	err := b.db.InOrg(t.Context(), m.ID, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, sql, args)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// one reads a value of an organization.
func one[T any](t *testing.T, b *bench, m member, sql string, args ...any) (value T) {
	t.Helper()
	err := b.db.InOrg(t.Context(), m.ID, func(ctx context.Context, tx postgres.Tx) error {
		return tx.QueryRow(ctx, sql, args...).Scan(&value)
	})
	if err != nil {
		t.Fatal(sql, ": ", err)
	}
	return value
}

// known is what an address of the organization is known as.
func (b *bench) known(t *testing.T, m member, ip string) string {
	t.Helper()
	return one[string](t, b, m, `SELECT sender FROM sources WHERE source_ip = $1`, netip.MustParseAddr(ip))
}

// find does the job until it has nothing to do any more.
func (b *bench) find(t *testing.T) {
	t.Helper()
	if err := b.Find(t.Context(), sender.Find{}); err != nil {
		t.Fatal(err)
	}
}
