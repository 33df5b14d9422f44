package report

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// details are what a report has that others with its head have not: seldom any.
type details struct {
	Errors         []dmarcrpt.Note      `json:",omitempty"`
	Bad            []dmarcrpt.BadRecord `json:",omitempty"`
	Extensions     []dmarcrpt.Extension `json:",omitempty"`
	MoreExtensions int                  `json:",omitempty"`
}

// encodeHead returns what many reports of a reporter about a domain share.
func encodeHead(r *dmarcrpt.Report) ([]byte, error) {
	shared := *r
	shared.ReportID, shared.Errors, shared.Begin, shared.End = "", nil, 0, 0
	return json.Marshal(struct {
		dmarcrpt.Report
		Begin, End int64 `json:",omitempty"` // in columns
	}{Report: shared})
}

// sums are the parts of a report that are known at its end.
type sums struct {
	details, repairs  json.RawMessage // nil = none
	digest            []byte
	records, bad      int64
	messages, aligned int64
}

func (p *pending) sums() (s sums, err error) {
	d := details{Errors: p.head.Errors}
	s.digest = []byte{}
	if sum := p.summary; sum != nil {
		if sum.Aggregate != nil {
			d.Bad, d.Extensions, d.MoreExtensions = sum.Aggregate.Bad, sum.Aggregate.Extensions, sum.Aggregate.MoreExtensions
		}
		content := p.content()
		s.records, s.bad, s.messages, s.aligned, s.digest = int64(sum.Records), int64(sum.BadRecords), sum.Messages, sum.Aligned, content[:]
		if len(sum.Repairs) > 0 {
			if s.repairs, err = json.Marshal(sum.Repairs); err != nil {
				return s, err
			}
		}
	}
	if len(d.Errors)+len(d.Bad)+len(d.Extensions) > 0 {
		s.details, err = json.Marshal(d)
	}
	return s, err
}

// insertReports writes the reports whose key is free, the first of several
// with the same, and the heads they name that the dictionary lacks, and notes
// that these reports are not in the sums of their day yet. It returns which they
// are.
func (g *group) insertReports(ctx context.Context, reports []*pending) (map[ID]bool, error) {
	fresh := make(map[ID]bool, len(reports))
	n := len(reports)
	if n == 0 {
		return fresh, nil
	}
	ids, domains, receipts, trusts, heads := make([]int64, n), make([][16]byte, n), make([]int64, n), make([]int16, n), make([]int64, n)
	days, begins, ends := make([]time.Time, n), make([]time.Time, n), make([]time.Time, n)
	reporters, reporterDomains := make([]string, n), make([]string, n)
	reporterIDs, policyDomains, policies := make([]string, n), make([]string, n), make([]string, n)
	details, repairs := make([]json.RawMessage, n), make([]json.RawMessage, n)
	keys, bases, contents := make([][]byte, n), make([][]byte, n), make([][]byte, n)
	records, bad, messages, aligned := make([]int64, n), make([]int64, n), make([]int64, n), make([]int64, n)
	missing := map[int64]json.RawMessage{}
	for i, p := range reports {
		s, err := p.sums()
		if err != nil {
			return nil, err
		}
		head, err := encodeHead(p.head)
		if err != nil {
			return nil, err
		}
		if heads[i] = headID(g.org, head); !g.s.results.has(heads[i]) {
			missing[heads[i]] = head
		}
		ids[i], domains[i], receipts[i], trusts[i] = int64(p.id), [16]byte(p.domain), int64(g.results[p.item].receipt), int16(p.trust)
		days[i], begins[i], ends[i] = p.day, time.Unix(p.head.Begin, 0).UTC(), time.Unix(p.head.End, 0).UTC()
		reporters[i], reporterDomains[i] = p.head.Reporter(), p.reporterDomain
		reporterIDs[i], policyDomains[i], policies[i] = p.head.ReportID, p.head.Policy.Domain.String(), p.head.Policy.Effective().P
		details[i], repairs[i], keys[i], bases[i], contents[i] = s.details, s.repairs, p.key[:], p.base, s.digest
		records[i], bad[i], messages[i], aligned[i] = s.records, s.bad, s.messages, s.aligned
	}
	b := &postgres.Batch{}
	g.addHeads(b, missing)
	b.Queue(`
		WITH added AS (
		INSERT INTO reports (org_id, stored_at, report_id, domain_id, receipt_id, trust, day, begin_at, end_at, reporter, reporter_domain,
		       reporter_id, policy_domain, policy, head_id, details, repairs, key_digest, base_key, content_digest, records, bad_records, messages, aligned)
		SELECT @org, @now, r.* FROM unnest(@ids::bigint[], @domains::uuid[], @receipts::bigint[], @trusts::smallint[], @days::date[],
		       @begins::timestamptz[], @ends::timestamptz[], @reporters::text[], @reporter_domains::text[], @reporter_ids::text[],
		       @policy_domains::text[], @policies::text[], @heads::bigint[], @details::jsonb[], @repairs::jsonb[], @keys::bytea[], @bases::bytea[], @contents::bytea[],
		       @records::bigint[], @bad::bigint[], @messages::bigint[], @aligned::bigint[]) AS r
		ON CONFLICT (org_id, key_digest) DO NOTHING RETURNING report_id, domain_id, day),
		due AS (INSERT INTO daily_due (org_id, domain_id, day, report_id) SELECT @org, domain_id, day, report_id FROM added)
		SELECT report_id FROM added`,
		postgres.NamedArgs{"org": g.org, "now": g.now, "ids": ids, "domains": domains, "receipts": receipts, "trusts": trusts, "days": days,
			"begins": begins, "ends": ends, "reporters": reporters, "reporter_domains": reporterDomains,
			"reporter_ids": reporterIDs, "policy_domains": policyDomains, "policies": policies, "heads": heads, "details": sparseBytes(details), "repairs": sparseBytes(repairs),
			"keys": sparseBytes(keys), "bases": sparseBytes(bases), "contents": sparseBytes(contents), "records": records, "bad": bad, "messages": messages, "aligned": aligned}).
		Query(func(rows pgx.Rows) error {
			var id ID
			_, err := pgx.ForEachRow(rows, []any{&id}, func() error {
				fresh[id] = true
				return nil
			})
			return err
		})
	return fresh, send(ctx, g.tx, b, "insert reports")
}

// addHeads adds heads of reports to their dictionary, as addResults does.
func (g *group) addHeads(b *postgres.Batch, missing map[int64]json.RawMessage) {
	if len(missing) == 0 {
		return
	}
	keys := slices.Sorted(maps.Keys(missing))
	heads := make([]json.RawMessage, len(keys))
	for i, k := range keys {
		heads[i] = missing[k]
	}
	g.added = append(g.added, keys...)
	b.Queue(`
		INSERT INTO report_heads (org_id, head_id, head)
		SELECT @org, id, h FROM unnest(@ids::bigint[], @heads::jsonb[]) AS a (id, h)
		ON CONFLICT DO NOTHING`, postgres.NamedArgs{"org": g.org, "ids": keys, "heads": heads})
}

// updateReport sets what was not known when the report's row was written.
func updateReport(ctx context.Context, tx postgres.Tx, org org.ID, p *pending) error {
	s, err := p.sums()
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE reports SET details = @details, repairs = @repairs, records = @records, bad_records = @bad,
		       messages = @messages, aligned = @aligned, key_digest = @key, content_digest = @content
		WHERE org_id = @org AND report_id = @id`, postgres.NamedArgs{"org": org, "id": p.id, "details": s.details, "repairs": s.repairs,
		"records": s.records, "bad": s.bad, "messages": s.messages, "aligned": s.aligned, "key": p.key[:], "content": s.digest})
	if err != nil {
		return fmt.Errorf("update report: %w", err)
	}
	return nil
}

// removeReport deletes a report that another one is counted instead of.
func removeReport(ctx context.Context, tx postgres.Tx, org org.ID, r existing) error {
	args := r.args(org)
	b := &postgres.Batch{}
	queueLine(b, args)
	b.Queue(`DELETE FROM records WHERE org_id = @org AND day = @day AND report_id = @id`, args)
	b.Queue(`DELETE FROM reports WHERE org_id = @org AND report_id = @id`, args)
	recount(b, org, r)
	return send(ctx, tx, b, "remove report")
}

// setTrust notes that somebody vouches for a stored report.
func setTrust(ctx context.Context, tx postgres.Tx, org org.ID, r existing, trust Trust) error {
	args := r.args(org)
	args["trust"] = trust
	b := &postgres.Batch{}
	b.Queue(`UPDATE reports SET trust = @trust WHERE org_id = @org AND report_id = @id`, args)
	recount(b, org, r)
	return send(ctx, tx, b, "set trust")
}

// args find the report's rows by their keys.
func (r existing) args(org org.ID) postgres.NamedArgs {
	return postgres.NamedArgs{"org": org, "domain": r.domain, "day": r.day, "id": r.id, "receipt": r.receipt}
}
