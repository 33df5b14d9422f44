package mimepart_test

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/mimepart"
)

func TestExtensionFollowsTheContent(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"":                                        ".bin",
		"hello":                                   ".bin",
		"\x1f\x8b\x08rest":                        ".gz",
		"PK\x03\x04rest":                          ".zip",
		"<?xml version=\"1.0\"?><feedback>":       ".xml",
		"<html><script>alert(1)</script>":         ".bin",
		"From: a@example.org\r\nTo: b\r\n\r\n":    ".eml",
		"From x Thu Jan  1 00:00:00 2026\n":       ".eml",
		`{"organization-name":"x","policies":[]}`: ".json",
		"BZh91AY":                                 ".bin",
		"<feedback>" + strings.Repeat("x", 9000):  ".xml",
	} {
		if got := mimepart.Extension([]byte(content)); got != want {
			t.Errorf("%.40q: %s, want %s", content, got, want)
		}
	}
}
