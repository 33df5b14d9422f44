-- +goose Up

-- Who uploaded a file, and with which others in one visit. The person may
-- leave the organization later: the receipt stays.
ALTER TABLE receipts
    ADD COLUMN upload_id   uuid,
    ADD COLUMN uploaded_by uuid,
    ADD CONSTRAINT receipts_upload_check CHECK ((source = 'upload') = (upload_id IS NOT NULL AND uploaded_by IS NOT NULL));
CREATE INDEX receipts_upload ON receipts (org_id, upload_id, receipt_id) WHERE upload_id IS NOT NULL;
CREATE INDEX receipts_source ON receipts (org_id, source, receipt_id);

-- Who sent what was not stored, for the quality of reporters.
ALTER TABLE receipt_items ADD COLUMN reporter text;
COMMENT ON COLUMN receipt_items.reporter IS 'as reports.reporter_domain; null where it is not known';
CREATE INDEX receipt_items_reporter ON receipt_items (org_id, reporter) WHERE reporter IS NOT NULL;

-- Kept originals that are read again: the newest run of an organization. How
-- far it has come is written in the transaction that stores what was read.
CREATE TABLE rereadings (
    org_id      uuid        NOT NULL,
    person_id   uuid        NOT NULL,
    started_at  timestamptz NOT NULL,
    finished_at timestamptz,
    last_id     bigint      NOT NULL,
    cursor_id   bigint      NOT NULL,
    total       bigint      NOT NULL,
    done        bigint      NOT NULL,
    CONSTRAINT rereadings_pkey PRIMARY KEY (org_id),
    CONSTRAINT rereadings_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
);
COMMENT ON COLUMN rereadings.last_id IS 'the last receipt that it goes to';
COMMENT ON COLUMN rereadings.cursor_id IS 'the last receipt that was read again';

ALTER TABLE rereadings ENABLE ROW LEVEL SECURITY;
ALTER TABLE rereadings FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON rereadings USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON rereadings TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON rereadings TO sendvery_app;
