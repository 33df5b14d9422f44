-- +goose Up

-- Sums of months have no key for the same reason as those of days.
ALTER TABLE monthly_senders DROP CONSTRAINT monthly_senders_pkey;
ALTER TABLE monthly_receivers DROP CONSTRAINT monthly_receivers_pkey;
CREATE INDEX monthly_senders_month ON monthly_senders (org_id, domain_id, month);
CREATE INDEX monthly_receivers_month ON monthly_receivers (org_id, domain_id, month);

-- Reports of a day share their room in the index too: their ids are sorted when
-- they are read.
DROP INDEX reports_day;
DROP INDEX reports_domain_day;
CREATE INDEX reports_day ON reports (org_id, day);
CREATE INDEX reports_domain_day ON reports (org_id, domain_id, day);

-- A mail with one report that was accepted as it came, as nearly all are, needs
-- no line to say so.
ALTER TABLE receipts
    ADD COLUMN report_id bigint,
    ADD COLUMN report_label text;
COMMENT ON COLUMN receipts.report_id IS 'the only report in it, which was accepted as it came; null = see receipt_items';
COMMENT ON COLUMN receipts.report_label IS 'of this report, as in receipt_items';
ALTER TABLE receipts NO FORCE ROW LEVEL SECURITY;
ALTER TABLE receipt_items NO FORCE ROW LEVEL SECURITY;
ALTER TABLE reports NO FORCE ROW LEVEL SECURITY;
UPDATE receipts r SET report_id = i.report_id, report_label = i.label
FROM receipt_items i JOIN reports p ON p.org_id = i.org_id AND p.report_id = i.report_id AND p.policy_domain = i.domain
WHERE i.org_id = r.org_id AND i.receipt_id = r.receipt_id AND i.kind = 'aggregate' AND i.verdict = 'accepted' AND i.reason IS NULL
      AND i.seq = 1 AND p.receipt_id = i.receipt_id
      AND (SELECT count(*) FROM receipt_items o WHERE o.org_id = i.org_id AND o.receipt_id = i.receipt_id) = 1;
DELETE FROM receipt_items i USING receipts r WHERE r.org_id = i.org_id AND r.receipt_id = i.receipt_id AND r.report_id IS NOT NULL;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
ALTER TABLE receipt_items FORCE ROW LEVEL SECURITY;
ALTER TABLE receipts FORCE ROW LEVEL SECURITY;

-- Such reports, and all that became of reports, as lines.
CREATE VIEW lone_reports WITH (security_invoker = true) AS
SELECT m.org_id, m.receipt_id, 1::smallint AS seq, 'aggregate' AS kind, 'accepted' AS verdict, m.report_label AS label, r.policy_domain AS domain, m.report_id
FROM receipts m JOIN reports r ON r.org_id = m.org_id AND r.report_id = m.report_id;
GRANT SELECT ON lone_reports TO sendvery_app;

CREATE VIEW receipt_lines WITH (security_invoker = true) AS
SELECT org_id, receipt_id, seq, kind, verdict, reason, label, domain, reporter, report_id, content_digest, version, end_at, key_digest FROM receipt_items
UNION ALL
SELECT org_id, receipt_id, seq, kind, verdict, NULL, label, domain, NULL, report_id, NULL, NULL, NULL, NULL FROM lone_reports;
GRANT SELECT ON receipt_lines TO sendvery_app;
