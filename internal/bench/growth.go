package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/report"
)

// growth measures whether a report costs more to store the more is stored, and
// how much room a record takes. Two databases are measured by turns: one that
// stays next to empty, and one that is filled.
func growth(ctx context.Context, t *table) error {
	empty, err1 := openHouse(ctx)
	full, err2 := openHouse(ctx)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	if _, err := empty.take(ctx, empty.files(2000), 50, report.Importers); err != nil {
		return err
	}
	if err := sizes(ctx, empty.admin, t.out); err != nil {
		return err
	}
	for _, millions := range []int{1, 5} {
		if err := full.fill(ctx, millions*100_000-int(full.filled)); err != nil {
			return err
		}
		for _, form := range forms {
			var few, many []float64
			for range rounds {
				f, err1 := empty.take(ctx, empty.files(form.n), form.size, report.Importers)
				m, err2 := full.take(ctx, full.files(form.n), form.size, report.Importers)
				if err := errors.Join(err1, err2); err != nil {
					return err
				}
				few, many = append(few, f), append(many, m)
			}
			t.row(row{figure: fmt.Sprintf("%s, beside %d M records", form.name, millions), value: median(many), baseline: median(few),
				unit: "reports/s", against: "beside next to none", wanted: 0.8})
		}
	}
	return errors.Join(empty.close(ctx), full.close(ctx))
}

// fill stores n reports of ten records, of the days that are measured, as ingest
// would, inside the server.
func (h *house) fill(ctx context.Context, n int) error {
	if n == 0 {
		return nil
	}
	if _, err := h.admin.Exec(ctx, `SELECT ensure_month(d) FROM unnest('{2026-10-01, 2026-11-01}'::date[]) d`); err != nil {
		return err
	}
	const made = `generate_series($3::bigint, $3::bigint + $4 - 1) AS i`
	for _, statement := range []string{
		`INSERT INTO receipts (org_id, receipt_id, source, label, received_at, size, verdict, report_id, report_label)
		 SELECT $1, i, 'import', 'report ' || i, now(), 1200, 'accepted', i, 'report.xml' FROM ` + made + ` WHERE $2::uuid IS NOT NULL`,
		`INSERT INTO originals (org_id, receipt_id, content)
		 SELECT $1, i, decode(repeat(md5(i::text), 75), 'hex') FROM ` + made + ` WHERE $2::uuid IS NOT NULL`,
		`INSERT INTO report_heads (org_id, head_id, head)
		 SELECT DISTINCT $1::uuid, i / 30, jsonb_build_object('OrgName', 'receiver', 'Version', '1.0', 'Email', 'a@filled' || i / 30 || '.example') FROM ` + made + ` WHERE $2::uuid IS NOT NULL
		 ON CONFLICT DO NOTHING`,
		`INSERT INTO reports (org_id, report_id, domain_id, receipt_id, trust, day, begin_at, end_at, reporter, reporter_domain, reporter_id, policy_domain,
		        policy, head_id, records, bad_records, messages, aligned, key_digest, content_digest, stored_at)
		 SELECT $1, i, $2, i, 1, date '2026-10-22' + (i % 30)::int, now(), now(), 'receiver', 'filled' || i / 30 || '.example', i::text, 'example.com',
		        'none', i / 30, 10, 0, 30, 30, substring(sha256(i::text::bytea) FOR 16), substring(sha256(i::text::bytea) FOR 16), now() FROM ` + made,
		`INSERT INTO records (org_id, day, report_id, seq, auth_id, messages, disposition, dkim, spf, forwarding, source_ip)
		 SELECT $1, date '2026-10-22' + (i % 30)::int, i, s, s, 3, 1, 1, 2, 0, inet '10.1.0.0' + (i * 10 + s) % 65536
		 FROM ` + made + `, generate_series(1, 10) AS s WHERE $2::uuid IS NOT NULL`,
		`INSERT INTO daily_due (org_id, domain_id, day, report_id)
		 SELECT $1, $2, date '2026-10-22' + (i % 30)::int, i FROM ` + made,
		`INSERT INTO sources (org_id, domain_id, source_ip, own, sender, first_day)
		 SELECT $1, $2, inet '10.1.0.0' + (i * 10 + s) % 65536, true, host(inet '10.1.0.0' + (i * 10 + s) % 65536), date '2026-10-22' FROM ` + made + `, generate_series(1, 10) AS s ON CONFLICT DO NOTHING`,
	} {
		if _, err := h.admin.Exec(ctx, statement, h.org, h.domain, firstFilled+h.filled, n); err != nil {
			return err
		}
	}
	h.filled += int64(n)
	// As the server does by itself in the long run.
	_, err1 := h.admin.Exec(ctx, `VACUUM ANALYZE`)
	_, err2 := h.admin.Exec(ctx, `CHECKPOINT`)
	return errors.Join(err1, err2)
}

// firstFilled keeps the ids of what fill makes apart from the others'.
const firstFilled = 1_000_000_000

// sizes prints the room that each table and index takes, per record.
func sizes(ctx context.Context, admin *pgx.Conn, out io.Writer) error {
	rows, err := admin.Query(ctx, `
		SELECT coalesce(p.inhparent::regclass::text, t.relname) || CASE WHEN c.relkind = 'i' THEN ', index ' || coalesce(ip.inhparent::regclass::text, c.relname) ELSE '' END AS what,
		       sum(pg_relation_size(c.oid))::float8 / (SELECT count(*) FROM records)
		FROM pg_class c LEFT JOIN pg_index i ON i.indexrelid = c.oid
		JOIN pg_class t ON t.oid = coalesce(i.indrelid, c.oid)
		LEFT JOIN pg_inherits p ON p.inhrelid = t.oid LEFT JOIN pg_inherits ip ON ip.inhrelid = c.oid AND c.relkind = 'i'
		WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'i')
		GROUP BY 1 HAVING sum(pg_relation_size(c.oid)) > 100000 ORDER BY 2 DESC`)
	if err != nil {
		return err
	}
	defer rows.Close()
	fmt.Fprintln(out, "\nbytes on disk per record")
	total := 0.0
	for rows.Next() {
		var what string
		var bytes float64
		if err := rows.Scan(&what, &bytes); err != nil {
			return err
		}
		total += bytes
		fmt.Fprintf(out, "  %-60s %8.1f\n", what, bytes)
	}
	fmt.Fprintf(out, "  %-60s %8.1f\n\n", "in all", total)
	return rows.Err()
}
