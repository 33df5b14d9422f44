package postgres

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5"
)

// RolesSQL makes the three roles and their memberships; it can be run again.
// Run it once a server as a superuser, before the first migration.
//
//go:embed roles.sql
var RolesSQL string

// CreateRoles runs RolesSQL and gives the database that adminURL names to the owner.
func CreateRoles(ctx context.Context, adminURL string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("connect as administrator: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, RolesSQL); err != nil {
		return fmt.Errorf("create roles: %w", err)
	}
	name := pgx.Identifier{conn.Config().Database}.Sanitize()
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+name+" OWNER TO "+RoleOwner); err != nil {
		return fmt.Errorf("give the database to its owner: %w", err)
	}
	return nil
}

// CheckRoles reports every way in which the app could pass by row-level
// security: as the role that it acts as, and as the one that it signs in as,
// which it could go back to at any time.
func (db *DB) CheckRoles(ctx context.Context) error {
	if err := db.checkRole(ctx, "session_user"); err != nil {
		return err
	}
	return db.CheckActingRole(ctx)
}

// CheckActingRole is CheckRoles for development on a database of the
// developer's own, where the app signs in as a superuser and acts as its role.
func (db *DB) CheckActingRole(ctx context.Context) error { return db.checkRole(ctx, "current_user") }

// checkRole checks the role that an expression names: superuser, BYPASSRLS,
// owning tenant tables, inheriting the system role, reaching a role with any
// of these, or grants on partitions.
func (db *DB) checkRole(ctx context.Context, role string) error {
	var name string
	var super, bypass, owns, inherits, member, reaches, partitions bool
	err := db.app.QueryRow(ctx, `
		SELECT r.rolname, r.rolsuper, r.rolbypassrls,
		       EXISTS (SELECT FROM pg_class c WHERE c.relowner = r.oid AND c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace),
		       pg_has_role(r.oid, 'sendvery_system', 'USAGE'),
		       pg_has_role(r.oid, 'sendvery_system', 'MEMBER'),
		       EXISTS (SELECT FROM pg_roles o WHERE (o.rolsuper OR o.rolbypassrls OR o.rolname = 'sendvery_owner')
		               AND o.oid <> r.oid AND pg_has_role(r.oid, o.oid, 'MEMBER')),
		       EXISTS (SELECT FROM pg_class c WHERE c.relispartition AND c.relkind IN ('r', 'p')
		               AND has_table_privilege(r.oid, c.oid, 'SELECT, INSERT, UPDATE, DELETE'))
		FROM pg_roles r WHERE r.rolname = `+role).
		Scan(&name, &super, &bypass, &owns, &inherits, &member, &reaches, &partitions)
	if err != nil {
		return mapError(fmt.Errorf("check database roles: %w", err))
	}
	var found []string
	for _, p := range []struct {
		bad  bool
		text string
	}{
		{super, "it is a superuser"},
		{bypass, "it has BYPASSRLS"},
		{owns, "it owns tables"},
		{inherits, "it inherits sendvery_system"},
		{!member, "it is no member of sendvery_system, which background work needs"},
		{reaches, "it can become the owner, a superuser or a role with BYPASSRLS"},
		{partitions, "it has rights on partitions themselves"},
	} {
		if p.bad {
			found = append(found, p.text)
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("the role %s of DATABASE_URL must not be used: %s; see sendvery db roles", name, strings.Join(found, "; "))
	}
	return nil
}

// EnsureDatabase makes a database on the server unless it is there.
func EnsureDatabase(ctx context.Context, adminURL, name string) error {
	conn, err := pgx.Connect(ctx, adminURL)
	if err != nil {
		return fmt.Errorf("connect as administrator: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var there bool
	if err := conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)`, name).Scan(&there); err != nil || there {
		return err
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize()); err != nil {
		return fmt.Errorf("make database %s: %w", name, err)
	}
	return nil
}

// CheckOwn refuses an administrator's address that development mode must not
// touch: no superuser's, or a database that holds somebody else's tables.
func CheckOwn(ctx context.Context, adminURL string) error {
	cfg, err := pgx.ParseConfig(adminURL)
	if err != nil {
		return errUnreadable // the driver's own message repeats the address
	}
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return fmt.Errorf("connect as administrator: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	var super, ours bool
	var others []string
	err = conn.QueryRow(ctx, `
		SELECT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user),
		       to_regclass('public.goose_db_version') IS NOT NULL AND to_regclass('public.sign_in_requests') IS NOT NULL,
		       ARRAY(SELECT c.relname::text FROM pg_class c
		             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p', 'f') AND c.relname <> 'goose_db_version'
		               AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
		             ORDER BY c.relname LIMIT 3)`).Scan(&super, &ours, &others)
	switch {
	case err != nil:
		return fmt.Errorf("look at the database: %w", err)
	case !super:
		return errors.New("the role of DATABASE_URL is no superuser: development mode makes the roles and the schema itself; without DATABASE_URL it brings a PostgreSQL of its own")
	case !ours && len(others) > 0:
		return fmt.Errorf("the database of DATABASE_URL holds tables of another program (%s): give development mode one of its own, or none", strings.Join(others, ", "))
	}
	return nil
}

var errUnreadable = errors.New("the database address cannot be read; it should look like postgres://user:password@host/name")

// Readable reports whether a database address can be read. It asks nobody.
func Readable(url string) bool {
	_, err := pgx.ParseConfig(url)
	return err == nil
}

// AsRole returns an administrator's address changed so that its connections
// act as the role from the start.
func AsRole(adminURL, role string) (string, error) {
	u, err := url.Parse(adminURL)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") {
		return "", errUnreadable
	}
	q := u.Query()
	q.Set("role", role)
	u.RawQuery = q.Encode()
	return u.String(), nil
}
