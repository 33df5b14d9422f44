-- +goose Up

-- An invitation waits for its address to accept it, one per address; what
-- became of it stands in the audit trail.
CREATE TABLE invitations (
    org_id        uuid        NOT NULL,
    invitation_id uuid        NOT NULL,
    email         text        NOT NULL,
    role          text        NOT NULL,
    invited_by    uuid        NOT NULL,
    created_at    timestamptz NOT NULL,
    expires_at    timestamptz NOT NULL,
    CONSTRAINT invitations_pkey PRIMARY KEY (org_id, invitation_id),
    CONSTRAINT invitations_email_key UNIQUE (org_id, email),
    CONSTRAINT invitations_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE,
    CONSTRAINT invitations_role_check CHECK (role IN ('owner', 'admin', 'member', 'viewer'))
);
CREATE INDEX invitations_email ON invitations (email);
ALTER TABLE invitations ENABLE ROW LEVEL SECURITY;
ALTER TABLE invitations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON invitations USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON invitations TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON invitations TO sendvery_app;
GRANT SELECT, DELETE ON invitations TO sendvery_system;

-- A person sees what waits for their address, and from whom.
CREATE POLICY own ON invitations FOR SELECT
    USING (email = (SELECT p.email FROM people p WHERE p.person_id = nullif(current_setting('sendvery.person_id', true), '')::uuid));
CREATE POLICY invited ON organizations FOR SELECT
    USING (org_id IN (SELECT i.org_id FROM invitations i
                      WHERE i.email = (SELECT p.email FROM people p WHERE p.person_id = nullif(current_setting('sendvery.person_id', true), '')::uuid)));

-- What is deleted can be taken back until purge_at, and is erased after it.
ALTER TABLE organizations ADD COLUMN deleted_at timestamptz;
ALTER TABLE organizations ADD COLUMN purge_at timestamptz;
ALTER TABLE organizations ADD COLUMN ended boolean NOT NULL DEFAULT false;
ALTER TABLE organizations ADD CONSTRAINT organizations_purge_check CHECK ((deleted_at IS NULL) = (purge_at IS NULL));
COMMENT ON COLUMN organizations.ended IS 'its erasure has begun, and the end of its audit trail is recorded';
REVOKE DELETE ON organizations FROM sendvery_app;
CREATE INDEX organizations_purge ON organizations (purge_at) WHERE purge_at IS NOT NULL;

-- erase_organization removes at most so many rows of an organization whose time
-- is up, the organization itself last, and returns how many; 0 when nothing is
-- left. The app may delete neither audit events nor partitions, hence the
-- owner's rights; it looks at the database's own clock, so that nobody can
-- erase what can still be taken back.
-- +goose StatementBegin
CREATE FUNCTION erase_organization(org uuid, most bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    t       regclass;
    n       bigint;
    removed bigint := 0;
BEGIN
    PERFORM set_config('sendvery.org_id', org::text, true);
    PERFORM FROM organizations o WHERE o.org_id = org AND o.ended AND o.purge_at <= now() FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    -- Those that nothing refers to first. Partitions, not their parents: a row's
    -- place is its own only within one.
    FOR t IN
        SELECT c.oid::regclass FROM pg_class c
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND c.relname <> 'organizations'
          AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped)
        ORDER BY (SELECT count(*) FROM pg_constraint f WHERE f.confrelid = c.oid AND f.contype = 'f'), c.relname
    LOOP
        EXECUTE format('DELETE FROM %s WHERE ctid = ANY (ARRAY(SELECT ctid FROM %s WHERE org_id = $1 LIMIT $2))', t, t)
            USING org, most - removed;
        GET DIAGNOSTICS n = ROW_COUNT;
        removed := removed + n;
        IF removed >= most THEN
            RETURN removed;
        END IF;
    END LOOP;
    DELETE FROM organizations o WHERE o.org_id = org;
    RETURN removed + 1;
END;
$$;
-- +goose StatementEnd
REVOKE ALL ON FUNCTION erase_organization(uuid, bigint) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION erase_organization(uuid, bigint) TO sendvery_system;
