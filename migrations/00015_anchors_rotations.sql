-- +goose Up

-- An anchor is a head as it was at some time, signed, to be taken out of the
-- house. The daily ones are kept here too: one for every head that moved.
CREATE TABLE audit_anchors (
    org_id    uuid        NOT NULL,
    seq       bigint      NOT NULL,
    at        timestamptz NOT NULL,
    mac       bytea       NOT NULL,
    key_id    text        NOT NULL,
    signature bytea       NOT NULL,
    CONSTRAINT audit_anchors_pkey PRIMARY KEY (org_id, seq),
    CONSTRAINT audit_anchors_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);
CREATE INDEX audit_anchors_at ON audit_anchors (at);
ALTER TABLE audit_anchors ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_anchors FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_anchors USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON audit_anchors TO sendvery_system USING (true);

-- The same for people and the program.
CREATE TABLE audit_person_anchors (
    chain_id  uuid        NOT NULL,
    seq       bigint      NOT NULL,
    at        timestamptz NOT NULL,
    mac       bytea       NOT NULL,
    key_id    text        NOT NULL,
    signature bytea       NOT NULL,
    CONSTRAINT audit_person_anchors_pkey PRIMARY KEY (chain_id, seq),
    CONSTRAINT audit_person_anchors_chain_fkey FOREIGN KEY (chain_id) REFERENCES audit_person_heads ON DELETE CASCADE
);
CREATE INDEX audit_person_anchors_at ON audit_person_anchors (at);

GRANT SELECT ON audit_anchors TO sendvery_app;
GRANT SELECT, INSERT, DELETE ON audit_anchors, audit_person_anchors TO sendvery_system;

-- A rotation seals every stored value again with one key; it remembers how far
-- it has come: the last value that it passed is at_row of at_column.
CREATE TABLE key_rotations (
    key_id      text        NOT NULL,
    started_at  timestamptz NOT NULL,
    advanced_at timestamptz NOT NULL,
    finished_at timestamptz,
    total       bigint      NOT NULL,
    done        bigint      NOT NULL DEFAULT 0,
    failed      bigint      NOT NULL DEFAULT 0,
    failure     text        NOT NULL DEFAULT '',
    at_column   text        NOT NULL DEFAULT '',
    at_org      text        NOT NULL DEFAULT '',
    at_row      text        NOT NULL DEFAULT '',
    CONSTRAINT key_rotations_pkey PRIMARY KEY (key_id)
);
COMMENT ON COLUMN key_rotations.failure IS 'the first value that could not be sealed again, and why';
GRANT SELECT, INSERT, UPDATE ON key_rotations TO sendvery_app;
