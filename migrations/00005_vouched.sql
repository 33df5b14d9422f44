-- +goose Up

-- Who vouches for what a mail says. Reports come from anybody who can write
-- to the mailbox; what nobody vouches for is shown and never changes advice.
ALTER TABLE receipts
    ADD COLUMN auth_method text,
    ADD COLUMN auth_result text,
    ADD COLUMN auth_domain text;
COMMENT ON COLUMN receipts.auth_method IS 'how it was checked: header (the receiving server''s Authentication-Results), dkim (by us); null = not checked';
COMMENT ON COLUMN receipts.auth_result IS 'pass, fail, none (unsigned), temperror (DNS did not answer)';
COMMENT ON COLUMN receipts.auth_domain IS 'the domain that the mail is authenticated as';

ALTER TABLE mailboxes ADD COLUMN authserv text NOT NULL DEFAULT '';
COMMENT ON COLUMN mailboxes.authserv IS 'authserv-id of the server that takes its mail in, whose Authentication-Results are trusted; - for one that writes none';

ALTER TABLE reports ADD COLUMN trust smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN reports.trust IS '0 not checked, 1 vouched for: by the domain of the reporter that it names or by a person who handed it in or chose it, 2 by nobody';

ALTER TABLE daily_messages ADD COLUMN trust smallint NOT NULL DEFAULT 0;
ALTER TABLE daily_messages DROP CONSTRAINT daily_messages_pkey;
ALTER TABLE daily_messages ADD CONSTRAINT daily_messages_pkey -- what one report adds lies together
    PRIMARY KEY (org_id, domain_id, day, reporter, source_ip, disposition, dkim, spf, forwarding, trust);

-- An address is the owner's once it has sent passing mail that nobody passed
-- on. A sum would have to be written with every report; this changes once.
ALTER TABLE sources ADD COLUMN own boolean NOT NULL DEFAULT false;
ALTER TABLE sources NO FORCE ROW LEVEL SECURITY;
UPDATE sources SET own = own_messages > 0;
ALTER TABLE sources FORCE ROW LEVEL SECURITY;
ALTER TABLE sources DROP COLUMN own_messages;

-- Storing a report writes one row in each of these, in one transaction of one
-- function. Foreign keys between them would double its cost: each is a look-up
-- and a row lock per row. What they would guard is checked by tests instead,
-- and whoever deletes an organization deletes these rows too.
ALTER TABLE reports DROP CONSTRAINT reports_receipt_fkey;
ALTER TABLE reports DROP CONSTRAINT reports_domain_fkey;
ALTER TABLE originals DROP CONSTRAINT originals_receipt_fkey;
ALTER TABLE receipt_items DROP CONSTRAINT receipt_items_receipt_fkey;
ALTER TABLE receipts DROP CONSTRAINT receipts_org_fkey;
ALTER TABLE auth_results DROP CONSTRAINT auth_results_org_fkey;

-- Up to a page an original stays beside its key; only larger ones are cut up.
ALTER TABLE originals SET (toast_tuple_target = 8160);

-- Files have no place in a mailbox, and need none in its index.
ALTER TABLE receipts DROP CONSTRAINT receipts_mail_key;
CREATE UNIQUE INDEX receipts_mail_key ON receipts (org_id, mailbox_id, generation, mail_id) WHERE mailbox_id IS NOT NULL;

-- Nothing looks reports up by their receipt: its lines name them.
DROP INDEX reports_receipt;
