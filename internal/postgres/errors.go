package postgres

import (
	"errors"
	"net"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"sendvery.com/sendvery/internal/fault"
)

// ErrNoRows is what a query for one row returns when there is none.
var ErrNoRows = pgx.ErrNoRows

// busy is the sentence for a database that cannot serve just now.
const busy = "The database is busy or restarting. Nothing was lost; please try again in a minute."

// mapError turns what will pass by itself into a Temporary fault; everything
// else stays as it is.
func mapError(err error) error {
	if err == nil || fault.KindOf(err) != fault.Internal || !passes(err) {
		return err
	}
	return fault.Wrap(fault.Temporary, busy, err)
}

// passes reports whether the same work may well succeed later: lost
// connections, restarts, deadlocks, exhausted resources.
func passes(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code[:2] {
		case "08", "40", "53", "57": // connection, rollback, resources, operator
			return true
		}
		return pg.Code == "55P03" // lock not available
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	return pgconn.SafeToRetry(err)
}

// Met reports whether err comes of meeting another transaction at the same
// rows: a deadlock, or a key that the other one took first. Tried again, the
// work sees what the other one did.
func Met(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40P01" || pg.Code == "40001" || pg.Code == "23505")
}

// Violates reports whether err is the violation of the named constraint.
func Violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.ConstraintName == constraint
}

// NoPartition reports whether err says that a row belongs into a partition
// that is not there.
func NoPartition(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && pg.Code == "23514" && pg.ConstraintName == "" // a check without a name is the partitions' own
}
