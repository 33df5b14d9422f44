-- +goose Up

-- Who reported about a domain in a week, and which policies they saw. The sums
-- of a week are right unless a report of it is in daily_due or they are not
-- there: then reports are read.
CREATE TABLE weekly_reporters (
    org_id        uuid    NOT NULL,
    domain_id     uuid    NOT NULL,
    week          date    NOT NULL,
    sure          boolean NOT NULL,
    reports       integer NOT NULL,
    nulls         integer NOT NULL,
    reporter      text    NOT NULL,
    policy_domain text    NOT NULL,
    policy        text    NOT NULL
);
COMMENT ON COLUMN weekly_reporters.week IS 'its Monday';
COMMENT ON COLUMN weekly_reporters.sure IS 'somebody vouches for these reports';
COMMENT ON COLUMN weekly_reporters.nulls IS 'reports without a message';

-- Before the new table is forced: its owner fills it here.
ALTER TABLE reports NO FORCE ROW LEVEL SECURITY;
INSERT INTO weekly_reporters (org_id, domain_id, week, sure, reports, nulls, reporter, policy_domain, policy)
SELECT org_id, domain_id, date_trunc('week', day)::date, trust <> 2, count(*), count(*) FILTER (WHERE messages = 0), reporter_domain, policy_domain, policy
FROM reports GROUP BY org_id, domain_id, date_trunc('week', day)::date, trust <> 2, reporter_domain, policy_domain, policy ORDER BY org_id, domain_id, 3;
ALTER TABLE reports FORCE ROW LEVEL SECURITY;
CREATE INDEX weekly_reporters_week ON weekly_reporters (org_id, domain_id, week);

ALTER TABLE weekly_reporters ENABLE ROW LEVEL SECURITY;
ALTER TABLE weekly_reporters FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON weekly_reporters USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON weekly_reporters TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON weekly_reporters TO sendvery_app;
