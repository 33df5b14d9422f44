package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Environment resolves options from environment variables and, for those
// marked so, from the file that NAME_FILE names. It collects what it cannot
// read instead of stopping at the first, and never repeats a value.
type Environment struct {
	Getenv func(string) string
	errs   []error
}

// Err returns everything that could not be read.
func (e *Environment) Err() error { return errors.Join(e.errs...) }

// Validate implements kong.Resolver.
func (e *Environment) Validate(*kong.Application) error { return nil }

// Resolve implements kong.Resolver.
func (e *Environment) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	tag := flag.Tag.Get("cfg")
	if tag == "" {
		return nil, nil //nolint:nilnil // kong's way to say: not set here
	}
	name, option, _ := strings.Cut(tag, ",")
	value := e.Getenv(name)
	if option == "file" {
		value = e.fromFile(name, value)
	}
	if value == "" {
		return nil, nil //nolint:nilnil // as above
	}
	scratch := reflect.New(flag.Target.Type()).Elem()
	scan := kong.ScanFromTokens(kong.Token{Value: value, Type: kong.FlagValueToken}) // also when it begins with "-"
	if err := flag.Mapper.Decode(&kong.DecodeContext{Value: flag.Value, Scan: scan}, scratch); err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s is not a %s", name, kind(scratch)))
		return nil, nil //nolint:nilnil,nilerr // collected; kong would stop and print the value
	}
	return value, nil
}

// fromFile returns the content of the file that NAME_FILE names, else value.
func (e *Environment) fromFile(name, value string) string {
	path := e.Getenv(name + "_FILE")
	if path == "" {
		return value
	}
	if value != "" {
		e.errs = append(e.errs, fmt.Errorf("%s and %s_FILE are both set; keep one", name, name))
		return value
	}
	content, err := os.ReadFile(path)
	if err != nil {
		e.errs = append(e.errs, fmt.Errorf("%s_FILE cannot be read: %w", name, errors.Unwrap(err)))
		return ""
	}
	return strings.TrimSpace(string(content))
}

func kind(v reflect.Value) string {
	if v.Type() == reflect.TypeFor[time.Duration]() {
		return "time such as 60s"
	}
	switch v.Kind() {
	case reflect.Int, reflect.Int64:
		return "number"
	case reflect.Bool:
		return "yes or no"
	}
	return "valid value"
}

// Option describes one setting for the documentation.
type Option struct {
	Name, Flag, Default, Help string
	File                      bool // NAME_FILE works too
}

// Options lists all settings in the order of Config.
func Options() []Option { return options(reflect.TypeFor[Config](), "") }

func options(t reflect.Type, prefix string) []Option {
	var list []Option
	for i := range t.NumField() {
		f := t.Field(i)
		if _, embedded := f.Tag.Lookup("embed"); embedded {
			list = append(list, options(f.Type, prefix+f.Tag.Get("prefix"))...)
			continue
		}
		name, option, _ := strings.Cut(f.Tag.Get("cfg"), ",")
		list = append(list, Option{
			Name: name, Flag: "--" + prefix + cmp.Or(f.Tag.Get("name"), flagName(f.Name)), Default: f.Tag.Get("default"), Help: f.Tag.Get("help"), File: option == "file",
		})
	}
	return list
}

// flagName is how kong writes a field's name: PublicURL → public-url.
func flagName(field string) string {
	var b strings.Builder
	for i, c := range field {
		upper := c >= 'A' && c <= 'Z'
		if upper && i > 0 {
			prev := field[i-1]
			next := i+1 < len(field) && field[i+1] >= 'a' && field[i+1] <= 'z'
			if prev >= 'a' && prev <= 'z' || next {
				b.WriteByte('-')
			}
		}
		b.WriteRune(c)
	}
	return strings.ToLower(b.String())
}
