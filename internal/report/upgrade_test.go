package report_test

import (
	"context"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dbtest"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/migrations"
)

// asBefore are the rows of tables as they were before what records and reports
// say over and over was kept once, digests were cut to half, and reports that
// are alone in their mail had no lines.
var asBefore = map[string]string{
	"reports": `SELECT to_jsonb(r) || jsonb_build_object('email', h.head->>'Email', 'key_digest', CASE WHEN r.base_key IS NULL THEN whole(r.key_digest) ELSE sha256(whole(r.base_key) || whole(r.content_digest)) END,
		'base_key', whole(r.base_key), 'content_digest', whole(r.content_digest), 'document', h.head || coalesce(r.details, '{}')
			|| jsonb_build_object('ReportID', r.reporter_id, 'Begin', extract(epoch FROM r.begin_at)::bigint, 'End', extract(epoch FROM r.end_at)::bigint))
		FROM reports r JOIN report_heads h USING (org_id, head_id)`,
	"records": `SELECT to_jsonb(t) || jsonb_build_object('domain_id', r.domain_id, 'header_from', a.header_from, 'envelope_from', a.envelope_from, 'envelope_to', a.envelope_to, 'evaluated', a.evaluated)
		FROM records t JOIN reports r USING (org_id, report_id) JOIN auth_results a USING (org_id, auth_id)`,
	"receipts": `SELECT to_jsonb(r) || jsonb_build_object('digest', whole(digest)) FROM receipts r`,
	"receipt_items": `SELECT to_jsonb(i) || jsonb_build_object('content_digest', whole(content_digest),
		'key_digest', CASE WHEN kind = 'aggregate' THEN whole(key_digest) ELSE key_digest END) FROM receipt_lines i`,
}

// allStored is all that these tables say.
const allStored = `SELECT
	(SELECT string_agg((to_jsonb(r) - 'head_id' || jsonb_build_object('head', h.head))::text, E'\n' ORDER BY r.report_id) FROM reports r JOIN report_heads h USING (org_id, head_id))
	|| (SELECT string_agg((to_jsonb(r) - '{report_id,report_label}'::text[])::text, E'\n' ORDER BY receipt_id) FROM receipts r)
	|| (SELECT string_agg(to_jsonb(i)::text, E'\n' ORDER BY receipt_id, seq) FROM receipt_lines i)`

// allWeeks is who reported, added up by week.
const allWeeks = `SELECT coalesce(string_agg(to_jsonb(w)::text, E'\n' ORDER BY to_jsonb(w)::text), '') FROM weekly_reporters w`

// older moves the bench to a database of before a migration, and migrates that.
func (b *bench) older(t *testing.T, next string) {
	t.Helper()
	ctx := t.Context()
	connect := func(address string) *pgx.Conn {
		conn, err := pgx.Connect(ctx, address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close(context.Background()) })
		return conn
	}
	u, err := url.Parse(b.db.AdminURL)
	if err != nil {
		t.Fatal(err)
	}
	name := "older_" + strings.TrimPrefix(u.Path, "/")
	b.admin(t, `CREATE DATABASE `+name)
	admin, owner := dbtest.InDatabase(t, b.db.AdminURL, name), dbtest.InDatabase(t, b.db.OwnerURL, name)
	if err := postgres.CreateRoles(ctx, admin); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(ctx, owner, dbtest.MigrationsBefore(t, next), work.Migrate); err != nil {
		t.Fatal(err)
	}
	from, to := connect(b.db.AdminURL), connect(admin)
	if _, err := from.Exec(ctx, `CREATE FUNCTION pg_temp.whole(d bytea) RETURNS bytea LANGUAGE sql AS 'SELECT d || substring(sha256(d) FOR 16)'`); err != nil {
		t.Fatal(err)
	}
	if _, err := to.Exec(ctx, `SET session_replication_role = replica; SELECT ensure_month('2026-11-01')`); err != nil {
		t.Fatal(err)
	}
	rows, err := to.Query(ctx, `SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
		AND relname !~ '^(river|goose|audit)_'`)
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		before, changed := asBefore[table]
		if !changed {
			before = `SELECT to_jsonb(x) FROM ` + table + ` x`
		}
		var content []byte
		if err := from.QueryRow(ctx, `SELECT coalesce(jsonb_agg(x), '[]') FROM (`+strings.ReplaceAll(before, "whole(", "pg_temp.whole(")+`) AS x (x)`).Scan(&content); err != nil {
			t.Fatal(table, ": ", err)
		}
		if _, err := to.Exec(ctx, `INSERT INTO `+table+` OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_recordset(NULL::`+table+`, $1) ON CONFLICT DO NOTHING`, content); err != nil { //nolint:unqueryvet // whatever columns it had
			t.Fatal(table, ": ", err)
		}
	}
	if _, err := to.Exec(ctx, `SELECT setval('receipts_receipt_id_seq', 1000), setval('reports_report_id_seq', 1000)`); err != nil {
		t.Fatal(err)
	}
	if err := postgres.Migrate(ctx, owner, migrations.Files, work.Migrate); err != nil {
		t.Fatal(err)
	}
	db, err := postgres.Open(ctx, postgres.Config{URL: dbtest.InDatabase(t, b.db.URL, name)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(db.Close)
	b.DB, b.db.DB, b.db.AdminURL = db, db, admin
}

func TestReportsFromBeforeHeadsReadTheSame(t *testing.T) {
	t.Parallel()
	b := newBench(t, "example.org")
	v := versions()
	plain := doc{org: "reporter.example", id: "plain", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 40), fail("198.51.100.7", 2)}}
	odd := doc{org: "odd.example", id: "odd", domain: "example.org", begin: day, recs: []rec{pass("192.0.2.1", 4), fail("no address", 3)}}
	oddly := strings.NewReplacer("</report_metadata>", "<error>a disk was full</error></report_metadata>", "</policy_published>", "</policy_published><note>extra</note>").Replace(odd.xml())
	waiting := doc{org: "reporter.example", id: "waiting", domain: "waiting.example", begin: day, recs: []rec{pass("192.0.2.1", 1)}}
	cut := plain.xml()[:300]
	b.take(t, plain.xml(), oddly, plain.xml()+" ", waiting.xml(), cut)
	b.take(t, cut)
	two := func(id string) string {
		return zipped(t, "a.xml", strings.Replace(plain.xml(), "plain", id+" a", 1), "b.xml", strings.Replace(plain.xml(), "plain", id+" b", 1))
	}
	b.take(t, two("both"), two("left"))
	b.admin(t, `DELETE FROM receipt_items WHERE seq = 1 AND receipt_id = (SELECT max(receipt_id) FROM receipts)`) // that report is beyond the plan
	for _, name := range []string{"aggregate reports", "TLS reports"} {
		b.take(t, v[name][0], v[name][1], v[name][2])
	}
	b.admin(t, `UPDATE receipt_items SET end_at = '2026-11-11', key_digest = substring(sha256('waiting') FOR 16) WHERE verdict = 'held'`)
	const others = "accepted repaired known held refused accepted+accepted accepted "
	b.choose(t, 9, 0, report.Add, others+"accepted accepted conflict accepted conflict conflict")
	b.choose(t, 10, 0, report.Replace, others+"replaced accepted accepted accepted conflict conflict")
	b.choose(t, 12, 0, report.Replace, others+"replaced accepted accepted replaced accepted conflict")

	type reportRead struct {
		report.Report
		records []report.Record
	}
	read := func() (all []reportRead) {
		for _, id := range one[[]report.ID](t, b, `SELECT array_agg(report_id ORDER BY report_id) FROM reports`) {
			r, records, err := b.Report(t.Context(), b.org.ID, id, report.RecordQuery{Limit: 10})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, reportRead{r, records})
		}
		return all
	}
	if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
		t.Fatal(err)
	}
	numbers, rows, reports := b.numbers(t), one[string](t, b, allStored), read()
	weeks := one[string](t, b, allWeeks)
	b.older(t, "00030")
	if got := one[string](t, b, allWeeks); got != weeks || weeks == "" {
		t.Errorf("who reported: %s\nbefore: %s", got, weeks)
	}
	if got := b.numbers(t); got != numbers {
		t.Errorf("numbers: %s\nbefore: %s", got, numbers)
	}
	if got := one[string](t, b, allStored); got != rows {
		t.Errorf("stored: %s\nbefore: %s", got, rows)
	}
	if n := one[int](t, b, `SELECT count(*) FROM receipt_items WHERE receipt_id = (SELECT min(receipt_id) FROM receipts)`); n != 0 {
		t.Errorf("a report that is alone has %d lines", n)
	}
	if got := read(); !reflect.DeepEqual(got, reports) {
		t.Errorf("read: %+v\nbefore: %+v", got, reports)
	}
	// Copies are known, and choices can be taken back.
	b.take(t, plain.xml()+"  ", oddly+" ", v["aggregate reports"][1]+"\n", v["TLS reports"][1]+"\n", cut)
	const copies = " known known known known"
	if got := b.lines(t); got != others+"replaced accepted accepted replaced accepted conflict"+copies {
		t.Errorf("copies: %s", got)
	}
	if !one[bool](t, b, `SELECT first_id = (SELECT receipt_id FROM receipts WHERE verdict = 'refused') FROM receipts ORDER BY receipt_id DESC LIMIT 1`) {
		t.Error("the refused file is not known")
	}
	b.choose(t, 10, 0, report.Undo, others+"accepted accepted conflict replaced accepted conflict"+copies)
	b.choose(t, 9, 0, report.Undo, others+"accepted conflict conflict replaced accepted conflict known known conflict known")
	b.choose(t, 12, 0, report.Undo, others+"accepted conflict conflict accepted conflict conflict known known conflict conflict")
	if err := b.SumDays(t.Context(), report.SumDays{}); err != nil {
		t.Fatal(err)
	}
	if got := b.differences(t); got != "" {
		t.Errorf("found:\n%s", got)
	}
}
