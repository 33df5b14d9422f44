package ui

// Choice is one entry of a picker, of tabs or of filters: a link to the same page with
// another filter.
type Choice struct {
	Text   string
	Href   string
	Chosen bool
	Count  string // shown beside the text, formatted; may be empty
}

// Picker is a filter at the top of a page.
type Picker struct {
	Label   string // for who cannot see it: "Days"
	Icon    string // a lucide name that the sprite holds: "calendar" or "globe"
	Choices []Choice
}

func (p Picker) current() string {
	for _, c := range p.Choices {
		if c.Chosen {
			return c.Text
		}
	}
	return p.Label
}

// CalendarPicker is a picker of days.
func CalendarPicker(choices []Choice) Picker {
	return Picker{Label: "Days", Icon: "calendar", Choices: choices}
}

// DomainPicker is a picker of domains.
func DomainPicker(choices []Choice) Picker {
	return Picker{Label: "Domain", Icon: "globe", Choices: choices}
}

// GroupPicker is a picker of groups of domains.
func GroupPicker(choices []Choice) Picker {
	return Picker{Label: "Group", Icon: "folder", Choices: choices}
}

// Split is how the messages of one thing divide over the classes.
type Split struct {
	Passing   int64
	Forwarded int64
	Fix       int64
	Unknown   int64
}

// Total returns all messages.
func (s Split) Total() int64 { return s.Passing + s.Forwarded + s.Fix + s.Unknown }

// With is the split with so many messages of a class more.
func (s Split) With(c Class, n int64) Split {
	switch c {
	case Passing:
		s.Passing += n
	case Forwarded:
		s.Forwarded += n
	case NeedsFixing:
		s.Fix += n
	case Unknown:
		s.Unknown += n
	}
	return s
}

// SourcePicker is a picker of the ways that mails and files come in by.
func SourcePicker(choices []Choice) Picker {
	return Picker{Label: "Came by", Icon: "inbox", Choices: choices}
}
