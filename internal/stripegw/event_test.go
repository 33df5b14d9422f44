package stripegw_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/billing"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/stripegw"
)

const (
	secret = "whsec_first_0123456789abcdef0123"
	other  = "whsec_other_0123456789abcdef0123"
)

var body = []byte(`{"id":"evt_1","type":"invoice.paid"}`)

// v1 is a signature as Stripe describes it.
func v1(secret string, at time.Time, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%d.%s", at.Unix(), body)
	return hex.EncodeToString(mac.Sum(nil))
}

func header(at time.Time, signatures ...string) string {
	text := fmt.Sprintf("t=%d", at.Unix())
	for _, s := range signatures {
		text += ",v1=" + s
	}
	return text
}

func TestVerify(t *testing.T) {
	t.Parallel()
	now := time.Now()
	old, early := now.Add(-5*time.Minute-2*time.Second), now.Add(5*time.Minute+2*time.Second)
	good := v1(secret, now, body)
	for name, test := range map[string]struct {
		secrets   []string
		body      []byte
		signature string
		genuine   bool
	}{
		"signed now":                         {[]string{secret}, body, header(now, good), true},
		"signed 4 minutes ago":               {[]string{secret}, body, header(now.Add(-4*time.Minute), v1(secret, now.Add(-4*time.Minute), body)), true},
		"signed by a clock 4 minutes ahead":  {[]string{secret}, body, header(now.Add(4*time.Minute), v1(secret, now.Add(4*time.Minute), body)), true},
		"signed by the new one of two":       {[]string{other, secret}, body, header(now, v1(other, now, body)), true},
		"signed by the old one of two":       {[]string{other, secret}, body, header(now, good), true},
		"one signature of several is right":  {[]string{secret}, body, header(now, v1(other, now, body), good), true},
		"no signature of several is right":   {[]string{secret}, body, header(now, v1(other, now, body), v1("x", now, body)), false},
		"signed by another secret":           {[]string{secret}, body, header(now, v1(other, now, body)), false},
		"signed more than 5 minutes ago":     {[]string{secret}, body, header(old, v1(secret, old, body)), false},
		"signed more than 5 minutes ahead":   {[]string{secret}, body, header(early, v1(secret, early, body)), false},
		"a time beside the one that is told": {[]string{secret}, body, header(now, v1(secret, old, body)), false},
		"two times, the last one old":        {[]string{secret}, body, header(now) + "," + header(old, v1(secret, old, body)), false},
		"a byte of the body altered":         {[]string{secret}, bytes.Replace(body, []byte("paid"), []byte("said"), 1), header(now, good), false},
		"a byte of the signature altered":    {[]string{secret}, body, header(now, "00"+good[2:]), false},
		"a signature cut short":              {[]string{secret}, body, header(now, good[:32]), false},
		"only the signature of tests":        {[]string{secret}, body, fmt.Sprintf("t=%d,v0=%s", now.Unix(), good), false},
		"no header":                          {[]string{secret}, body, "", false},
		"no time":                            {[]string{secret}, body, "v1=" + good, false},
		"not a header":                       {[]string{secret}, body, "=,=,t", false},
		"no secret":                          {nil, body, header(now, v1("", now, body)), false},
		"an empty secret":                    {[]string{""}, body, header(now, v1("", now, body)), false},
		"an empty secret beside a good one":  {[]string{secret, ""}, body, header(now, v1("", now, body)), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := stripegw.New(stripegw.Config{Key: "sk_test_example", Secrets: test.secrets, Now: func() time.Time { return now }})
			err := g.Verify(test.body, test.signature)
			if test.genuine && err != nil || !test.genuine && !fault.Is(err, fault.Invalid) {
				t.Errorf("it says %v", err)
			}
		})
	}
}

func TestRead(t *testing.T) {
	t.Parallel()
	g := stripegw.New(stripegw.Config{Key: "sk_test_example", Now: time.Now})
	at := time.Unix(1790000000, 0)
	for name, test := range map[string]struct {
		body string
		want billing.Event
	}{
		"a subscription names its customer": {
			`{"id":"evt_1","type":"customer.subscription.updated","created":1790000000,"livemode":true,"data":{"object":{"id":"sub_1","object":"subscription","customer":"cus_1"}}}`,
			billing.Event{ID: "evt_1", Type: "customer.subscription.updated", Created: at, Live: true, Customer: "cus_1"},
		},
		"the customer stands there as a whole": {
			`{"id":"evt_2","type":"invoice.paid","created":1790000000,"data":{"object":{"id":"in_1","object":"invoice","customer":{"id":"cus_2","object":"customer"}}}}`,
			billing.Event{ID: "evt_2", Type: "invoice.paid", Created: at, Customer: "cus_2"},
		},
		"it is about the customer": {
			`{"id":"evt_3","type":"customer.deleted","created":1790000000,"data":{"object":{"id":"cus_3","object":"customer"}}}`,
			billing.Event{ID: "evt_3", Type: "customer.deleted", Created: at, Customer: "cus_3"},
		},
		"it names none": {
			`{"id":"evt_4","type":"price.updated","created":1790000000,"data":{"object":{"id":"price_1","object":"price","customer":null}}}`,
			billing.Event{ID: "evt_4", Type: "price.updated", Created: at},
		},
		"what should be a customer is something else": {
			`{"id":"evt_5","type":"new.thing","created":1790000000,"data":{"object":{"id":"new_1","object":"new","customer":7}}}`,
			billing.Event{ID: "evt_5", Type: "new.thing", Created: at},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := g.Read([]byte(test.body))
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" {
				t.Error(err, diff)
			}
		})
	}
	for _, text := range []string{"", "[]", "{}", `{"id":"evt_1"}`, `{"id":7,"type":"x"}`} {
		if _, err := g.Read([]byte(text)); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: it says %v", text, err)
		}
	}
}

func TestLive(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]bool{"sk_live_x": true, "rk_live_x": true, "sk_test_x": false, "rk_test_x": false, "": false} {
		if got := stripegw.New(stripegw.Config{Key: key, Now: time.Now}).Live(); got != want {
			t.Errorf("%q: %v", key, got)
		}
	}
}
