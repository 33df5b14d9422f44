package format

import "strings"

// Cell makes text safe in a table that a spreadsheet opens: one that begins
// like a formula would be computed there, so an apostrophe goes in front.
func Cell(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}
