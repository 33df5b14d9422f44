-- +goose Up

-- How an organization pays, and what it may have. Nothing in it comes from an
-- event: it is what the payment provider said when it was asked last.
CREATE TABLE billing_accounts (
    org_id          uuid        NOT NULL,
    version         bigint      NOT NULL DEFAULT 0,
    customer_id     text,
    plan            text        NOT NULL DEFAULT 'free',
    kept_plans      text[]        NOT NULL DEFAULT '{}',
    kept_untils     timestamptz[] NOT NULL DEFAULT '{}',
    reminded        int         NOT NULL DEFAULT 0,
    subscription_id text,
    item_id         text,
    price_plan      text,
    price_interval  text,
    status          text,
    period_start    timestamptz,
    period_end      timestamptz,
    ends_then       boolean     NOT NULL DEFAULT false,
    past_due_since  timestamptz,
    twice           boolean     NOT NULL DEFAULT false,
    checkout_id     text,
    checkout_url    text,
    checkout_plan   text,
    checkout_interval text,
    checkout_until  timestamptz,
    changed_at      timestamptz,
    claimed_until   timestamptz,
    claim           text,
    synced_at       timestamptz,
    CONSTRAINT billing_accounts_pkey PRIMARY KEY (org_id),
    CONSTRAINT billing_accounts_customer_key UNIQUE (customer_id),
    CONSTRAINT billing_accounts_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);
COMMENT ON COLUMN billing_accounts.version IS 'goes up with each change: what was read from the provider under an older one is not written';
COMMENT ON COLUMN billing_accounts.plan IS 'whose limits new things are held to';
COMMENT ON COLUMN billing_accounts.kept_plans IS 'larger ones that were given up, the largest first: what each gave is not taken away before its time in kept_untils, which go up';
COMMENT ON COLUMN billing_accounts.reminded IS 'how many days before the first of kept_untils the last reminder was; 0 = there is none';
COMMENT ON COLUMN billing_accounts.changed_at IS 'when an owner last agreed to a change of plan';
COMMENT ON COLUMN billing_accounts.twice IS 'more than one subscription pays; the oldest counts';
COMMENT ON COLUMN billing_accounts.claim IS 'who of us is changing something at the provider, up to claimed_until';
ALTER TABLE billing_accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE billing_accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON billing_accounts USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON billing_accounts TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON billing_accounts TO sendvery_app;
GRANT SELECT ON billing_accounts TO sendvery_system;

-- What the provider delivered, verbatim. An event names a customer, not an
-- organization: the table stands on the list of exceptions to row-level
-- security that a test checks. What is of a known customer goes with it.
CREATE TABLE stripe_events (
    event_id    text        NOT NULL,
    type        text        NOT NULL,
    created_at  timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    headers     jsonb       NOT NULL,
    body        bytea       NOT NULL,
    customer_id text,
    state       text        NOT NULL CHECK (state IN ('waiting', 'done', 'kept', 'failed')),
    attempts    int         NOT NULL DEFAULT 0,
    failure     text        NOT NULL DEFAULT '',
    settled_at  timestamptz,
    CONSTRAINT stripe_events_pkey PRIMARY KEY (event_id),
    CONSTRAINT stripe_events_customer_fkey FOREIGN KEY (customer_id) REFERENCES billing_accounts (customer_id) ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX stripe_events_customer ON stripe_events (customer_id) WHERE customer_id IS NOT NULL;
CREATE INDEX stripe_events_open ON stripe_events (received_at) WHERE state IN ('waiting', 'failed');
CREATE INDEX stripe_events_received ON stripe_events (received_at);
COMMENT ON COLUMN stripe_events.customer_id IS 'of the organization that it is about, once that is known';
COMMENT ON COLUMN stripe_events.state IS 'waiting and failed: to be done; done; kept: nothing follows from it';
COMMENT ON COLUMN stripe_events.failure IS 'the sort of error of the last attempt';
GRANT SELECT, INSERT, UPDATE, DELETE ON stripe_events TO sendvery_app;
