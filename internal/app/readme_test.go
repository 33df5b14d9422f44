package app_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/app"
)

var updateReadme = flag.Bool("update-readme", false, "write the configuration table of README.md")

const (
	readme     = "../../README.md"
	tableBegin = "<!-- configuration: begin; written by make generate -->\n"
	tableEnd   = "<!-- configuration: end -->\n"
)

// TestReadmeTable checks that the README's table shows the options as they are.
func TestReadmeTable(t *testing.T) {
	content, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(content), tableBegin)
	old, after, closed := strings.Cut(rest, tableEnd)
	if !ok || !closed {
		t.Fatalf("%s lacks the lines around its configuration table:\n%s%s", readme, tableBegin, tableEnd)
	}
	table := configurationTable()
	if old == table {
		return
	}
	if !*updateReadme {
		t.Fatal("the configuration table of README.md is out of date: run make generate")
	}
	if err := os.WriteFile(readme, []byte(before+tableBegin+table+tableEnd+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

func configurationTable() string {
	var b strings.Builder
	b.WriteString("| Variable | Default | Meaning |\n|---|---|---|\n")
	for _, o := range app.Options() {
		name, value := "`"+o.Name+"`", ""
		if o.File {
			name += "<br>or `" + o.Name + "_FILE`"
		}
		if o.Default != "" {
			value = "`" + o.Default + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", name, value, strings.ReplaceAll(o.Help, "|", "\\|"))
	}
	return b.String()
}
