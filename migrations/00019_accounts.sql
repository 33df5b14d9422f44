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
