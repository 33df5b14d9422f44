-- +goose Up

-- A receipt for every report mail and file: what became of it. A mail without
-- a report leaves only where, when and how large.
CREATE TABLE receipts (
    org_id       uuid        NOT NULL,
    receipt_id   bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    source       text        NOT NULL,
    mailbox_id   uuid,
    uid_validity bigint,
    uid          bigint,
    label        text,
    mail_at      timestamptz,
    received_at  timestamptz NOT NULL,
    size         bigint      NOT NULL,
    verdict      text        NOT NULL,
    reason       text,
    CONSTRAINT receipts_pkey PRIMARY KEY (org_id, receipt_id),
    CONSTRAINT receipts_mail_key UNIQUE (org_id, mailbox_id, uid_validity, uid),
    CONSTRAINT receipts_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE,
    CONSTRAINT receipts_source_check CHECK (source IN ('mailbox', 'upload', 'import')),
    CONSTRAINT receipts_verdict_check CHECK (verdict IN ('accepted', 'repaired', 'known', 'conflict', 'held', 'refused', 'no_report'))
);
CREATE INDEX receipts_verdict ON receipts (org_id, verdict, receipt_id);

-- The bytes as they came, compressed with zstd, for those that hold a report.
CREATE TABLE originals (
    org_id     uuid   NOT NULL,
    receipt_id bigint NOT NULL,
    content    bytea  NOT NULL,
    CONSTRAINT originals_pkey PRIMARY KEY (org_id, receipt_id),
    CONSTRAINT originals_receipt_fkey FOREIGN KEY (org_id, receipt_id) REFERENCES receipts ON DELETE CASCADE
);
ALTER TABLE originals ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE reports (
    org_id            uuid        NOT NULL,
    report_id         bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    domain_id         uuid        NOT NULL,
    receipt_id        bigint      NOT NULL,
    day               date        NOT NULL,
    begin_at          timestamptz NOT NULL,
    end_at            timestamptz NOT NULL,
    reporter          text        NOT NULL,
    reporter_domain   text        NOT NULL,
    email             text        NOT NULL,
    reporter_id       text        NOT NULL,
    policy_domain     text        NOT NULL,
    document          jsonb       NOT NULL,
    repairs           jsonb,
    records           bigint      NOT NULL,
    bad_records       bigint      NOT NULL,
    messages          bigint      NOT NULL,
    aligned           bigint      NOT NULL,
    key_digest        bytea       NOT NULL,
    content_digest    bytea       NOT NULL,
    stored_at         timestamptz NOT NULL,
    CONSTRAINT reports_pkey PRIMARY KEY (org_id, report_id),
    CONSTRAINT reports_key_key UNIQUE (org_id, key_digest),
    CONSTRAINT reports_domain_fkey FOREIGN KEY (org_id, domain_id) REFERENCES domains,
    CONSTRAINT reports_receipt_fkey FOREIGN KEY (org_id, receipt_id) REFERENCES receipts
);
CREATE INDEX reports_day ON reports (org_id, day DESC, report_id DESC);
CREATE INDEX reports_domain_day ON reports (org_id, domain_id, day DESC, report_id DESC);
CREATE INDEX reports_receipt ON reports (org_id, receipt_id);

COMMENT ON COLUMN reports.reporter_id IS 'report_id as the reporter sent it';
COMMENT ON COLUMN reports.document IS 'metadata and published policy as sent, with derived defaults apart';

-- One line per report found in a mail or file.
CREATE TABLE receipt_items (
    org_id     uuid     NOT NULL,
    receipt_id bigint   NOT NULL,
    seq        smallint NOT NULL,
    verdict    text     NOT NULL,
    reason     text,
    label      text     NOT NULL,
    domain     text,
    report_id  bigint,
    CONSTRAINT receipt_items_pkey PRIMARY KEY (org_id, receipt_id, seq),
    CONSTRAINT receipt_items_receipt_fkey FOREIGN KEY (org_id, receipt_id) REFERENCES receipts ON DELETE CASCADE,
    CONSTRAINT receipt_items_verdict_check CHECK (verdict IN ('accepted', 'repaired', 'known', 'conflict', 'held', 'refused'))
);
CREATE INDEX receipt_items_held ON receipt_items (org_id, domain) WHERE verdict = 'held';
CREATE INDEX receipt_items_report ON receipt_items (org_id, report_id) WHERE report_id IS NOT NULL;

-- Authentication results repeat over and over: each distinct set is kept once,
-- under the first 64 bits of a digest that the organization's id salts.
CREATE TABLE auth_results (
    org_id  uuid   NOT NULL,
    auth_id bigint NOT NULL,
    results jsonb  NOT NULL,
    CONSTRAINT auth_results_pkey PRIMARY KEY (org_id, auth_id),
    CONSTRAINT auth_results_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);

-- The rows of the reports. No foreign keys and no default partition: both
-- stand in the way of dropping a month.
CREATE TABLE records (
    org_id        uuid     NOT NULL,
    domain_id     uuid     NOT NULL,
    day           date     NOT NULL,
    report_id     bigint   NOT NULL,
    seq           integer  NOT NULL,
    auth_id       bigint   NOT NULL,
    messages      bigint   NOT NULL,
    disposition   smallint NOT NULL,
    dkim          smallint NOT NULL,
    spf           smallint NOT NULL,
    forwarding    smallint NOT NULL,
    source_ip     inet     NOT NULL,
    header_from   text     NOT NULL,
    envelope_from text,
    envelope_to   text,
    evaluated     jsonb,
    CONSTRAINT records_pkey PRIMARY KEY (org_id, domain_id, day, report_id, seq)
) PARTITION BY RANGE (day);

COMMENT ON COLUMN records.forwarding IS '0 no evidence, 1 DKIM survived under another envelope domain, 2 the receiver says so';
COMMENT ON COLUMN records.evaluated IS 'override reasons, and results as sent where they are not the usual words';

-- +goose StatementBegin
CREATE FUNCTION ensure_month(d date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    first date := date_trunc('month', d)::date;
    part  text := 'records_' || to_char(first, 'YYYYMM');
BEGIN
    IF d < date '2000-01-01' OR d > current_date + 32 THEN
        RAISE EXCEPTION 'no partition for %', d USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('public.' || part) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ensure_month'));
    IF to_regclass('public.' || part) IS NULL THEN
        EXECUTE format('CREATE TABLE public.%I PARTITION OF public.records FOR VALUES FROM (%L) TO (%L)',
                       part, first, (first + interval '1 month')::date);
    END IF;
END $$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION ensure_month(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_month(date) TO sendvery_app;

-- Messages per reported day by what is fact: source, results, disposition,
-- reporter. The class that a page shows is derived when it is read.
CREATE TABLE daily_messages (
    org_id      uuid     NOT NULL,
    domain_id   uuid     NOT NULL,
    day         date     NOT NULL,
    source_ip   inet     NOT NULL,
    reporter    text     NOT NULL,
    disposition smallint NOT NULL,
    dkim        smallint NOT NULL,
    spf         smallint NOT NULL,
    forwarding  smallint NOT NULL,
    messages    bigint   NOT NULL,
    CONSTRAINT daily_messages_pkey PRIMARY KEY (org_id, domain_id, day, source_ip, reporter, disposition, dkim, spf, forwarding)
);

-- The addresses that sent as a domain. own_messages counts those that passed
-- without having been forwarded: an address with any is known as the owner's.
CREATE TABLE sources (
    org_id       uuid   NOT NULL,
    domain_id    uuid   NOT NULL,
    source_ip    inet   NOT NULL,
    own_messages bigint NOT NULL,
    first_day    date   NOT NULL,
    last_day     date   NOT NULL,
    CONSTRAINT sources_pkey PRIMARY KEY (org_id, domain_id, source_ip)
);

ALTER TABLE receipts ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipts FORCE ROW LEVEL SECURITY;
ALTER TABLE originals ENABLE ROW LEVEL SECURITY;
ALTER TABLE originals FORCE ROW LEVEL SECURITY;
ALTER TABLE reports ENABLE ROW LEVEL SECURITY;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
ALTER TABLE receipt_items ENABLE ROW LEVEL SECURITY;
ALTER TABLE receipt_items FORCE ROW LEVEL SECURITY;
ALTER TABLE auth_results ENABLE ROW LEVEL SECURITY;
ALTER TABLE auth_results FORCE ROW LEVEL SECURITY;
ALTER TABLE records ENABLE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_messages ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_messages FORCE ROW LEVEL SECURITY;
ALTER TABLE sources ENABLE ROW LEVEL SECURITY;
ALTER TABLE sources FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON receipts USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON originals USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON reports USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON receipt_items USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON auth_results USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON records USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON daily_messages USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON sources USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);

CREATE POLICY system ON receipts TO sendvery_system USING (true);
CREATE POLICY system ON originals TO sendvery_system USING (true);
CREATE POLICY system ON reports TO sendvery_system USING (true);
CREATE POLICY system ON receipt_items TO sendvery_system USING (true);
CREATE POLICY system ON auth_results TO sendvery_system USING (true);
CREATE POLICY system ON records TO sendvery_system USING (true);
CREATE POLICY system ON daily_messages TO sendvery_system USING (true);
CREATE POLICY system ON sources TO sendvery_system USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON receipts, originals, reports, receipt_items, auth_results, records, daily_messages, sources TO sendvery_app;
GRANT SELECT ON sources TO sendvery_system;
GRANT SELECT, DELETE ON originals, receipts TO sendvery_system;

-- What reverse DNS says of an address: a fact about the network, shared by
-- all organizations and telling nothing of any.
CREATE TABLE ip_names (
    ip         inet        NOT NULL,
    name       text,
    checked_at timestamptz NOT NULL,
    CONSTRAINT ip_names_pkey PRIMARY KEY (ip)
);
GRANT SELECT, INSERT, UPDATE ON ip_names TO sendvery_app;
GRANT SELECT, INSERT, UPDATE ON ip_names TO sendvery_system;
