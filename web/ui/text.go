package ui

import (
	"strconv"
	"unicode/utf8"
)

func firstLetter(s string) string {
	r, _ := utf8.DecodeRuneInString(s)
	return string(r)
}

func pressed(yes bool) string { return strconv.FormatBool(yes) }

type themeChoice struct {
	Value string
	Name  string
	Icon  string
}

var themeChoices = [...]themeChoice{
	{Value: "light", Name: "Light appearance", Icon: "sun"},
	{Value: "dark", Name: "Dark appearance", Icon: "moon"},
	{Value: "system", Name: "Appearance of your system", Icon: "monitor"},
}

func (p Page) themeValue() string {
	if p.Theme == "" {
		return "system"
	}
	return p.Theme
}
