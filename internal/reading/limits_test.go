package reading_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/reading"
)

func TestDefaults(t *testing.T) {
	t.Parallel()
	d := reading.Defaults()
	fields := reflect.ValueOf(d)
	for i := range fields.NumField() {
		if fields.Field(i).Int() <= 0 {
			t.Errorf("%s has no default", fields.Type().Field(i).Name)
		}
	}
	if d.MailBytes != 50_000_000 || d.Records != 500_000 || d.Time != time.Minute {
		t.Errorf("%+v", d)
	}
	// Every limit is somebody's.
	for _, share := range []any{d.Mail(), d.Aggregate(), d.TLS(), d.Failure()} {
		for i := range reflect.TypeOf(share).NumField() {
			if reflect.ValueOf(share).Field(i).IsZero() {
				t.Errorf("%T.%s is not filled", share, reflect.TypeOf(share).Field(i).Name)
			}
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	if err := (reading.Limits{Time: -1}).Check(); err != nil {
		t.Error(err)
	}
	err := reading.Limits{Records: -1, MailBytes: -1}.Check()
	if err == nil || !strings.Contains(err.Error(), "LIMIT_RECORDS is negative") || !strings.Contains(err.Error(), "LIMIT_MAIL_BYTES is negative") {
		t.Error(err)
	}
}
