-- +goose Up

-- What passing mail of an address says of the sender that it is known as. Its
-- identity is found anew with the catalogue that comes with this.
ALTER TABLE sources
    ADD COLUMN tie text NOT NULL DEFAULT '',
    ADD CONSTRAINT sources_tie_check CHECK (tie IN ('', 'owner', 'strangers', 'relay'));
COMMENT ON COLUMN sources.own IS 'has sent passing mail of the domain that nobody passed on';
COMMENT ON COLUMN sources.tie IS 'passing mail of the address makes its sender the owner''s; owner = the sender is the owner''s by its name; strangers = it does not, because others are known as the same; relay = it does not, because others wrote it';

ALTER TABLE senders ADD COLUMN relay boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN senders.own IS 'an address of it shows so by passing mail or by its name';
COMMENT ON COLUMN senders.relay IS 'is a forwarder or gateway, which passes on mail of others';

ALTER TABLE sources NO FORCE ROW LEVEL SECURITY;
ALTER TABLE domains NO FORCE ROW LEVEL SECURITY;
UPDATE sources s SET tie = 'owner' FROM domains d
WHERE d.org_id = s.org_id AND d.domain_id = s.domain_id AND (s.sender = d.name OR right(s.sender, length(d.name) + 1) = '.' || d.name);
ALTER TABLE domains FORCE ROW LEVEL SECURITY;
ALTER TABLE sources FORCE ROW LEVEL SECURITY;

-- What addresses say of the senders that they are known as.
CREATE VIEW sender_facts WITH (security_invoker = true) AS
SELECT org_id, domain_id, sender, bool_or(tie = 'owner' OR tie = '' AND own) AS own, bool_or(tie = 'relay') AS relay
FROM sources GROUP BY org_id, domain_id, sender;
GRANT SELECT ON sender_facts TO sendvery_app;

DROP TRIGGER changed ON senders;
CREATE TRIGGER changed AFTER UPDATE ON senders FOR EACH ROW
    WHEN (OLD.own <> NEW.own OR OLD.relay <> NEW.relay OR OLD.review <> NEW.review) EXECUTE FUNCTION sender_judged_anew();
COMMENT ON COLUMN daily_unjudged.changed_at IS 'when a sender last became or ceased to be known as the owner''s or as a relay';

ALTER TABLE ip_facts
    ADD COLUMN name_failures smallint NOT NULL DEFAULT 0,
    ADD COLUMN owner_failures smallint NOT NULL DEFAULT 0;
COMMENT ON COLUMN ip_facts.name_failures IS 'look-ups without an answer since the last one that had one';
COMMENT ON COLUMN ip_facts.owner_failures IS 'the same for asn, network_owner and country';
GRANT DELETE ON ip_facts TO sendvery_system;
