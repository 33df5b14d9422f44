-- +goose Up

-- The sums of days added up by month, which are read in their stead where a
-- range holds whole months.
CREATE TABLE monthly_senders (
    org_id      uuid     NOT NULL,
    domain_id   uuid     NOT NULL,
    month       date     NOT NULL,
    last_day    date     NOT NULL,
    disposition smallint NOT NULL,
    dkim        smallint NOT NULL,
    spf         smallint NOT NULL,
    forwarding  smallint NOT NULL,
    trust       smallint NOT NULL,
    messages    bigint   NOT NULL,
    country     text     NOT NULL,
    sender      text     NOT NULL,
    CONSTRAINT monthly_senders_pkey PRIMARY KEY (org_id, domain_id, month, sender, country, disposition, dkim, spf, forwarding, trust)
);
COMMENT ON COLUMN monthly_senders.month IS 'its first day';
COMMENT ON COLUMN monthly_senders.last_day IS 'of the month, with such messages';

CREATE TABLE monthly_receivers (
    org_id      uuid     NOT NULL,
    domain_id   uuid     NOT NULL,
    month       date     NOT NULL,
    last_day    date     NOT NULL,
    disposition smallint NOT NULL,
    dkim        smallint NOT NULL,
    spf         smallint NOT NULL,
    forwarding  smallint NOT NULL,
    trust       smallint NOT NULL,
    messages    bigint   NOT NULL,
    country     text     NOT NULL,
    sender      text     NOT NULL,
    reporter    text     NOT NULL,
    CONSTRAINT monthly_receivers_pkey PRIMARY KEY (org_id, domain_id, month, reporter, sender, country, disposition, dkim, spf, forwarding, trust)
);
COMMENT ON COLUMN monthly_receivers.month IS 'its first day';
COMMENT ON COLUMN monthly_receivers.last_day IS 'of the month, with such messages';

-- The sums of days by domain and class. A class is an opinion: where it has
-- changed since, the domain is in daily_unjudged, and these are not read.
CREATE TABLE daily_totals (
    org_id    uuid   NOT NULL,
    domain_id uuid   NOT NULL,
    day       date   NOT NULL,
    passing   bigint NOT NULL,
    forwarded bigint NOT NULL,
    fix       bigint NOT NULL,
    unknown   bigint NOT NULL,
    sure      bigint NOT NULL,
    CONSTRAINT daily_totals_pkey PRIMARY KEY (org_id, domain_id, day)
);
COMMENT ON COLUMN daily_totals.sure IS 'messages of any class that somebody vouches for';

CREATE TABLE daily_unjudged (
    org_id     uuid        NOT NULL,
    domain_id  uuid        NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT daily_unjudged_pkey PRIMARY KEY (org_id, domain_id)
);
COMMENT ON COLUMN daily_unjudged.changed_at IS 'when a sender last became or ceased to be known as the owner''s';

-- Of one sender on many days.
CREATE INDEX daily_senders_sender ON daily_senders (sender, domain_id, org_id, day);

ALTER TABLE monthly_senders ENABLE ROW LEVEL SECURITY;
ALTER TABLE monthly_receivers ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_totals ENABLE ROW LEVEL SECURITY;
ALTER TABLE daily_unjudged ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenant ON monthly_senders USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON monthly_receivers USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON daily_totals USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON daily_unjudged USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON monthly_senders TO sendvery_system USING (true);
CREATE POLICY system ON monthly_receivers TO sendvery_system USING (true);
CREATE POLICY system ON daily_totals TO sendvery_system USING (true);
CREATE POLICY system ON daily_unjudged TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON monthly_senders, monthly_receivers, daily_totals, daily_unjudged TO sendvery_app;
GRANT SELECT ON daily_unjudged TO sendvery_system;

-- Before the tables are forced: their owner fills them here.
ALTER TABLE daily_senders NO FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_receivers NO FORCE ROW LEVEL SECURITY;
INSERT INTO monthly_senders (org_id, domain_id, month, last_day, sender, country, disposition, dkim, spf, forwarding, trust, messages)
SELECT org_id, domain_id, date_trunc('month', day)::date, max(day), sender, country, disposition, dkim, spf, forwarding, trust, sum(messages)::bigint
FROM daily_senders GROUP BY org_id, domain_id, date_trunc('month', day)::date, sender, country, disposition, dkim, spf, forwarding, trust;
INSERT INTO monthly_receivers (org_id, domain_id, month, last_day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages)
SELECT org_id, domain_id, date_trunc('month', day)::date, max(day), reporter, sender, country, disposition, dkim, spf, forwarding, trust, sum(messages)::bigint
FROM daily_receivers GROUP BY org_id, domain_id, date_trunc('month', day)::date, reporter, sender, country, disposition, dkim, spf, forwarding, trust;
INSERT INTO daily_unjudged (org_id, domain_id, changed_at) SELECT DISTINCT org_id, domain_id, now() FROM daily_senders;
ALTER TABLE daily_receivers FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_senders FORCE ROW LEVEL SECURITY;

ALTER TABLE monthly_senders FORCE ROW LEVEL SECURITY;
ALTER TABLE monthly_receivers FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_totals FORCE ROW LEVEL SECURITY;
ALTER TABLE daily_unjudged FORCE ROW LEVEL SECURITY;

-- Whether mail of senders is known as the owner's is said in several places;
-- all of them must have the days judged anew. The row is locked to the end of
-- the transaction, so that nobody judges by what was true before it. A sender
-- that is new has nothing in the sums yet, and one that is removed nothing any more.
-- +goose StatementBegin
CREATE FUNCTION sender_judged_anew() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO daily_unjudged AS u (org_id, domain_id, changed_at) VALUES (OLD.org_id, OLD.domain_id, now())
    ON CONFLICT (org_id, domain_id) DO UPDATE SET changed_at = excluded.changed_at;
    RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER changed AFTER UPDATE ON senders FOR EACH ROW
    WHEN (OLD.own <> NEW.own OR OLD.review <> NEW.review) EXECUTE FUNCTION sender_judged_anew();

-- A report is searched for by the id that its reporter gave it, of any length.
DROP INDEX IF EXISTS reports_reporter_id;
CREATE INDEX reports_reporter_id ON reports USING hash (reporter_id);

-- A temporary table of the caller's must not be taken for one of ours.
ALTER FUNCTION drop_month(date) SET search_path = pg_catalog, public, pg_temp;

-- Few reports cover more than two days.
CREATE INDEX reports_long ON reports (org_id, day) WHERE end_at - begin_at > interval '48 hours';

-- What is not in the sums yet, by look-ups for each report: the planner cannot
-- know how few they are.
CREATE VIEW messages_due WITH (security_invoker = true) AS
SELECT u.org_id, u.domain_id, u.day, u.report_id, r.reporter_domain AS reporter, s.sender, s.country, t.disposition, t.dkim, t.spf, t.forwarding, r.trust, t.messages
FROM daily_due u
CROSS JOIN LATERAL (SELECT reporter_domain, trust FROM reports WHERE org_id = u.org_id AND report_id = u.report_id OFFSET 0) r
CROSS JOIN LATERAL (SELECT source_ip, disposition, dkim, spf, forwarding, messages FROM records
                    WHERE org_id = u.org_id AND domain_id = u.domain_id AND day = u.day AND report_id = u.report_id OFFSET 0) t
CROSS JOIN LATERAL (SELECT sender, country FROM sources WHERE org_id = u.org_id AND domain_id = u.domain_id AND source_ip = t.source_ip OFFSET 0) s;
GRANT SELECT ON messages_due TO sendvery_app;

CREATE OR REPLACE VIEW messages_by_sender WITH (security_invoker = true) AS
SELECT org_id, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM daily_senders
UNION ALL
SELECT org_id, domain_id, day, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM messages_due;

CREATE OR REPLACE VIEW messages_by_receiver WITH (security_invoker = true) AS
SELECT org_id, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM daily_receivers
UNION ALL
SELECT org_id, domain_id, day, reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM messages_due;
