// Package keyring knows every column that holds sealed values: what keys they
// are sealed with, and how to seal them again with a new one while everything
// else goes on.
package keyring

import (
	"context"
	"fmt"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/seal"
	"sendvery.com/sendvery/internal/work"
)

// Column is a column whose values are sealed with the ring, for the place
// {Table, Name, row, organization}. Empty and null values are none.
type Column struct {
	Table  string
	Name   string
	Row    string // column that identifies a row, within its organization
	Tenant bool   // the table has org_id first in its key
	Action string // recorded for each value that is sealed again
}

// String is the column's name with its table's.
func (c Column) String() string { return c.Table + "." + c.Name }

// value is a stored value and where it lives.
type value struct {
	Org    *postgres.TenantID // nil: it belongs to no organization
	Row    string
	Sealed []byte
}

func (c Column) place(v value) seal.Place {
	p := seal.Place{Table: c.Table, Column: c.Name, Row: v.Row}
	if v.Org != nil {
		p.Org = v.Org.String()
	}
	return p
}

// Service is what can be done with keys.
type Service struct {
	DB      *postgres.DB
	Trail   *audit.Trail
	Ring    *seal.Ring
	Columns []Column
	Queue   work.Enqueuer
	Now     func() time.Time
}

// Use is how many values of a column are sealed with a key.
type Use struct {
	Column string
	Key    string // id; Unreadable for what is no sealed value
	Values int
}

// Unreadable stands for the key of what is no sealed value.
const Unreadable = "unreadable"

// Uses counts the stored values by column and key.
func (s *Service) Uses(ctx context.Context) (all []Use, err error) {
	for _, c := range s.Columns {
		err := s.read(ctx, c, func(ctx context.Context, tx postgres.Tx) error {
			some, err := count(ctx, tx, c)
			all = append(all, some...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// read runs fn where all values of a column are seen.
func (s *Service) read(ctx context.Context, c Column, fn func(context.Context, postgres.Tx) error) error {
	if c.Tenant {
		return s.DB.InSystem(ctx, fn)
	}
	return s.DB.InTx(ctx, fn)
}

// reseal seals one value again, and reports whether it did: somebody else may
// have changed it meanwhile.
func (s *Service) reseal(ctx context.Context, c Column, v value) (changed bool, err error) {
	plain, err := s.Ring.Open(c.place(v), v.Sealed)
	if err != nil {
		return false, fmt.Errorf("%s of %s: %w", c, v.Row, err)
	}
	event := audit.Event{Action: c.Action, Subject: v.Row, At: s.Now(), Detail: map[string]string{"key": s.Ring.IDs()[0]}}
	again := s.Ring.Seal(c.place(v), plain)
	write := func(ctx context.Context, tx postgres.Tx) (err error) {
		if changed, err = replace(ctx, tx, c, v, again); err != nil || !changed {
			return err
		}
		return s.Trail.Record(ctx, tx, event)
	}
	if v.Org == nil {
		return changed, s.DB.InTx(ctx, write)
	}
	event.Org = *v.Org
	return changed, s.DB.InOrg(ctx, *v.Org, write)
}
