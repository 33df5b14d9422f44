-- +goose Up

-- People, the links they sign in by and their sessions belong to no
-- organization: these tables stand on the list of exceptions to row-level
-- security that a test checks.

CREATE TABLE people (
    person_id  uuid        NOT NULL,
    email      text        NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT people_pkey PRIMARY KEY (person_id),
    CONSTRAINT people_email_key UNIQUE (email)
);

-- One row per asked-for link. The job that sends the mail fills in the hashes;
-- until then nothing could be used.
CREATE TABLE sign_in_requests (
    request_id   uuid        NOT NULL,
    email        text        NOT NULL,
    browser_hash bytea       NOT NULL,
    device       text        NOT NULL,
    network      text        NOT NULL,
    created_at   timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    token_hash   bytea,
    code_mac     bytea,
    code_tries   smallint    NOT NULL DEFAULT 0,
    used_at      timestamptz,
    CONSTRAINT sign_in_requests_pkey PRIMARY KEY (request_id),
    CONSTRAINT sign_in_requests_token_key UNIQUE (token_hash)
);
CREATE INDEX sign_in_requests_email ON sign_in_requests (email) WHERE used_at IS NULL;
CREATE INDEX sign_in_requests_expires ON sign_in_requests (expires_at);

CREATE TABLE sessions (
    session_id   uuid        NOT NULL,
    token_hash   bytea       NOT NULL,
    person_id    uuid        NOT NULL,
    device       text        NOT NULL,
    network      text        NOT NULL,
    created_at   timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at   timestamptz NOT NULL,
    CONSTRAINT sessions_pkey PRIMARY KEY (session_id),
    CONSTRAINT sessions_token_key UNIQUE (token_hash),
    CONSTRAINT sessions_person_fkey FOREIGN KEY (person_id) REFERENCES people ON DELETE CASCADE
);
CREATE INDEX sessions_person ON sessions (person_id);

GRANT SELECT, INSERT, UPDATE, DELETE ON people, sign_in_requests, sessions TO sendvery_app;
-- The start-up check compares the schema's version with the program's.
GRANT SELECT ON goose_db_version TO sendvery_app;
