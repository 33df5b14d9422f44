-- +goose Up

-- What is beyond the first part of a large original: it is written and read
-- part by part, and so never all in memory.
CREATE TABLE original_parts (
    org_id     uuid    NOT NULL,
    receipt_id bigint  NOT NULL,
    part       integer NOT NULL,
    content    bytea   NOT NULL,
    CONSTRAINT original_parts_pkey PRIMARY KEY (org_id, receipt_id, part),
    CONSTRAINT original_parts_original_fkey FOREIGN KEY (org_id, receipt_id) REFERENCES originals ON DELETE CASCADE
);
ALTER TABLE original_parts ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON COLUMN original_parts.part IS 'from 1; part 0 is in originals';

ALTER TABLE original_parts ENABLE ROW LEVEL SECURITY;
ALTER TABLE original_parts FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON original_parts USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON original_parts TO sendvery_system USING (true);
GRANT SELECT, INSERT ON original_parts TO sendvery_app;

-- Read once per statement instead of once per row.
ALTER POLICY tenant ON receipts USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
ALTER POLICY tenant ON originals USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
ALTER POLICY tenant ON reports USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
ALTER POLICY tenant ON receipt_items USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
ALTER POLICY tenant ON records USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
ALTER POLICY tenant ON rollups USING (org_id = (SELECT nullif(current_setting('sendvery.org_id', true), '')::uuid));
