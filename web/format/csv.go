package format

import "regexp"

// Where a spreadsheet may begin to compute: at the beginning of a cell, and
// where one that separates by semicolons or tabs, or by lines, begins another.
// The wide forms of the signs count for some as the signs.
var (
	beginsFormula = regexp.MustCompile(`^([\t\r\n]|[^\S\t\r\n]*"?[^\S\t\r\n]*[=+\-@＝＋－＠])`)
	laterFormula  = regexp.MustCompile(`([;\t\r\n])([^\S\t\r\n]*"?[^\S\t\r\n]*[=+\-@＝＋－＠])`)
)

// Cell makes text safe in a table that a spreadsheet opens: what begins like a
// formula would be computed there, so an apostrophe goes in front.
func Cell(text string) string {
	text = laterFormula.ReplaceAllString(text, "$1'$2")
	return beginsFormula.ReplaceAllString(text, "'$1")
}
