-- +goose Up

-- When a run last came forward: one that stands still does not keep others
-- from beginning.
ALTER TABLE rereadings ADD COLUMN advanced_at timestamptz;
ALTER TABLE rereadings NO FORCE ROW LEVEL SECURITY;
UPDATE rereadings SET advanced_at = started_at;
ALTER TABLE rereadings FORCE ROW LEVEL SECURITY;
ALTER TABLE rereadings ALTER COLUMN advanced_at SET NOT NULL;
