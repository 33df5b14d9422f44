package tlsreport_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/tlsreport"
	"sendvery.com/sendvery/internal/tlsrpt"
	"sendvery.com/sendvery/internal/uid"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// now is the tests' present.
var now = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// bench is one organization that watches domains.
type bench struct {
	*tlsreport.Service
	db      *dbtest.Database
	org     org.ID
	domains map[fqdn.Name]domain.ID
}

func newBench(t *testing.T, names ...fqdn.Name) *bench {
	t.Helper()
	db := dbtest.New(t)
	b := &bench{Service: &tlsreport.Service{DB: db.DB}, db: db, domains: map[fqdn.Name]domain.ID{}}
	b.addOrg(t, "first")
	for _, name := range names {
		id := uid.New[domain.Domain]()
		b.domains[name] = id
		b.exec(t, `INSERT INTO domains (org_id, domain_id, name, added_at) VALUES ($1, $2, $3, now())`, b.org, id, name)
	}
	return b
}

// addOrg makes another organization the bench's.
func (b *bench) addOrg(t *testing.T, slug string) {
	t.Helper()
	b.org = uid.New[postgres.Tenant]()
	b.exec(t, `INSERT INTO organizations (org_id, slug, name, created_at) VALUES ($1, $2, $2, now())`, b.org, slug)
	b.exec(t, `INSERT INTO receipts (org_id, receipt_id, source, received_at, size, verdict) VALUES ($1, 1, 'import', now(), 1, 'accepted')`, b.org)
}

func (b *bench) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	err := b.db.InOrg(t.Context(), b.org, func(ctx context.Context, tx postgres.Tx) error {
		_, err := tx.Exec(ctx, sql, args...)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) store(t *testing.T, r *tlsrpt.Report) tlsreport.Stored {
	t.Helper()
	var s tlsreport.Stored
	err := b.db.InOrg(t.Context(), b.org, func(ctx context.Context, tx postgres.Tx) error {
		var err error
		s, err = tlsreport.Store(ctx, tx, b.org, now, tlsreport.Incoming{Report: r, Receipt: 1, Watched: b.domains})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// made is a report about a day.
func made(id string, day time.Time, policies ...tlsrpt.Policy) *tlsrpt.Report {
	return &tlsrpt.Report{OrgName: "Receiver", ContactInfo: "tls@mail.receiver.example", ReportID: id, Begin: day.Unix(), End: day.Add(24*time.Hour - time.Second).Unix(), Policies: policies}
}

func policy(name fqdn.Name, kind string, ok, failed int64, failures ...tlsrpt.Failure) tlsrpt.Policy {
	return tlsrpt.Policy{Type: kind, Domain: name, DomainSent: name.String(), Strings: []string{"mode: enforce"}, MXHosts: []string{"mx." + name.String()}, Successful: ok, Failed: failed, Failures: failures}
}

func failed(result, sender, host string, n int64) tlsrpt.Failure {
	return tlsrpt.Failure{ResultType: result, SendingMTAIP: sender, ReceivingMXHostname: host, ReceivingIP: "198.51.100.25", Sessions: n}
}

func day(n int) time.Time { return time.Date(2026, 11, n, 0, 0, 0, 0, time.UTC) }

func TestSummaryHoldsTheChosenDaysAndDomain(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org", "example.net", "quiet.example")
	b.store(t, made("a", day(10), policy("example.org", "sts", 90, 10,
		failed("certificate-expired", "192.0.2.1", "mx.example.org", 10), failed("validation-failure", "192.0.2.1", "mx.example.org", 10))))
	b.store(t, made("b", day(11), policy("sub.example.org", "sts", 5, 1, failed("certificate-expired", "192.0.2.2", "", 1)),
		policy("example.net", "no-policy-found", 7, 0), policy("another.example", "sts", 1000, 1000)))
	b.store(t, made("c", day(1), policy("example.org", "sts", 1, 0)))
	f := tlsreport.Filter{From: day(10), To: day(20)}
	sum, err := b.Summarise(t.Context(), b.org, f)
	if err != nil {
		t.Fatal(err)
	}
	if all := sum.Sessions(); all.Successful != 102 || all.Failed != 11 || sum.Reports != 2 || sum.Ever != 3 {
		t.Errorf("%+v, %d reports of %d", all, sum.Reports, sum.Ever)
	}
	var domains []string
	for _, d := range sum.Domains {
		domains = append(domains, fmt.Sprintf("%s %d/%d %d %v", d.Name, d.Successful, d.Failed, d.Reports, d.LastDay != nil))
	}
	if got, want := strings.Join(domains, ", "), "example.org 95/11 2 true, example.net 7/0 1 true, quiet.example 0/0 0 false"; got != want {
		t.Errorf("domains: %s, want %s", got, want)
	}
	if got := fmt.Sprintf("%v %v", sum.Results[0].Result, sum.Results[0].Sessions); len(sum.Results) != 2 || got != "certificate-expired 11" {
		t.Errorf("results: %+v", sum.Results)
	}
	if len(sum.Senders) != 2 || sum.Senders[0].Host != "192.0.2.1" || sum.Senders[0].Detail != "Receiver" || len(sum.Senders[0].Results) != 2 || sum.Senders[0].Size != 2 {
		t.Errorf("senders: %+v", sum.Senders)
	}
	if len(sum.Receivers) != 2 || sum.Receivers[0].Host != "mx.example.org" || sum.Receivers[0].Detail != "198.51.100.25" || sum.Receivers[1].Host != "" {
		t.Errorf("receivers: %+v", sum.Receivers)
	}
	var policies []string
	for _, p := range sum.Policies {
		policies = append(policies, fmt.Sprintf("%s %s %v %v %d-%d", p.Domain, p.Type, p.Lines, p.MXHosts, p.FirstDay.Day(), p.LastDay.Day()))
	}
	if got, want := strings.Join(policies, ", "), "example.net no-policy-found [mode: enforce] [mx.example.net] 11-11, "+
		"sub.example.org sts [mode: enforce] [mx.sub.example.org] 11-11, example.org sts [mode: enforce] [mx.example.org] 1-10"; got != want {
		t.Errorf("policies: %s, want %s", got, want)
	}
	f.Domain = b.domains["example.net"]
	if sum, err = b.Summarise(t.Context(), b.org, f); err != nil || sum.Sessions().Total() != 7 || len(sum.Domains) != 1 || sum.Reports != 1 || len(sum.Results) != 0 {
		t.Errorf("example.net: %+v, %v", sum, err)
	}
}

func TestSumsStopWhereTheyNoLongerFit(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	const most = 1_000_000_000_000
	huge := policy("example.org", "sts", 1, most, failed("certificate-expired", "192.0.2.1", "mx.example.org", most))
	for i := range 3 {
		b.store(t, made(fmt.Sprint(i), day(10), huge))
	}
	b.exec(t, `UPDATE tls_policies SET successful = 9223372036854775807, failed = 9223372036854775807 WHERE org_id = $1`, b.org)
	b.exec(t, `UPDATE tls_failures SET sessions = 9223372036854775807 WHERE org_id = $1`, b.org)
	sum, err := b.Summarise(t.Context(), b.org, tlsreport.Filter{From: day(1), To: day(20)})
	if err != nil {
		t.Fatal(err)
	}
	if all := sum.Sessions(); all.Total() <= 0 || sum.Results[0].Sessions <= 0 {
		t.Errorf("%+v", all)
	}
}

func TestReportsArePagedNewestFirst(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	for i := range 5 {
		b.store(t, made(fmt.Sprint(i), day(10+i/2), policy("example.org", "sts", int64(i), 0), policy("other.example", "sts", 100, 0)))
	}
	q := tlsreport.Query{Filter: tlsreport.Filter{From: day(1), To: day(20)}, Limit: 2}
	var got []string
	for {
		lines, err := b.Reports(t.Context(), b.org, q)
		if err != nil {
			t.Fatal(err)
		}
		if len(lines) == 0 {
			break
		}
		for _, l := range lines {
			got = append(got, fmt.Sprintf("%d:%d %d", l.Day.Day(), l.Successful, l.Domains))
		}
		last := lines[len(lines)-1]
		q.Before = &tlsreport.Position{Day: last.Day, ID: last.ID}
	}
	if s := strings.Join(got, ", "); s != "12:4 1, 11:3 1, 11:2 1, 10:1 1, 10:0 1" {
		t.Errorf("%s", s)
	}
}

func TestReportIsShownAsSentAndToItsOrganizationOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	r := made("whole", day(10), policy("example.org", "sts", 1, 2, failed("certificate-expired", "192.0.2.1", "mx.example.org", 1), failed("Testing", "", "", 2)), policy("other.example", "odd", 3, 0))
	id := b.store(t, r).ID
	got, policies, failures, err := b.Report(t.Context(), b.org, id, tlsreport.Part{Limit: 1, Offset: 1}, tlsreport.Part{Limit: 1})
	if err != nil {
		t.Fatal(err)
	}
	if got.Reporter != "Receiver" || got.ReporterID != "whole" || got.Policies != 2 || got.Failures != 2 || got.Total() != 6 || !got.Day.Equal(day(10)) {
		t.Errorf("%+v", got)
	}
	if len(policies) != 1 || policies[0].Domain != "other.example" || policies[0].Watched != nil || policies[0].Type != "odd" {
		t.Errorf("policies: %+v", policies)
	}
	if len(failures) != 1 || failures[0].Result != "Testing" || failures[0].About != "example.org" {
		t.Errorf("failures: %+v", failures)
	}
	b.addOrg(t, "second")
	// Each of the two locks holds alone: no policy binds a superuser.
	admin, err := postgres.Open(t.Context(), postgres.Config{URL: b.db.AdminURL})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	for name, db := range map[string]*postgres.DB{"app": b.db.DB, "superuser": admin} {
		b.DB = db
		if _, ps, fs, err := b.Report(t.Context(), b.org, id, tlsreport.Part{Limit: 1}, tlsreport.Part{Limit: 1}); !fault.Is(err, fault.NotFound) || len(ps)+len(fs) > 0 {
			t.Errorf("%s: a report of another organization: %v", name, err)
		}
		f := tlsreport.Filter{From: day(1), To: day(20)}
		sum, err := b.Summarise(t.Context(), b.org, f)
		if err != nil || sum.Ever != 0 || len(sum.Policies)+len(sum.Domains)+len(sum.Days)+len(sum.Results)+len(sum.Senders)+len(sum.Receivers) != 0 {
			t.Errorf("%s: another organization sees %+v, %v", name, sum, err)
		}
		if lines, err := b.Reports(t.Context(), b.org, tlsreport.Query{Filter: f, Limit: 9}); err != nil || len(lines) != 0 {
			t.Errorf("%s: another organization sees %d reports, %v", name, len(lines), err)
		}
	}
}

func TestPolicyOfAnySizeIsStoredInBounds(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	p := policy("example.org", "sts", 1, 0)
	p.Strings = strings.Split(strings.Repeat(strings.Repeat("x", 1000)+"\n", 200), "\n")
	id := b.store(t, made("large", day(10), p)).ID
	_, policies, _, err := b.Report(t.Context(), b.org, id, tlsreport.Part{Limit: 1}, tlsreport.Part{Limit: 1})
	if err != nil || len(policies) != 1 || len(policies[0].Lines) != 65 {
		t.Fatalf("%d policies, %v, %d lines", len(policies), err, len(policies[0].Lines))
	}
}

func TestEveryRegisteredResultIsExplained(t *testing.T) {
	t.Parallel()
	for _, result := range []string{"starttls-not-supported", "certificate-host-mismatch", "certificate-expired", "certificate-not-trusted", "validation-failure",
		"tlsa-invalid", "dnssec-invalid", "dane-required", "sts-policy-fetch-error", "sts-policy-invalid", "sts-webpki-invalid"} {
		if m := tlsreport.Explain(result); m.Word == result || m.What == "" || m.Do == "" {
			t.Errorf("%s: %+v", result, m)
		}
	}
	if m := tlsreport.Explain("Testing"); m.Word != "Testing" || m.What == "" {
		t.Errorf("%+v", m)
	}
	if m := tlsreport.Explain(""); m.Word == "" {
		t.Errorf("%+v", m)
	}
}
