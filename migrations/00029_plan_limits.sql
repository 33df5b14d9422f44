-- +goose Up

-- How many aggregate reports count in a month, for organizations whose plan
-- has a limit.
CREATE TABLE billing_usage (
    org_id  uuid    NOT NULL,
    month   date    NOT NULL,
    reports integer NOT NULL,
    CONSTRAINT billing_usage_pkey PRIMARY KEY (org_id, month),
    CONSTRAINT billing_usage_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);
COMMENT ON COLUMN billing_usage.month IS 'the first day of it, UTC';
ALTER TABLE billing_usage ENABLE ROW LEVEL SECURITY;
ALTER TABLE billing_usage FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON billing_usage USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
CREATE POLICY system ON billing_usage TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON billing_usage TO sendvery_app;

ALTER TABLE domains
    ADD COLUMN set_aside_at timestamptz,
    ADD COLUMN keep_first boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN domains.set_aside_at IS 'since when nothing new is counted for it, because the plan has fewer; null = it is active';
COMMENT ON COLUMN domains.keep_first IS 'the owner chose that it stays active when others are set aside';

-- What waits for the plan is released newest first, and has a life and a bound
-- of its own.
ALTER TABLE receipt_items ADD COLUMN end_at timestamptz;
COMMENT ON COLUMN receipt_items.end_at IS 'of a report that is held for the plan: the end of its range';
CREATE INDEX receipt_items_plan ON receipt_items (org_id, end_at DESC, receipt_id DESC) WHERE verdict = 'held' AND end_at IS NOT NULL;
CREATE INDEX receipts_plan ON receipts (org_id, receipt_id) WHERE verdict = 'held' AND reason IN ('over_the_plan', 'domain_set_aside');
