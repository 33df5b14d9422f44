-- +goose Up

-- Whoever deletes their account can take that back until purge_at; then they
-- are erased, and what they did is left under an id that names nobody.
ALTER TABLE people ADD COLUMN deleted_at timestamptz;
ALTER TABLE people ADD COLUMN purge_at timestamptz;
ALTER TABLE people ADD CONSTRAINT people_purge_check CHECK ((deleted_at IS NULL) = (purge_at IS NULL));
CREATE INDEX people_purge ON people (purge_at) WHERE purge_at IS NOT NULL;

-- A change of somebody's address waits until both addresses have confirmed it.
-- The jobs that send the mails fill in the hashes of their links.
CREATE TABLE address_changes (
    change_id    uuid        NOT NULL,
    person_id    uuid        NOT NULL,
    new_email    text        NOT NULL,
    device       text        NOT NULL,
    network      text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    old_hash     bytea,
    new_hash     bytea,
    old_said_yes boolean     NOT NULL DEFAULT false,
    new_said_yes boolean     NOT NULL DEFAULT false,
    CONSTRAINT address_changes_pkey PRIMARY KEY (change_id),
    CONSTRAINT address_changes_person_key UNIQUE (person_id),
    CONSTRAINT address_changes_old_key UNIQUE (old_hash),
    CONSTRAINT address_changes_new_key UNIQUE (new_hash),
    CONSTRAINT address_changes_person_fkey FOREIGN KEY (person_id) REFERENCES people ON DELETE CASCADE
);
GRANT SELECT, INSERT, UPDATE, DELETE ON address_changes TO sendvery_app;

-- What somebody takes with them: a zip that a job makes and that is kept for
-- some days. An organization's is its own; a person's is not in any.
CREATE TABLE exports (
    org_id     uuid        NOT NULL,
    export_id  uuid        NOT NULL,
    person_id  uuid        NOT NULL,
    state      text        NOT NULL,
    asked_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    size       bigint      NOT NULL DEFAULT 0,
    CONSTRAINT exports_pkey PRIMARY KEY (org_id, export_id),
    CONSTRAINT exports_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE,
    CONSTRAINT exports_state_check CHECK (state IN ('running', 'ready', 'failed'))
);
CREATE UNIQUE INDEX exports_running ON exports (org_id) WHERE state = 'running';
CREATE TABLE export_parts (
    org_id    uuid    NOT NULL,
    export_id uuid    NOT NULL,
    seq       integer NOT NULL,
    content   bytea   NOT NULL,
    CONSTRAINT export_parts_pkey PRIMARY KEY (org_id, export_id, seq),
    CONSTRAINT export_parts_export_fkey FOREIGN KEY (org_id, export_id) REFERENCES exports ON DELETE CASCADE
);
ALTER TABLE export_parts ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TABLE person_exports (
    export_id  uuid        NOT NULL,
    person_id  uuid        NOT NULL,
    state      text        NOT NULL,
    asked_at   timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    content    bytea,
    CONSTRAINT person_exports_pkey PRIMARY KEY (export_id),
    CONSTRAINT person_exports_person_key UNIQUE (person_id),
    CONSTRAINT person_exports_person_fkey FOREIGN KEY (person_id) REFERENCES people ON DELETE CASCADE,
    CONSTRAINT person_exports_state_check CHECK (state IN ('running', 'ready', 'failed'))
);

ALTER TABLE exports ENABLE ROW LEVEL SECURITY;
ALTER TABLE exports FORCE ROW LEVEL SECURITY;
ALTER TABLE export_parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE export_parts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON exports USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON export_parts USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON exports TO sendvery_system USING (true);
CREATE POLICY system ON export_parts TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON exports, export_parts, person_exports TO sendvery_app;
GRANT SELECT, DELETE ON exports TO sendvery_system;
