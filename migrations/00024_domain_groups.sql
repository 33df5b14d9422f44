-- +goose Up

-- Groups of an organization's domains: customers of an agency, brands, regions.
CREATE TABLE domain_groups (
    org_id   uuid NOT NULL,
    group_id uuid NOT NULL,
    name     text NOT NULL,
    CONSTRAINT domain_groups_pkey PRIMARY KEY (org_id, group_id),
    CONSTRAINT domain_groups_name_key UNIQUE (org_id, name),
    CONSTRAINT domain_groups_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);
ALTER TABLE domain_groups ENABLE ROW LEVEL SECURITY;
ALTER TABLE domain_groups FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON domain_groups USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON domain_groups TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON domain_groups TO sendvery_app;

ALTER TABLE domains
    ADD COLUMN group_id uuid,
    ADD CONSTRAINT domains_group_fkey FOREIGN KEY (org_id, group_id) REFERENCES domain_groups ON DELETE SET NULL (group_id);
CREATE INDEX domains_group ON domains (org_id, group_id) WHERE group_id IS NOT NULL;
COMMENT ON COLUMN domains.group_id IS 'the group it is in; null = none';
