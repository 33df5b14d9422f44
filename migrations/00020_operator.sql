-- +goose Up

-- The operator sees how much each organization has, and nothing of what it is:
-- the columns that are counted, and no others.
GRANT SELECT (org_id) ON domains TO sendvery_system;
GRANT SELECT (org_id, day) ON reports, tls_reports TO sendvery_system;
