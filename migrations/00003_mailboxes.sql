-- +goose Up

CREATE TABLE mailboxes (
    org_id         uuid        NOT NULL,
    mailbox_id     uuid        NOT NULL,
    protocol       text        NOT NULL,
    host           text        NOT NULL,
    port           integer     NOT NULL,
    security       text        NOT NULL,
    username       text        NOT NULL,
    secret         bytea       NOT NULL,
    folder         text        NOT NULL,
    after_import   text        NOT NULL,
    read_from      date,
    state          text        NOT NULL,
    created_at     timestamptz NOT NULL,
    -- How far it has been read, in the protocol's own terms.
    cursor         text        NOT NULL DEFAULT '',
    -- Health, in the owner's terms.
    last_poll_at   timestamptz,
    last_report_at timestamptz,
    failure        text,
    advice         text,
    failed_at      timestamptz,
    failures       integer     NOT NULL DEFAULT 0,
    -- The lease: whoever holds the newest generation may read and write.
    generation     bigint      NOT NULL DEFAULT 0,
    holder         text,
    lease_until    timestamptz,
    next_at        timestamptz,
    CONSTRAINT mailboxes_pkey PRIMARY KEY (org_id, mailbox_id),
    CONSTRAINT mailboxes_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE,
    CONSTRAINT mailboxes_state_check CHECK (state IN ('testing', 'scanning', 'choosing', 'importing', 'polling', 'paused')),
    CONSTRAINT mailboxes_protocol_check CHECK (protocol IN ('imap', 'pop3')),
    CONSTRAINT mailboxes_security_check CHECK (security IN ('tls', 'starttls'))
);
CREATE INDEX mailboxes_due ON mailboxes (next_at) WHERE next_at IS NOT NULL;

-- What a person watches: a connection test, the first scan, the import.
CREATE TABLE mailbox_runs (
    org_id      uuid        NOT NULL,
    mailbox_id  uuid        NOT NULL,
    kind        text        NOT NULL,
    state       text        NOT NULL,
    steps       jsonb,
    done        bigint      NOT NULL DEFAULT 0,
    total       bigint      NOT NULL DEFAULT 0,
    started_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    finished_at timestamptz,
    CONSTRAINT mailbox_runs_pkey PRIMARY KEY (org_id, mailbox_id, kind),
    CONSTRAINT mailbox_runs_mailbox_fkey FOREIGN KEY (org_id, mailbox_id) REFERENCES mailboxes ON DELETE CASCADE,
    CONSTRAINT mailbox_runs_kind_check CHECK (kind IN ('test', 'scan', 'import')),
    CONSTRAINT mailbox_runs_state_check CHECK (state IN ('running', 'done', 'failed'))
);

-- The policy domains that the first scan met.
CREATE TABLE found_domains (
    org_id     uuid   NOT NULL,
    mailbox_id uuid   NOT NULL,
    name       text   NOT NULL,
    reports    bigint NOT NULL,
    messages   bigint NOT NULL,
    CONSTRAINT found_domains_pkey PRIMARY KEY (org_id, mailbox_id, name),
    CONSTRAINT found_domains_mailbox_fkey FOREIGN KEY (org_id, mailbox_id) REFERENCES mailboxes ON DELETE CASCADE
);

ALTER TABLE mailboxes ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailboxes FORCE ROW LEVEL SECURITY;
ALTER TABLE mailbox_runs ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailbox_runs FORCE ROW LEVEL SECURITY;
ALTER TABLE found_domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE found_domains FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON mailboxes USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON mailbox_runs USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON found_domains USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);

CREATE POLICY system ON mailboxes TO sendvery_system USING (true);
CREATE POLICY system ON mailbox_runs TO sendvery_system USING (true);
CREATE POLICY system ON found_domains TO sendvery_system USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON mailboxes, mailbox_runs, found_domains TO sendvery_app;
-- Across tenants: claim what is due, drop abandoned drafts, rotate keys.
GRANT SELECT, UPDATE ON mailboxes TO sendvery_system;
GRANT SELECT ON mailbox_runs TO sendvery_system;
