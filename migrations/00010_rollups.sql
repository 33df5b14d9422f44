-- +goose Up

-- Messages by what is fact: source, results, disposition, reporter. Each row
-- packs what one report adds to its day, or so many of its records as were
-- written at once: a row per record would cost as much as the records, and
-- transactions would meet in rows that several reports add to.
CREATE TABLE rollups (
    org_id       uuid       NOT NULL,
    domain_id    uuid       NOT NULL,
    day          date       NOT NULL,
    report_id    bigint     NOT NULL,
    seq          integer    NOT NULL,
    trust        smallint   NOT NULL,
    reporter     text       NOT NULL,
    messages     bigint[]   NOT NULL,
    dispositions smallint[] NOT NULL,
    dkims        smallint[] NOT NULL,
    spfs         smallint[] NOT NULL,
    forwardings  smallint[] NOT NULL,
    source_ips   inet[]     NOT NULL,
    CONSTRAINT rollups_pkey PRIMARY KEY (org_id, domain_id, day, report_id, seq)
);
COMMENT ON COLUMN rollups.seq IS 'of the first of its records';

ALTER TABLE rollups ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rollups USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON rollups TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON rollups TO sendvery_app;

ALTER TABLE records NO FORCE ROW LEVEL SECURITY;
ALTER TABLE reports NO FORCE ROW LEVEL SECURITY;
INSERT INTO rollups
SELECT t.org_id, t.domain_id, t.day, t.report_id, min(t.seq), r.trust, r.reporter_domain, array_agg(t.messages), array_agg(t.disposition),
       array_agg(t.dkim), array_agg(t.spf), array_agg(t.forwarding), array_agg(t.source_ip)
FROM records t JOIN reports r ON r.org_id = t.org_id AND r.report_id = t.report_id
GROUP BY t.org_id, t.domain_id, t.day, t.report_id, r.trust, r.reporter_domain, t.seq / 5000;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
ALTER TABLE rollups FORCE ROW LEVEL SECURITY;

DROP TABLE daily_messages;
CREATE VIEW daily_messages WITH (security_invoker = true) AS
SELECT r.org_id, r.domain_id, r.day, r.report_id, r.trust, r.reporter, u.messages, u.disposition, u.dkim, u.spf, u.forwarding, u.source_ip
FROM rollups r, unnest(r.messages, r.dispositions, r.dkims, r.spfs, r.forwardings, r.source_ips)
     AS u (messages, disposition, dkim, spf, forwarding, source_ip);
GRANT SELECT ON daily_messages TO sendvery_app;

ALTER TABLE sources DROP COLUMN first_day, DROP COLUMN last_day;
