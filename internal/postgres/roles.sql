-- The three roles of a Sendvery database. Run once as a superuser; running it
-- again changes nothing. Give the two that sign in a password of your own:
--   ALTER ROLE sendvery_owner PASSWORD '...';  (MIGRATE_DATABASE_URL)
--   ALTER ROLE sendvery_app PASSWORD '...';    (DATABASE_URL)
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['sendvery_owner', 'sendvery_app', 'sendvery_system'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
            EXECUTE format('CREATE ROLE %I NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE', name);
        END IF;
    END LOOP;
    ALTER ROLE sendvery_owner LOGIN;
    ALTER ROLE sendvery_app LOGIN NOINHERIT;
    -- The app may become the system role when it says so, never by itself. From
    -- version 16 on inheritance belongs to the grant, before that to the role.
    IF current_setting('server_version_num')::int >= 160000 THEN
        EXECUTE 'GRANT sendvery_system TO sendvery_app WITH INHERIT FALSE, SET TRUE';
    ELSE
        GRANT sendvery_system TO sendvery_app;
    END IF;
END $$;
