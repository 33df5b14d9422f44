package tlsrpt_test

import (
	"reflect"

	"sendvery.com/sendvery/internal/reading"
	"sendvery.com/sendvery/internal/tlsrpt"
)

// limited is the default limits, but for what is set in l.
func limited(l tlsrpt.Limits) tlsrpt.Limits {
	all := reading.Defaults().TLS()
	for i := range reflect.TypeOf(l).NumField() {
		if set := reflect.ValueOf(l).Field(i); !set.IsZero() {
			reflect.ValueOf(&all).Elem().Field(i).Set(set)
		}
	}
	return all
}
