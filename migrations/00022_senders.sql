-- +goose Up

-- What anybody can find out about an address: facts about the network, the
-- same for all organizations and telling nothing of any.
ALTER TABLE ip_names RENAME TO ip_facts;
ALTER TABLE ip_facts RENAME CONSTRAINT ip_names_pkey TO ip_facts_pkey;
ALTER TABLE ip_facts RENAME COLUMN next_at TO name_next_at;
ALTER TABLE ip_facts
    DROP COLUMN sender,
    ALTER COLUMN name_next_at SET DEFAULT '-infinity',
    ADD COLUMN asn bigint,
    ADD COLUMN network_owner text,
    ADD COLUMN country text,
    ADD COLUMN owner_next_at timestamptz NOT NULL DEFAULT '-infinity',
    ADD COLUMN revision integer NOT NULL DEFAULT 0,
    ADD COLUMN applied boolean NOT NULL DEFAULT true;
COMMENT ON COLUMN ip_facts.name_next_at IS 'when to look the name up again: soon after a look-up that failed for the time being';
COMMENT ON COLUMN ip_facts.owner_next_at IS 'the same for asn, network_owner and country';
COMMENT ON COLUMN ip_facts.revision IS 'grows when a fact changes';
COMMENT ON COLUMN ip_facts.applied IS 'all organizations know the address by these facts';
CREATE INDEX ip_facts_name_next ON ip_facts (name_next_at);
CREATE INDEX ip_facts_owner_next ON ip_facts (owner_next_at);
CREATE INDEX ip_facts_unapplied ON ip_facts (ip) WHERE NOT applied;

ALTER TABLE sources ADD COLUMN facts_revision integer NOT NULL DEFAULT 0;
COMMENT ON COLUMN sources.facts_revision IS 'of ip_facts, that its identity was found with';
CREATE INDEX sources_ip ON sources (source_ip);
CREATE INDEX sources_identified ON sources (identified_at NULLS FIRST);

-- The catalogue of providers that identities are found with, one row: since
-- then every identity that is older is to be found anew.
CREATE TABLE catalogue_in_use (
    one     boolean     NOT NULL DEFAULT true,
    version text        NOT NULL,
    since   timestamptz NOT NULL,
    CONSTRAINT catalogue_in_use_pkey PRIMARY KEY (one),
    CONSTRAINT catalogue_in_use_one_check CHECK (one)
);
GRANT SELECT, INSERT, UPDATE ON catalogue_in_use TO sendvery_system;
