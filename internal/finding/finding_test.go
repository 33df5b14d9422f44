package finding_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"sendvery.com/sendvery/internal/finding"
)

func TestRepairs(t *testing.T) {
	t.Parallel()
	var rs finding.Repairs
	rs.Add("a", "first\x00")
	rs.Add("b", "")
	rs.AddCount("a", "second", 3)
	if got := fmt.Sprint(rs.List()); got != "[{a first 4} {b  1}]" {
		t.Error(got)
	}
	if !rs.Has("b") || rs.Has("c") {
		t.Error("Has")
	}
	for i := range 2 * finding.MaxKinds {
		rs.Add(finding.Code(fmt.Sprint(i)), "")
	}
	if n := len(rs.List()); n != finding.MaxKinds {
		t.Errorf("%d kinds kept", n)
	}
}

func TestDetail(t *testing.T) {
	t.Parallel()
	got := finding.Detail(strings.Repeat("é", 100))
	if len(got) > finding.MaxDetail+len("…") || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
		t.Errorf("%q", got)
	}
	r := &finding.Refusal{Sentence: "No."}
	if r.Error() != "No." {
		t.Error(r.Error())
	}
	r.Detail = "why"
	if r.Error() != "No. (why)" {
		t.Error(r.Error())
	}
}
