-- +goose Up

-- Mails that a mail provider hands over, as somebody sent them.
ALTER TABLE receipts DROP CONSTRAINT receipts_source_check;
ALTER TABLE receipts ADD CONSTRAINT receipts_source_check CHECK (source IN ('mailbox', 'inbound', 'upload', 'import'));
