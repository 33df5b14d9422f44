package dmarc_test

import (
	"testing"

	"sendvery.com/sendvery/internal/dmarc"
)

func TestPublish(t *testing.T) {
	t.Parallel()
	a := dmarc.Publish("example.org", "dmarc@mail.example.org")
	if a.Name != "_dmarc.example.org" || a.Value != "v=DMARC1; p=none; rua=mailto:dmarc@mail.example.org" || a.ConsentName != "" {
		t.Errorf("same organization: %+v", a)
	}
	a = dmarc.Publish("example.org", "a!b;c@example.net")
	if a.Value != "v=DMARC1; p=none; rua=mailto:a%21b%3Bc@example.net" {
		t.Errorf("separators: %s", a.Value)
	}
	if a.ConsentName != "example.org._report._dmarc.example.net" || a.ConsentValue != "v=DMARC1" {
		t.Errorf("another organization: %+v", a)
	}
}
