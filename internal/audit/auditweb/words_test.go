package auditweb

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/audit"
)

// recorded finds the names of actions where events are made.
var recorded = regexp.MustCompile(`(?:Action: |[eE]vents?\(|change\(|endsThen\(|record(?:Change)?\(|told\(|answer\(|\bend\()[^"\n]*"([a-z]+\.[a-z_-]+)"`)

func TestEveryActionThatIsRecordedHasWords(t *testing.T) {
	t.Parallel()
	found := map[string]bool{}
	err := filepath.WalkDir("../..", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || strings.Contains(path, "/bench/") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, m := range recorded.FindAllStringSubmatch(string(source), -1) {
			found[m[1]] = true
		}
		return err
	})
	if err != nil || len(found) < 15 {
		t.Fatalf("%d actions, %v", len(found), err)
	}
	for _, name := range []string{"key.rotate", "certificate.reseal"} {
		delete(found, name) // it is in the program's own chain, which no page shows
	}
	all := slices.Concat(actions[:], ownActions[:])
	for name := range found {
		if !slices.ContainsFunc(all, func(a action) bool { return a.Name == name }) {
			t.Errorf("%q is recorded and has no words in words.go", name)
		}
	}
	for _, a := range all {
		if !found[a.Name] {
			t.Errorf("%q has words and is not recorded", a.Name)
		}
	}
}

func TestPlansAndAmountsAreShownAsPeopleWriteThem(t *testing.T) {
	t.Parallel()
	e := audit.Entry{Action: "billing.change", Detail: map[string]string{"from": "personal by the month", "to": "pro by the year", "due": "21589 cents USD"}}
	if got, want := factsOf(e), []Fact{{"From", "Personal, by the month"}, {"To", "Pro, by the year"}, {"Due", "$215.89"}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	e = audit.Entry{Action: "billing.plan", Detail: map[string]string{"from": "free", "to": "business"}}
	if got, want := factsOf(e), []Fact{{"From", "Free"}, {"To", "Business"}}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
