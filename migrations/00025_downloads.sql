-- +goose Up

-- An export may hold what a page shows, not only everything; of each kind one
-- is made at a time.
ALTER TABLE exports
    ADD COLUMN kind text NOT NULL DEFAULT 'everything',
    ADD COLUMN name text NOT NULL DEFAULT '',
    ADD COLUMN request text NOT NULL DEFAULT '',
    ADD COLUMN done bigint NOT NULL DEFAULT 0,
    ADD COLUMN total bigint NOT NULL DEFAULT 0;
COMMENT ON COLUMN exports.name IS 'of the file, without its ending; empty for everything';
COMMENT ON COLUMN exports.request IS 'what its kind is told to hold';
COMMENT ON COLUMN exports.done IS 'of so many as total says, of whatever the kind counts; 0 in both = not counted';
DROP INDEX exports_running;
CREATE UNIQUE INDEX exports_running ON exports (org_id, kind) WHERE state = 'running';
