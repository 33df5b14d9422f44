-- +goose Up

ALTER TABLE mailboxes ADD COLUMN sign_in text NOT NULL DEFAULT 'password';
ALTER TABLE mailboxes ADD COLUMN move_to text NOT NULL DEFAULT '';
ALTER TABLE mailboxes ADD COLUMN only_marked boolean NOT NULL DEFAULT false;
ALTER TABLE mailboxes ADD COLUMN finish_failure text;
ALTER TABLE mailboxes ADD COLUMN finish_advice text;
ALTER TABLE mailboxes ADD COLUMN stopped boolean NOT NULL DEFAULT false;
ALTER TABLE mailboxes ADD COLUMN epoch integer NOT NULL DEFAULT 0;
ALTER TABLE mailboxes ADD CONSTRAINT mailboxes_sign_in_check CHECK (sign_in IN ('password', 'google', 'microsoft'));
ALTER TABLE mailboxes ADD CONSTRAINT mailboxes_after_import_check CHECK (after_import IN ('leave', 'seen', 'move', 'delete'));
COMMENT ON COLUMN mailboxes.secret IS 'sealed: the password, or the refresh token that the provider in sign_in gave';
COMMENT ON COLUMN mailboxes.move_to IS 'the folder that report mails are moved to';
COMMENT ON COLUMN mailboxes.stopped IS 'a person has paused it, which lasts over a change of its settings';
COMMENT ON COLUMN mailboxes.epoch IS 'counts the mailboxes and folders that it has been: ids of mails mean others in each';
COMMENT ON COLUMN mailboxes.only_marked IS 'the server could not remove single mails and they are only marked as deleted';
COMMENT ON COLUMN mailboxes.finish_failure IS 'why report mails could not be marked, moved or deleted the last time; null when they could';

-- What was read of a mailbox whose mails have no order (POP3), by its ids.
CREATE TABLE mailbox_read (
    org_id     uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    mail_id    text NOT NULL,
    CONSTRAINT mailbox_read_pkey PRIMARY KEY (org_id, mailbox_id, mail_id),
    CONSTRAINT mailbox_read_mailbox_fkey FOREIGN KEY (org_id, mailbox_id) REFERENCES mailboxes ON DELETE CASCADE
);

-- Mails whose reports are stored and that are still to be marked, moved or
-- deleted, as their owner chose; written with the reports.
CREATE TABLE mailbox_unfinished (
    org_id     uuid NOT NULL,
    mailbox_id uuid NOT NULL,
    generation text NOT NULL,
    mail_id    text NOT NULL,
    CONSTRAINT mailbox_unfinished_pkey PRIMARY KEY (org_id, mailbox_id, generation, mail_id),
    CONSTRAINT mailbox_unfinished_mailbox_fkey FOREIGN KEY (org_id, mailbox_id) REFERENCES mailboxes ON DELETE CASCADE
);
COMMENT ON COLUMN mailbox_unfinished.generation IS 'of the folder: in another one the ids mean other mails';

ALTER TABLE mailbox_read ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailbox_read FORCE ROW LEVEL SECURITY;
ALTER TABLE mailbox_unfinished ENABLE ROW LEVEL SECURITY;
ALTER TABLE mailbox_unfinished FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON mailbox_read USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY tenant ON mailbox_unfinished USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON mailbox_read TO sendvery_system USING (true);
CREATE POLICY system ON mailbox_unfinished TO sendvery_system USING (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON mailbox_read, mailbox_unfinished TO sendvery_app;
