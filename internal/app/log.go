package app

import (
	"context"
	"log/slog"
	"regexp"
	"slices"
	"strings"

	"sendvery.com/sendvery/internal/httpio"
)

// levels are the words of LOG_LEVEL.
var levels = map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}

// Level is from where on something is logged.
func (c Config) Level() slog.Level { return levels[c.LogLevel] }

func (p *problems) log(c Config) {
	if _, known := levels[c.LogLevel]; !known {
		p.add("LOG_LEVEL", "is none of error, warn, info and debug")
	}
}

// discreet is a log handler that adds the name of the request that a line is
// about, and leaves out mail addresses: servers of others repeat them in what
// they refuse.
type discreet struct{ slog.Handler }

// Handle implements slog.Handler.
func (h discreet) Handle(ctx context.Context, r slog.Record) error {
	line := slog.NewRecord(r.Time, r.Level, withoutAddresses(r.Message), r.PC)
	if trace := httpio.TraceOf(ctx); trace != "" {
		line.AddAttrs(slog.String("request", trace))
	}
	r.Attrs(func(a slog.Attr) bool {
		line.AddAttrs(discreetly(a))
		return true
	})
	return h.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (h discreet) WithAttrs(attrs []slog.Attr) slog.Handler {
	attrs = slices.Clone(attrs)
	for i, a := range attrs {
		attrs[i] = discreetly(a)
	}
	return discreet{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (h discreet) WithGroup(name string) slog.Handler { return discreet{h.Handler.WithGroup(name)} }

func discreetly(a slog.Attr) slog.Attr {
	value := a.Value.Resolve()
	switch value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(withoutAddresses(value.String()))
	case slog.KindAny:
		if err, ok := value.Any().(error); ok {
			a.Value = slog.StringValue(withoutAddresses(err.Error()))
		}
	case slog.KindGroup:
		group := slices.Clone(value.Group())
		for i, member := range group {
			group[i] = discreetly(member)
		}
		a.Value = slog.GroupValue(group...)
	}
	return a
}

var mailAddress = regexp.MustCompile(`[^\s<>()"',;:@]+@[\pL\pN.-]+\pL`)

func withoutAddresses(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return mailAddress.ReplaceAllString(text, "(an address)")
}
