package format

import "regexp"

// formula is where a spreadsheet may begin to compute: at the beginning, and
// where one that separates by semicolons or tabs begins another cell. The wide
// forms of the signs count for some as the signs.
var formula = regexp.MustCompile(`(^|[;\t\r\n])([\t\r\n]|\s*"?\s*[=+\-@＝＋－＠])`)

// Cell makes text safe in a table that a spreadsheet opens: what begins like a
// formula would be computed there, so an apostrophe goes in front.
func Cell(text string) string { return formula.ReplaceAllString(text, "$1'$2") }
