-- +goose Up

-- RFC 8460 section 3: a TLS report whose mail is not authenticated is ignored.
-- Here it is shown, and stands in no sum.
ALTER TABLE tls_reports ADD COLUMN trust smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN tls_reports.trust IS '0 not checked, 1 vouched for, 2 by nobody: it counts in no sum; as in reports';

-- What is stored knows already who its mail came from.
ALTER TABLE tls_reports NO FORCE ROW LEVEL SECURITY;
ALTER TABLE receipts NO FORCE ROW LEVEL SECURITY;
UPDATE tls_reports t SET trust = CASE WHEN r.source <> 'mailbox' OR r.auth_result = 'pass' THEN 1 ELSE 2 END
FROM receipts r
WHERE r.org_id = t.org_id AND r.receipt_id = t.receipt_id AND (r.source <> 'mailbox' OR r.auth_result IS NOT NULL);
ALTER TABLE receipts FORCE ROW LEVEL SECURITY;
ALTER TABLE tls_reports FORCE ROW LEVEL SECURITY;

-- Sums look for what they leave out, which is little.
CREATE INDEX tls_reports_unvouched ON tls_reports (org_id, tls_report_id) WHERE trust = 2;
