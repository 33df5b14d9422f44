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

-- Since when the reports of a mailbox count, which is when somebody's account
-- was connected for the first time: to delete it and connect it again makes
-- nothing history.
CREATE TABLE mailbox_accounts (
    org_id       uuid        NOT NULL,
    account      bytea       NOT NULL,
    connected_at timestamptz NOT NULL,
    CONSTRAINT mailbox_accounts_pkey PRIMARY KEY (org_id, account),
    CONSTRAINT mailbox_accounts_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);
COMMENT ON TABLE mailbox_accounts IS 'stays when a mailbox is deleted, and goes with its organization';
COMMENT ON COLUMN mailbox_accounts.account IS 'digest of the organization and the user name, which is not kept itself';
ALTER TABLE mailboxes ADD COLUMN connected_at timestamptz;
COMMENT ON COLUMN mailboxes.connected_at IS 'that of its account; null = no test has passed yet';
ALTER TABLE mailboxes NO FORCE ROW LEVEL SECURITY;
INSERT INTO mailbox_accounts
SELECT org_id, sha256(convert_to(org_id || ' ' || lower(CASE WHEN username LIKE '%@%' THEN username ELSE username || '@' || host END), 'UTF8')), min(created_at)
FROM mailboxes WHERE state <> 'testing' GROUP BY 1, 2;
UPDATE mailboxes SET connected_at = created_at WHERE state <> 'testing';
ALTER TABLE mailboxes FORCE ROW LEVEL SECURITY;
ALTER TABLE mailbox_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailbox_accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mailbox_accounts USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
CREATE POLICY system ON mailbox_accounts TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON mailbox_accounts TO sendvery_app;

ALTER TABLE domains
    ADD COLUMN set_aside_at timestamptz,
    ADD COLUMN keep_first boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN domains.set_aside_at IS 'since when nothing new is counted for it, because the plan has fewer; null = it is active';
COMMENT ON COLUMN domains.keep_first IS 'the owner chose that it stays active when others are set aside';

-- What waits for the plan is released newest first, and has a life and a bound
-- of its own.
ALTER TABLE receipt_items
    ADD COLUMN end_at timestamptz,
    ADD COLUMN key_digest bytea;
COMMENT ON COLUMN receipt_items.end_at IS 'of a report that is held for the plan: the end of its range';
COMMENT ON COLUMN receipt_items.key_digest IS 'of such a report: the key that it will be stored under';
CREATE INDEX receipt_items_plan ON receipt_items (org_id, end_at DESC, receipt_id DESC) WHERE verdict = 'held' AND end_at IS NOT NULL;
CREATE INDEX receipts_plan ON receipts (org_id, receipt_id) WHERE verdict = 'held' AND reason IN ('over_the_plan', 'domain_set_aside');
