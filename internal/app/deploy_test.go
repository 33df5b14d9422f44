package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// shipped is a file of deploy/.
func shipped(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../deploy", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

// TestWhatIsShippedKeepsLogsForThirtyDays looks at the settings of deploy/:
// everything there logs to a journal, which lasts 30 days.
func TestWhatIsShippedKeepsLogsForThirtyDays(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"[Journal]", "MaxRetentionSec=30day", "MaxFileSec=1day"} {
		if !strings.Contains("\n"+shipped(t, "journald.conf"), "\n"+line+"\n") {
			t.Errorf("journald.conf lacks %s", line)
		}
	}
	units, err := filepath.Glob("../../deploy/*.service")
	if err != nil || len(units) != 2 {
		t.Fatal(units, err)
	}
	for _, unit := range units {
		text := shipped(t, filepath.Base(unit))
		if strings.Count(text, "\nLogNamespace=sendvery\n") != 1 || strings.Contains(text, "StandardOutput=") || strings.Contains(text, "StandardError=") {
			t.Errorf("%s logs elsewhere", unit)
		}
	}
	compose := shipped(t, "compose.yaml")
	_, services, _ := strings.Cut(compose, "\nservices:\n")
	services, _, _ = strings.Cut(services, "\nvolumes:\n")
	each := regexp.MustCompile(`(?m)^  \w+:$`).Split(services, -1)[1:]
	if len(each) != 4 || !strings.Contains(compose, "x-logging: &logging\n  driver: journald\n") || !strings.Contains(compose, "x-sendvery: &sendvery\n  image: sendvery\n  logging: *logging\n") {
		t.Fatalf("%d services, or they do not log to the journal", len(each))
	}
	for _, service := range each {
		if !strings.Contains(service, "    <<: *sendvery\n") && !strings.Contains(service, "    logging: *logging\n") {
			t.Errorf("this service logs elsewhere: %s", service)
		}
	}
}
