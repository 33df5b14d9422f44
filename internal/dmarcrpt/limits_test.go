package dmarcrpt_test

import (
	"reflect"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/reading"
)

// limited is the default limits, but for what is set in l.
func limited(l dmarcrpt.Limits) dmarcrpt.Limits {
	all := reading.Defaults().Aggregate()
	for i := range reflect.TypeOf(l).NumField() {
		if set := reflect.ValueOf(l).Field(i); !set.IsZero() {
			reflect.ValueOf(&all).Elem().Field(i).Set(set)
		}
	}
	return all
}
