package mimepart_test

import (
	"reflect"

	"sendvery.com/sendvery/internal/mimepart"
	"sendvery.com/sendvery/internal/reading"
)

// limited is the default limits, but for what is set in l.
func limited(l mimepart.Limits) mimepart.Limits {
	all := reading.Defaults().Mail()
	for i := range reflect.TypeOf(l).NumField() {
		if set := reflect.ValueOf(l).Field(i); !set.IsZero() {
			reflect.ValueOf(&all).Elem().Field(i).Set(set)
		}
	}
	return all
}
