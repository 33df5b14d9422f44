-- +goose Up

-- Events form chains: one per organization, one per person for what belongs to
-- no organization, and the program's own. Each event holds a message
-- authentication code over itself and the one before it; the head holds the
-- last one's and is locked while an event is added. The app may add events and
-- move heads; it can neither change nor delete an event.

-- The owner must see all rows to number them.
ALTER TABLE audit_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE audit_events ADD COLUMN seq bigint;
ALTER TABLE audit_events ADD COLUMN key_id text;
ALTER TABLE audit_events ADD COLUMN mac bytea;
-- Events from before there was a chain keep their order and stand before its
-- first one. User names of mailboxes are often somebody's address.
UPDATE audit_events e
SET seq = o.seq, detail = nullif(e.detail - 'username', '{}'::jsonb)
FROM (SELECT org_id, event_id,
             row_number() OVER (PARTITION BY org_id ORDER BY event_id) - count(*) OVER (PARTITION BY org_id) AS seq
      FROM audit_events) o
WHERE o.org_id = e.org_id AND o.event_id = e.event_id;
ALTER TABLE audit_events DROP CONSTRAINT audit_events_pkey;
ALTER TABLE audit_events DROP COLUMN event_id;
ALTER TABLE audit_events ALTER COLUMN seq SET NOT NULL;
ALTER TABLE audit_events ADD CONSTRAINT audit_events_pkey PRIMARY KEY (org_id, seq);
ALTER TABLE audit_events ADD CONSTRAINT audit_events_chain_check CHECK (seq <= 0 OR (key_id IS NOT NULL AND length(mac) = 32));
ALTER TABLE audit_events FORCE ROW LEVEL SECURITY;
COMMENT ON COLUMN audit_events.seq IS 'number in the chain, from 1; events from before there was one have numbers up to 0 and no code';
COMMENT ON COLUMN audit_events.person_id IS 'who did it; null is the program. It stays when the person is erased';

CREATE TABLE audit_heads (
    org_id uuid   NOT NULL,
    seq    bigint NOT NULL DEFAULT 0,
    mac    bytea  NOT NULL DEFAULT '',
    key_id text   NOT NULL DEFAULT '',
    proof  bytea  NOT NULL DEFAULT '',
    CONSTRAINT audit_heads_pkey PRIMARY KEY (org_id),
    CONSTRAINT audit_heads_org_fkey FOREIGN KEY (org_id) REFERENCES organizations ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON COLUMN audit_heads.proof IS 'code over the head itself: without the key nobody can make one for an earlier event';

ALTER TABLE audit_heads ENABLE ROW LEVEL SECURITY;
ALTER TABLE audit_heads FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON audit_heads USING (org_id = nullif(current_setting('sendvery.org_id', true), '')::uuid);
CREATE POLICY system ON audit_heads TO sendvery_system USING (true);

-- The same for people and, under the id of zeros, for the program. When a
-- person is erased, their chain goes with them.
CREATE TABLE audit_person_heads (
    chain_id  uuid   NOT NULL,
    person_id uuid   GENERATED ALWAYS AS (nullif(chain_id, '00000000-0000-0000-0000-000000000000'::uuid)) STORED,
    seq       bigint NOT NULL DEFAULT 0,
    mac       bytea  NOT NULL DEFAULT '',
    key_id    text   NOT NULL DEFAULT '',
    proof     bytea  NOT NULL DEFAULT '',
    CONSTRAINT audit_person_heads_pkey PRIMARY KEY (chain_id),
    CONSTRAINT audit_person_heads_person_fkey FOREIGN KEY (person_id) REFERENCES people ON DELETE CASCADE
) WITH (fillfactor = 50);
CREATE INDEX audit_person_heads_person ON audit_person_heads (person_id);

CREATE TABLE audit_person_events (
    chain_id  uuid        NOT NULL,
    seq       bigint      NOT NULL,
    at        timestamptz NOT NULL,
    person_id uuid,
    action    text        NOT NULL,
    subject   text        NOT NULL,
    detail    jsonb,
    key_id    text        NOT NULL,
    mac       bytea       NOT NULL,
    CONSTRAINT audit_person_events_pkey PRIMARY KEY (chain_id, seq),
    CONSTRAINT audit_person_events_chain_fkey FOREIGN KEY (chain_id) REFERENCES audit_person_heads ON DELETE CASCADE,
    CONSTRAINT audit_person_events_chain_check CHECK (seq > 0 AND length(mac) = 32)
);

-- Every key that an event was ever signed with.
CREATE TABLE audit_keys (
    key_id        text        NOT NULL,
    first_used_at timestamptz NOT NULL,
    CONSTRAINT audit_keys_pkey PRIMARY KEY (key_id)
);

GRANT SELECT, INSERT ON audit_person_events, audit_keys TO sendvery_app;
GRANT SELECT, INSERT, UPDATE ON audit_heads, audit_person_heads TO sendvery_app;
GRANT SELECT ON audit_events, audit_heads TO sendvery_system;
GRANT SELECT, INSERT ON audit_person_events, audit_keys TO sendvery_system;
GRANT SELECT, INSERT, UPDATE ON audit_person_heads TO sendvery_system;
