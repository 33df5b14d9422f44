-- +goose Up

-- Heads of reports repeat over and over too: each distinct one is kept once,
-- as in auth_results. What only one report has stays with it.
CREATE TABLE report_heads (
    org_id  uuid   NOT NULL,
    head_id bigint NOT NULL,
    head    jsonb  NOT NULL,
    CONSTRAINT report_heads_pkey PRIMARY KEY (org_id, head_id)
);
COMMENT ON COLUMN report_heads.head IS 'metadata and published policy as sent, without report id, range and errors';

ALTER TABLE reports NO FORCE ROW LEVEL SECURITY;
ALTER TABLE reports ADD COLUMN head_id bigint, ADD COLUMN details jsonb;
COMMENT ON COLUMN reports.details IS 'errors as sent, records that were skipped, extensions; null = none';
UPDATE reports SET
    head_id = ('x' || encode(substring(sha256(uuid_send(org_id) || 'head' || convert_to((document - '{ReportID,Begin,End,Errors,Bad,Extensions,MoreExtensions}'::text[])::text, 'UTF8')) FOR 8), 'hex'))::bit(64)::bigint,
    details = (SELECT jsonb_object_agg(key, value) FROM jsonb_each(document) WHERE key IN ('Errors', 'Bad', 'Extensions', 'MoreExtensions'));
INSERT INTO report_heads (org_id, head_id, head)
SELECT DISTINCT ON (org_id, head_id) org_id, head_id, document - '{ReportID,Begin,End,Errors,Bad,Extensions,MoreExtensions}'::text[] FROM reports;

-- Of digests the first 128 bits; see digest in package report. The key of a
-- report beside another one is made from what is kept of that one's.
ALTER TABLE reports
    DROP COLUMN document,
    DROP COLUMN email,
    ALTER COLUMN head_id SET NOT NULL,
    ALTER COLUMN records TYPE integer,
    ALTER COLUMN bad_records TYPE integer,
    ALTER COLUMN key_digest TYPE bytea USING substring(CASE WHEN base_key IS NULL THEN key_digest
        ELSE sha256(substring(base_key FOR 16) || substring(content_digest FOR 16)) END FOR 16),
    ALTER COLUMN base_key TYPE bytea USING substring(base_key FOR 16),
    ALTER COLUMN content_digest TYPE bytea USING substring(content_digest FOR 16);
ALTER TABLE reports FORCE ROW LEVEL SECURITY;

-- New reports are about the latest days: in this order pages of the index fill.
DROP INDEX reports_day;
DROP INDEX reports_domain_day;
CREATE INDEX reports_day ON reports (org_id, day, report_id);
CREATE INDEX reports_domain_day ON reports (org_id, domain_id, day, report_id);

-- Lines of reports that are stored out of their mail are found by the receipt
-- that the report names.
DROP INDEX receipt_items_report;
ALTER TABLE receipt_items
    ALTER COLUMN content_digest TYPE bytea USING substring(content_digest FOR 16),
    ALTER COLUMN key_digest TYPE bytea USING CASE WHEN kind = 'aggregate' THEN substring(key_digest FOR 16) ELSE key_digest END;
CREATE INDEX receipt_items_report ON receipt_items (org_id, kind, report_id) WHERE report_id IS NOT NULL AND verdict NOT IN ('accepted', 'repaired');

-- Nearly all mails are accepted, and come from mailboxes or are imported.
DROP INDEX receipts_verdict;
DROP INDEX receipts_source;
ALTER TABLE receipts ALTER COLUMN digest TYPE bytea USING substring(digest FOR 16);
CREATE INDEX receipts_verdict ON receipts (org_id, verdict, receipt_id) WHERE verdict <> 'accepted';
CREATE INDEX receipts_source ON receipts (org_id, source, receipt_id) WHERE source IN ('inbound', 'upload');

ALTER TABLE report_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE report_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON report_heads USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
CREATE POLICY system ON report_heads TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON report_heads TO sendvery_app;

COMMENT ON COLUMN billing_accounts.twice IS 'more than one subscription pays; that of the largest plan counts';
