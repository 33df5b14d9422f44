package ui

import (
	"strings"

	"github.com/a-h/templ"
)

// attributes collects what only some fields have.
func (f Field) attributes() templ.Attributes {
	a := templ.Attributes{
		"required":  f.Required,
		"autofocus": f.Focus,
	}
	if ids := strings.TrimSpace(f.describedBy()); ids != "" {
		a["aria-describedby"] = ids
	}
	if f.Error != "" {
		a["aria-invalid"] = "true"
	}
	if f.MaxLength > 0 {
		a["maxlength"] = f.MaxLength
	}
	for name, value := range map[string]string{
		"placeholder": f.Placeholder, "autocomplete": f.Autocomplete, "inputmode": f.InputMode, "pattern": f.Pattern,
	} {
		if value != "" {
			a[name] = value
		}
	}
	if f.Type == "email" || f.Autocomplete == "off" || f.Type == "password" {
		a["spellcheck"], a["autocapitalize"] = "false", "none"
	}
	return a
}
