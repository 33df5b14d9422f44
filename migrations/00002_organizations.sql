-- +goose Up

-- Every table of a tenant has org_id first in its key, forced row-level
-- security with this one condition, and a policy for the system role that
-- cross-tenant work runs as. The setting is local to a transaction; after one
-- that set it, the same connection reads '' instead of NULL, hence nullif.

CREATE TABLE organizations (
    org_id     uuid        NOT NULL,
    slug       text        NOT NULL,
    name       text        NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT organizations_pkey PRIMARY KEY (org_id),
    CONSTRAINT organizations_slug_key UNIQUE (slug),
    CONSTRAINT organizations_slug_check CHECK (slug ~ '^[a-z0-9](-?[a-z0-9])*$' AND length(slug) <= 40)
);

CREATE TABLE members (
    org_id    uuid        NOT NULL,
    person_id uuid        NOT NULL,
    role      text        NOT NULL,
    joined_at timestamptz NOT NULL,
    CONSTRAINT members_pkey PRIMARY KEY (org_id, person_id),
    CONSTRAINT members_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE,
    CONSTRAINT members_person_fkey FOREIGN KEY (person_id) REFERENCES people ON DELETE CASCADE,
    CONSTRAINT members_role_check CHECK (role IN ('owner', 'admin', 'member', 'viewer'))
);
CREATE INDEX members_person ON members (person_id);

CREATE TABLE audit_events (
    org_id    uuid        NOT NULL,
    event_id  bigint      NOT NULL GENERATED ALWAYS AS IDENTITY,
    at        timestamptz NOT NULL,
    person_id uuid,
    action    text        NOT NULL,
    subject   text        NOT NULL,
    detail    jsonb,
    CONSTRAINT audit_events_pkey PRIMARY KEY (org_id, event_id),
    CONSTRAINT audit_events_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);

CREATE TABLE domains (
    org_id    uuid        NOT NULL,
    domain_id uuid        NOT NULL,
    name      text        NOT NULL,
    added_at  timestamptz NOT NULL,
    CONSTRAINT domains_pkey PRIMARY KEY (org_id, domain_id),
    CONSTRAINT domains_name_key UNIQUE (org_id, name),
    CONSTRAINT domains_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
ALTER TABLE members ENABLE ROW LEVEL SECURITY;
ALTER TABLE members FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
ALTER TABLE domains ENABLE ROW LEVEL SECURITY;
ALTER TABLE domains FORCE ROW LEVEL SECURITY;

CREATE POLICY tenant ON organizations USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON members USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON audit_events USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON domains USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);

-- A person sees where they belong before an organization is chosen.
CREATE POLICY own ON members FOR SELECT
    USING (person_id = nullif(current_setting('sendvery.person_id', true), '')::uuid);
CREATE POLICY own ON organizations FOR SELECT
    USING (org_id IN (SELECT m.org_id FROM members m
                      WHERE m.person_id = nullif(current_setting('sendvery.person_id', true), '')::uuid));

CREATE POLICY system ON organizations TO sendvery_system USING (true);
CREATE POLICY system ON members TO sendvery_system USING (true);
CREATE POLICY system ON audit_events TO sendvery_system USING (true);
CREATE POLICY system ON domains TO sendvery_system USING (true);

GRANT SELECT, INSERT, UPDATE, DELETE ON organizations, members, domains TO sendvery_app;
GRANT SELECT, INSERT ON audit_events TO sendvery_app;
GRANT SELECT ON organizations, members TO sendvery_system;
