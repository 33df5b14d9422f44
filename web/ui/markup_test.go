package ui_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What the content security policy blocks or htmx would evaluate must not
// stand in a template; in mails there is no such policy.
var forbidden = map[string]*regexp.Regexp{
	"inline style":            regexp.MustCompile(`<style|\sstyle=`),
	"inline script":           regexp.MustCompile(`<script(\s[^>]*)?>[^<]`),
	"inline handler":          regexp.MustCompile(`\son[a-z]+=`),
	"code in hx-on":           regexp.MustCompile(`hx-on`),
	"code in hx-vals":         regexp.MustCompile(`"js:|"javascript:`),
	"code in a trigger":       regexp.MustCompile(`hx-trigger="[^"]*\[`),
	"a bypass of safe links":  regexp.MustCompile(`templ\.(SafeURL|Raw|SafeCSS|ComponentScript)`),
	"a leftover of old htmx":  regexp.MustCompile(`hx-(ext|vars|params|prompt|disabled-elt)=`),
	"a data: or http address": regexp.MustCompile(`(src|href)="(data|http):`),
}

func TestTemplatesHoldNothingThatThePolicyBlocks(t *testing.T) {
	t.Parallel()
	checked := 0
	for _, root := range []string{"..", "../../internal"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".templ" || strings.Contains(path, "/mail/") {
				return skip(d, err)
			}
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			checked++
			for name, pattern := range forbidden {
				if found := pattern.Find(raw); found != nil {
					t.Errorf("%s holds %s: %q", path, name, found)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if checked < 20 {
		t.Fatalf("only %d templates found", checked)
	}
}

func skip(d fs.DirEntry, err error) error {
	if err == nil && d.IsDir() && d.Name() == "node_modules" {
		return filepath.SkipDir
	}
	return err
}
