package tlsreport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fqdn"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
)

// find returns the report that is stored under the key, or beside that one
// with the same content or out of the same receipt, locked: who else meets it
// waits. Zero when there is none.
func find(ctx context.Context, tx postgres.Tx, org org.ID, key, content [32]byte, receipt int64) (e existing, err error) {
	beside := besideKey(key, content)
	var digest []byte
	err = tx.QueryRow(ctx, `
		SELECT tls_report_id, receipt_id, content_digest, trust FROM tls_reports
		WHERE org_id = @org AND (key_digest = ANY(@keys) OR base_key = @key AND receipt_id = @receipt)
		ORDER BY key_digest = @beside DESC, content_digest = @content DESC, base_key IS NOT NULL DESC LIMIT 1 FOR UPDATE`,
		postgres.NamedArgs{"org": org, "keys": [][]byte{key[:], beside[:]}, "key": key[:], "beside": beside[:], "content": content[:], "receipt": receipt}).
		Scan(&e.id, &e.receipt, &digest, &e.trust)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return e, fmt.Errorf("find TLS report: %w", err)
	}
	copy(e.content[:], digest)
	return e, nil
}

// findBeside returns a report that counts beside another one, and locks it,
// with the id of that one; zero when it counts alone.
func findBeside(ctx context.Context, tx postgres.Tx, org org.ID, id ID) (e existing, counted ID, err error) {
	var digest []byte
	err = tx.QueryRow(ctx, `
		SELECT r.tls_report_id, r.receipt_id, r.content_digest, r.trust, o.tls_report_id
		FROM tls_reports r JOIN tls_reports o ON o.org_id = r.org_id AND o.key_digest = r.base_key
		WHERE r.org_id = $1 AND r.tls_report_id = $2 FOR UPDATE`, org, id).Scan(&e.id, &e.receipt, &digest, &e.trust, &counted)
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return e, 0, fmt.Errorf("find TLS report: %w", err)
	}
	copy(e.content[:], digest)
	return e, counted, nil
}

// former sums up a stored report.
func former(ctx context.Context, tx postgres.Tx, org org.ID, e existing) (Former, error) {
	f := Former{ID: e.id, Receipt: e.receipt, Content: e.content, Trust: e.trust}
	err := tx.QueryRow(ctx, `
		SELECT r.begin_at, r.end_at, t.policies, t.successful, t.failed
		FROM tls_reports r CROSS JOIN LATERAL (
			SELECT count(*) AS policies, `+sessionsSQL+` FROM tls_policies p WHERE p.org_id = r.org_id AND p.tls_report_id = r.tls_report_id) t
		WHERE r.org_id = $1 AND r.tls_report_id = $2`, org, e.id).Scan(&f.Begin, &f.End, &f.Policies, &f.Successful, &f.Failed)
	if err != nil {
		return f, fmt.Errorf("sum up TLS report: %w", err)
	}
	return f, nil
}

// vouch notes that somebody vouches for a stored report.
func vouch(ctx context.Context, tx postgres.Tx, org org.ID, id ID) error {
	if _, err := tx.Exec(ctx, `UPDATE tls_reports SET trust = $3 WHERE org_id = $1 AND tls_report_id = $2`, org, id, Vouched); err != nil {
		return fmt.Errorf("vouch for TLS report: %w", err)
	}
	return nil
}

// remove deletes a report with its policies and failures.
func remove(ctx context.Context, tx postgres.Tx, org org.ID, id ID) error {
	if _, err := tx.Exec(ctx, `DELETE FROM tls_reports WHERE org_id = $1 AND tls_report_id = $2`, org, id); err != nil {
		return fmt.Errorf("remove TLS report: %w", err)
	}
	return nil
}

// insert stores the report with its policies and failures. It returns 0 when
// another transaction stored one under the same key first.
func insert(ctx context.Context, tx postgres.Tx, org org.ID, now time.Time, in Incoming, key [32]byte, base []byte, entries []entry) (id ID, err error) {
	r := in.Report
	var repairs []byte
	if len(r.Repairs) > 0 {
		if repairs, err = json.Marshal(r.Repairs); err != nil {
			return 0, err
		}
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO tls_reports (org_id, receipt_id, day, begin_at, end_at, reporter, reporter_domain, contact, reporter_id, repairs,
		       key_digest, base_key, content_digest, stored_at, trust)
		VALUES (@org, @receipt, @day, @begin, @end, @reporter, @reporter_domain, @contact, @reporter_id, @repairs, @key, @base, @content, @now, @trust)
		ON CONFLICT (org_id, key_digest) DO NOTHING RETURNING tls_report_id`,
		postgres.NamedArgs{
			"org": org, "receipt": in.Receipt, "day": r.ReportedDay(), "begin": time.Unix(r.Begin, 0).UTC(), "end": time.Unix(r.End, 0).UTC(),
			"reporter": r.OrgName, "reporter_domain": ReporterDomain(r), "contact": r.ContactInfo, "reporter_id": r.ReportID, "repairs": repairs,
			"key": key[:], "base": base, "content": r.Digest[:], "now": now, "trust": in.Trust,
		}).Scan(&id)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return 0, nil
	case err != nil:
		return 0, fmt.Errorf("insert TLS report: %w", err)
	}
	if err := insertPolicies(ctx, tx, org, id, r.ReportedDay(), entries); err != nil {
		return 0, err
	}
	return id, insertFailures(ctx, tx, org, id, entries)
}

func insertPolicies(ctx context.Context, tx postgres.Tx, org org.ID, id ID, day time.Time, entries []entry) error {
	var domains []*domain.ID
	var about, sent, types []string
	var lines, hosts [][]byte
	var successful, failed []int64
	for _, e := range entries {
		l, err := json.Marshal(bounded(e.Strings))
		if err != nil {
			return err
		}
		h, err := json.Marshal(bounded(e.MXHosts))
		if err != nil {
			return err
		}
		domains, about, sent, types = append(domains, e.domain), append(about, e.about.String()), append(sent, e.DomainSent), append(types, e.Type)
		lines, hosts = append(lines, l), append(hosts, h)
		successful, failed = append(successful, e.Successful), append(failed, e.Failed)
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO tls_policies (org_id, tls_report_id, seq, domain_id, day, policy_domain, domain_sent, type, lines, mx_hosts, successful, failed)
		SELECT @org, @id, p.seq, p.domain, @day, p.about, p.sent, p.type, p.lines, p.hosts, p.successful, p.failed
		FROM unnest(@domains::uuid[], @about::text[], @sent::text[], @types::text[], @lines::jsonb[], @hosts::jsonb[],
		     @successful::bigint[], @failed::bigint[]) WITH ORDINALITY AS p (domain, about, sent, type, lines, hosts, successful, failed, seq)`,
		postgres.NamedArgs{"org": org, "id": id, "day": day, "domains": domains, "about": about, "sent": sent, "types": types,
			"lines": lines, "hosts": hosts, "successful": successful, "failed": failed})
	if err != nil {
		return fmt.Errorf("insert TLS policies: %w", err)
	}
	return nil
}

// maxPolicy is how much of a policy is stored: more than senders read of one
// (RFC 8461 section 3.3). The original has the rest.
const maxPolicy = 64 << 10

// bounded returns the values up to maxPolicy bytes.
func bounded(values []string) []string {
	size := 0
	for i, v := range values {
		if size += len(v); size > maxPolicy {
			return values[:i]
		}
	}
	return values
}

func insertFailures(ctx context.Context, tx postgres.Tx, org org.ID, id ID, entries []entry) error {
	var seqs, ns []int32
	var types, senders, ips, hosts, helos, infos, reasons []string
	var sessions []int64
	for i, e := range entries {
		for n, f := range e.Failures {
			seqs, ns, sessions = append(seqs, int32(i+1)), append(ns, int32(n+1)), append(sessions, f.Sessions)
			types, senders, ips = append(types, f.ResultType), append(senders, f.SendingMTAIP), append(ips, f.ReceivingIP)
			hosts, helos = append(hosts, f.ReceivingMXHostname), append(helos, f.ReceivingMXHelo)
			infos, reasons = append(infos, f.AdditionalInformation), append(reasons, f.ReasonCode)
		}
	}
	if len(seqs) == 0 {
		return nil
	}
	_, err := tx.Exec(ctx, `
		INSERT INTO tls_failures (org_id, tls_report_id, seq, n, result_type, sending_ip, receiving_ip, receiving_host, receiving_helo, sessions, information, reason)
		SELECT @org, @id, f.seq, f.n, f.type, f.sender, f.ip, f.host, f.helo, f.sessions, f.info, f.reason
		FROM unnest(@seqs::integer[], @ns::integer[], @types::text[], @senders::text[], @ips::text[], @hosts::text[], @helos::text[],
		     @sessions::bigint[], @infos::text[], @reasons::text[]) AS f (seq, n, type, sender, ip, host, helo, sessions, info, reason)`,
		postgres.NamedArgs{"org": org, "id": id, "seqs": seqs, "ns": ns, "types": types, "senders": senders, "ips": ips, "hosts": hosts,
			"helos": helos, "sessions": sessions, "infos": infos, "reasons": reasons})
	if err != nil {
		return fmt.Errorf("insert TLS failures: %w", err)
	}
	return nil
}

// attach gives the entries that lie within the domain and have none yet to it.
func attach(ctx context.Context, tx postgres.Tx, org org.ID, id domain.ID, name fqdn.Name) error {
	_, err := tx.Exec(ctx, `
		UPDATE tls_policies SET domain_id = @id
		WHERE org_id = @org AND domain_id IS NULL AND (policy_domain = @name OR right(policy_domain, length(@name) + 1) = '.' || @name)`,
		postgres.NamedArgs{"org": org, "id": id, "name": name.String()})
	if err != nil {
		return fmt.Errorf("attach TLS policies: %w", err)
	}
	return nil
}
