-- +goose Up

-- What the ACME client keeps: the account's key, certificates with their keys,
-- and the answers to challenges while they last. They belong to the
-- installation, not to an organization: the table stands on the list of
-- exceptions to row-level security that a test checks.
CREATE TABLE certificates (
    name      text        NOT NULL,
    sealed    bytea       NOT NULL,
    stored_at timestamptz NOT NULL,
    CONSTRAINT certificates_pkey PRIMARY KEY (name)
);
COMMENT ON COLUMN certificates.sealed IS 'sealed: private keys among it';

GRANT SELECT, INSERT, UPDATE, DELETE ON certificates TO sendvery_app;
