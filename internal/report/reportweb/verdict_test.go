package reportweb

import (
	"testing"

	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/ui"
)

// The pages take a verdict's words by its name in the core.
func TestEveryVerdictHasWords(t *testing.T) {
	t.Parallel()
	for _, v := range report.Verdicts {
		if shown := ui.Verdict(v); shown.Word() == "" || shown.Meaning() == "" {
			t.Errorf("the pages have no words for %q", v)
		}
	}
}
