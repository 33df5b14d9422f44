-- +goose Up

-- The rows of reports that somebody names, by look-ups for each: the planner,
-- who cannot know how few they are, would rather go through all that ever sent
-- as the domain. Of reports that a range chooses, see messages.
CREATE VIEW report_rows WITH (security_invoker = true) AS
SELECT r.org_id, r.domain_id, r.day, r.report_id, t.seq, t.messages, t.disposition, t.dkim, t.spf, t.forwarding, t.source_ip,
       t.auth_id, r.trust, r.reporter_domain AS reporter, s.sender, s.country
FROM reports r
CROSS JOIN LATERAL (SELECT seq, auth_id, source_ip, messages, disposition, dkim, spf, forwarding FROM records
                    WHERE org_id = r.org_id AND day = r.day AND report_id = r.report_id OFFSET 0) t
CROSS JOIN LATERAL (SELECT sender, country FROM sources WHERE org_id = r.org_id AND domain_id = r.domain_id AND source_ip = t.source_ip OFFSET 0) s;
GRANT SELECT ON report_rows TO sendvery_app;

CREATE OR REPLACE VIEW messages_due WITH (security_invoker = true) AS
SELECT u.org_id, u.domain_id, u.day, u.report_id, t.reporter, t.sender, t.country, t.disposition, t.dkim, t.spf, t.forwarding, t.trust, t.messages
FROM daily_due u
CROSS JOIN LATERAL (SELECT reporter, sender, country, disposition, dkim, spf, forwarding, trust, messages FROM report_rows
                    WHERE org_id = u.org_id AND report_id = u.report_id OFFSET 0) t;
