-- +goose Up

-- What a record says beside its address and its number repeats as much as its
-- authentication results, and is kept with them.
ALTER TABLE auth_results NO FORCE ROW LEVEL SECURITY;
ALTER TABLE records NO FORCE ROW LEVEL SECURITY;
ALTER TABLE auth_results
    ADD COLUMN header_from text,
    ADD COLUMN envelope_from text,
    ADD COLUMN envelope_to text,
    ADD COLUMN evaluated jsonb;
COMMENT ON COLUMN auth_results.evaluated IS 'override reasons, and results as sent where they are not the usual words';

DROP VIEW messages_by_sender, messages_by_receiver, messages_due, messages;

ALTER TABLE records RENAME TO records_before;
DROP INDEX records_source;
-- +goose StatementBegin
DO $$
DECLARE
    part name;
BEGIN
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'records_before'::regclass LOOP
        EXECUTE format('ALTER TABLE %I RENAME TO %I', part, 'before_' || part);
    END LOOP;
END $$;
-- +goose StatementEnd

-- The rows of the reports, whose domain only the report names. No key, because
-- one would take as much room as the rows: a report is written once, in one
-- transaction. No foreign keys and no default partition: both stand in the way
-- of dropping a month.
CREATE TABLE records (
    org_id      uuid     NOT NULL,
    report_id   bigint   NOT NULL,
    auth_id     bigint   NOT NULL,
    messages    bigint   NOT NULL,
    day         date     NOT NULL,
    seq         integer  NOT NULL,
    disposition smallint NOT NULL,
    dkim        smallint NOT NULL,
    spf         smallint NOT NULL,
    forwarding  smallint NOT NULL,
    source_ip   inet     NOT NULL
) PARTITION BY RANGE (day);
COMMENT ON COLUMN records.day IS 'that of the report';
COMMENT ON COLUMN records.forwarding IS '0 no evidence, 1 DKIM survived under another envelope domain, 2 the receiver says so';

-- Equal keys share their room in an index: with a day or a number in it, none
-- would be equal.
CREATE INDEX records_report ON records (org_id, report_id);
CREATE INDEX records_source ON records (source_ip, org_id);

-- +goose StatementBegin
DO $$
DECLARE
    part name;
BEGIN
    FOR part IN SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'records_before'::regclass LOOP
        PERFORM ensure_month(to_date(right(part, 6), 'YYYYMM'));
    END LOOP;
END $$;
-- +goose StatementEnd

-- Ids are those of any 64 bits that tell the sets of an organization apart.
-- +goose StatementBegin
CREATE FUNCTION auth_id_of(r records_before) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || left(md5(ROW(r.org_id, r.auth_id, r.header_from, r.envelope_from, r.envelope_to, r.evaluated)::text), 16))::bit(64)::bigint
$$;
-- +goose StatementEnd
INSERT INTO records (org_id, report_id, auth_id, messages, day, seq, disposition, dkim, spf, forwarding, source_ip)
SELECT r.org_id, r.report_id, auth_id_of(r), r.messages, r.day, r.seq, r.disposition, r.dkim, r.spf, r.forwarding, r.source_ip
FROM records_before r ORDER BY r.org_id, r.report_id, r.seq;
INSERT INTO auth_results (org_id, auth_id, results, header_from, envelope_from, envelope_to, evaluated)
SELECT a.org_id, k.id, a.results, k.header_from, k.envelope_from, k.envelope_to, k.evaluated
FROM (SELECT DISTINCT r.org_id, r.auth_id, auth_id_of(r) AS id, r.header_from, r.envelope_from, r.envelope_to, r.evaluated FROM records_before r) k
JOIN auth_results a ON a.org_id = k.org_id AND a.auth_id = k.auth_id;
DELETE FROM auth_results WHERE header_from IS NULL;
ALTER TABLE auth_results ALTER COLUMN header_from SET NOT NULL;
DROP FUNCTION auth_id_of(records_before);
DROP TABLE records_before;

ALTER TABLE auth_results FORCE ROW LEVEL SECURITY;
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON records USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
CREATE POLICY system ON records TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON records TO sendvery_app;

-- The sums of days are read by day, or by sender, and have no key for the same
-- reason. A day is added up in one transaction, under a lock.
ALTER TABLE daily_senders DROP CONSTRAINT daily_senders_pkey;
ALTER TABLE daily_receivers DROP CONSTRAINT daily_receivers_pkey;
DROP INDEX daily_senders_sender;
CREATE INDEX daily_senders_day ON daily_senders (org_id, domain_id, day);
CREATE INDEX daily_senders_sender ON daily_senders (sender, domain_id, org_id);
CREATE INDEX daily_receivers_day ON daily_receivers (org_id, domain_id, day);

-- Every record with what is known about its report and its address.
CREATE VIEW messages WITH (security_invoker = true) AS
SELECT t.org_id, r.domain_id, t.day, t.report_id, t.seq, t.messages, t.disposition, t.dkim, t.spf, t.forwarding, t.source_ip,
       t.auth_id, r.trust, r.reporter_domain AS reporter, s.sender, s.country
FROM records t
JOIN reports r ON r.org_id = t.org_id AND r.report_id = t.report_id AND r.day = t.day
JOIN sources s ON s.org_id = r.org_id AND s.domain_id = r.domain_id AND s.source_ip = t.source_ip;
GRANT SELECT ON messages TO sendvery_app;

-- What is not in the sums yet, by look-ups for each report: the planner cannot
-- know how few they are.
CREATE VIEW messages_due WITH (security_invoker = true) AS
SELECT u.org_id, u.domain_id, u.day, u.report_id, r.reporter_domain AS reporter, s.sender, s.country, t.disposition, t.dkim, t.spf, t.forwarding, r.trust, t.messages
FROM daily_due u
CROSS JOIN LATERAL (SELECT reporter_domain, trust FROM reports WHERE org_id = u.org_id AND report_id = u.report_id OFFSET 0) r
CROSS JOIN LATERAL (SELECT source_ip, disposition, dkim, spf, forwarding, messages FROM records
                    WHERE org_id = u.org_id AND day = u.day AND report_id = u.report_id OFFSET 0) t
CROSS JOIN LATERAL (SELECT sender, country FROM sources WHERE org_id = u.org_id AND domain_id = u.domain_id AND source_ip = t.source_ip OFFSET 0) s;
GRANT SELECT ON messages_due TO sendvery_app;

-- The sums of days together with what is not in them yet.
CREATE VIEW messages_by_sender WITH (security_invoker = true) AS
SELECT org_id, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM daily_senders
UNION ALL
SELECT org_id, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM messages_due;
GRANT SELECT ON messages_by_sender TO sendvery_app;

CREATE VIEW messages_by_receiver WITH (security_invoker = true) AS
SELECT org_id, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM daily_receivers
UNION ALL
SELECT org_id, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM messages_due;
GRANT SELECT ON messages_by_receiver TO sendvery_app;
