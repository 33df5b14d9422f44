-- +goose Up

-- Who sends as a domain: what an address, or several, are known as.
CREATE TABLE senders (
    org_id      uuid        NOT NULL,
    domain_id   uuid        NOT NULL,
    sender      text        NOT NULL,
    own         boolean     NOT NULL DEFAULT false,
    review      text        NOT NULL DEFAULT '',
    note        text        NOT NULL DEFAULT '',
    reviewed_by uuid,
    reviewed_at timestamptz,
    CONSTRAINT senders_pkey PRIMARY KEY (org_id, domain_id, sender),
    CONSTRAINT senders_review_check CHECK (review IN ('', 'authorised', 'not_mine'))
);
COMMENT ON COLUMN senders.sender IS 'a provider of the catalogue, a host of the domain''s own, an organizational domain, AS and a number, or an address';
COMMENT ON COLUMN senders.own IS 'has sent passing mail of the domain that nobody passed on, or is a host within the domain';

ALTER TABLE sources
    ADD COLUMN sender text,
    ADD COLUMN country text NOT NULL DEFAULT '',
    ADD COLUMN first_day date,
    ADD COLUMN evidence jsonb,
    ADD COLUMN identified_at timestamptz;
COMMENT ON COLUMN sources.sender IS 'what the address is known as; itself before anything is known';
COMMENT ON COLUMN sources.country IS 'of the address, two letters; empty = not known';
COMMENT ON COLUMN sources.first_day IS 'the first reported day with messages from it';

-- What reports come to per reported day: facts only; a class is an opinion and
-- is formed when it is shown. Of those of daily_due the messages are not in yet.
CREATE TABLE daily_senders (
    org_id      uuid     NOT NULL,
    domain_id   uuid     NOT NULL,
    day         date     NOT NULL,
    disposition smallint NOT NULL,
    dkim        smallint NOT NULL,
    spf         smallint NOT NULL,
    forwarding  smallint NOT NULL,
    trust       smallint NOT NULL,
    messages    bigint   NOT NULL,
    country     text     NOT NULL,
    sender      text     NOT NULL,
    CONSTRAINT daily_senders_pkey PRIMARY KEY (org_id, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust)
);

CREATE TABLE daily_receivers (
    org_id      uuid     NOT NULL,
    domain_id   uuid     NOT NULL,
    day         date     NOT NULL,
    disposition smallint NOT NULL,
    dkim        smallint NOT NULL,
    spf         smallint NOT NULL,
    forwarding  smallint NOT NULL,
    trust       smallint NOT NULL,
    messages    bigint   NOT NULL,
    country     text     NOT NULL,
    sender      text     NOT NULL,
    reporter    text     NOT NULL,
    CONSTRAINT daily_receivers_pkey PRIMARY KEY (org_id, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust)
);
COMMENT ON COLUMN daily_receivers.reporter IS 'organizational domain of who reported';

-- Reports that the sums of their day do not hold yet. A row each: transactions
-- that store reports of one day do not meet in it.
CREATE TABLE daily_due (
    org_id    uuid   NOT NULL,
    domain_id uuid   NOT NULL,
    day       date   NOT NULL,
    report_id bigint NOT NULL,
    CONSTRAINT daily_due_pkey PRIMARY KEY (org_id, domain_id, day, report_id)
);

-- Days to sum up anew, because an address is known as something else now.
CREATE TABLE daily_stale (
    org_id    uuid NOT NULL,
    domain_id uuid NOT NULL,
    from_day  date NOT NULL,
    CONSTRAINT daily_stale_pkey PRIMARY KEY (org_id, domain_id)
);
COMMENT ON COLUMN daily_stale.from_day IS 'this day and all after it';

ALTER TABLE senders ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_senders ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_receivers ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_due ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_stale ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON senders USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON daily_senders USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON daily_receivers USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON daily_due USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON daily_stale USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON senders TO sendvery_system USING (true);
CREATE POLICY system ON daily_senders TO sendvery_system USING (true);
CREATE POLICY system ON daily_receivers TO sendvery_system USING (true);
CREATE POLICY system ON daily_due TO sendvery_system USING (true);
CREATE POLICY system ON daily_stale TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON senders, daily_senders, daily_receivers, daily_due, daily_stale TO sendvery_app;
GRANT SELECT ON daily_due, daily_stale TO sendvery_system;

-- Before the tables are forced: their owner fills them here.
ALTER TABLE sources NO FORCE ROW LEVEL SECURITY;
ALTER TABLE domains NO FORCE ROW LEVEL SECURITY;
ALTER TABLE records NO FORCE ROW LEVEL SECURITY;
ALTER TABLE reports NO FORCE ROW LEVEL SECURITY;
UPDATE sources s SET
    sender = CASE WHEN n.name = d.name OR right(n.name, length(d.name) + 1) = '.' || d.name THEN n.name ELSE coalesce(n.sender, host(s.source_ip)) END,
    own = s.own OR coalesce(n.name = d.name OR right(n.name, length(d.name) + 1) = '.' || d.name, false),
    first_day = coalesce((SELECT min(r.day) FROM reports r WHERE r.org_id = s.org_id AND r.domain_id = s.domain_id), date '2000-01-01')
FROM sources o
JOIN domains d ON d.org_id = o.org_id AND d.domain_id = o.domain_id
LEFT JOIN ip_names n ON n.ip = o.source_ip
WHERE s.org_id = o.org_id AND s.domain_id = o.domain_id AND s.source_ip = o.source_ip;
ALTER TABLE sources ALTER COLUMN sender SET NOT NULL, ALTER COLUMN first_day SET NOT NULL;
-- Sender first: on a small table the planner may take an index that begins as
-- the key does for the key, and go through all addresses of a domain.
CREATE INDEX sources_sender ON sources (sender, domain_id, org_id);
INSERT INTO senders (org_id, domain_id, sender, own) SELECT org_id, domain_id, sender, bool_or(own) FROM sources GROUP BY org_id, domain_id, sender;
INSERT INTO daily_due SELECT org_id, domain_id, day, report_id FROM reports;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
ALTER TABLE records FORCE ROW LEVEL SECURITY;
ALTER TABLE domains FORCE ROW LEVEL SECURITY;
ALTER TABLE sources FORCE ROW LEVEL SECURITY;

ALTER TABLE senders FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_senders FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_receivers FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_due FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_stale FORCE ROW LEVEL SECURITY;

DROP VIEW daily_messages;
DROP TABLE rollups;

-- For what only single addresses answer.
CREATE INDEX records_source ON records (org_id, source_ip, day);

-- Every record with what is known about its report and its address.
CREATE VIEW messages WITH (security_invoker = true) AS
SELECT t.org_id, t.domain_id, t.day, t.report_id, t.seq, t.messages, t.disposition, t.dkim, t.spf, t.forwarding, t.source_ip,
       t.auth_id, t.header_from, t.envelope_from, t.envelope_to, t.evaluated, r.trust, r.reporter_domain AS reporter, s.sender, s.country
FROM records t
JOIN reports r ON r.org_id = t.org_id AND r.report_id = t.report_id
JOIN sources s ON s.org_id = t.org_id AND s.domain_id = t.domain_id AND s.source_ip = t.source_ip;
GRANT SELECT ON messages TO sendvery_app;

-- The sums of days together with what is not in them yet.
CREATE VIEW messages_by_sender WITH (security_invoker = true) AS
SELECT t.org_id, t.domain_id, t.day, t.sender, t.country, t.disposition, t.dkim, t.spf, t.forwarding, t.trust, t.messages
FROM daily_senders t
UNION ALL
SELECT t.org_id, t.domain_id, t.day, t.sender, t.country, t.disposition, t.dkim, t.spf, t.forwarding, t.trust, t.messages
FROM daily_due u JOIN messages t ON t.org_id = u.org_id AND t.domain_id = u.domain_id AND t.day = u.day AND t.report_id = u.report_id;
GRANT SELECT ON messages_by_sender TO sendvery_app;

CREATE VIEW messages_by_receiver WITH (security_invoker = true) AS
SELECT t.org_id, t.domain_id, t.day, t.reporter, t.sender, t.country, t.disposition, t.dkim, t.spf, t.forwarding, t.trust, t.messages
FROM daily_receivers t
UNION ALL
SELECT t.org_id, t.domain_id, t.day, t.reporter, t.sender, t.country, t.disposition, t.dkim, t.spf, t.forwarding, t.trust, t.messages
FROM daily_due u JOIN messages t ON t.org_id = u.org_id AND t.domain_id = u.domain_id AND t.day = u.day AND t.report_id = u.report_id;
GRANT SELECT ON messages_by_receiver TO sendvery_app;
