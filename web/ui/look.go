package ui

// How the tones look. Class names stand in full for the style builder.

func chipLook(t Tone) string {
	switch t {
	case Good:
		return "bg-tint-passing text-ink-passing"
	case Warning:
		return "bg-tint-fix text-ink-fix"
	case Bad:
		return "bg-tint-error text-error"
	case Info:
		return "bg-tint-info text-primary"
	default:
		return "bg-base-200 text-muted"
	}
}

func noteLook(t Tone) string {
	switch t {
	case Good:
		return "note-good"
	case Warning:
		return "note-warning"
	case Bad:
		return "note-error"
	case Info:
		return "note-info"
	default:
		return ""
	}
}

func inkLook(t Tone) string {
	switch t {
	case Good:
		return "text-ink-passing"
	case Warning:
		return "text-ink-fix"
	case Bad:
		return "text-error"
	case Info:
		return "text-primary"
	default:
		return "text-muted"
	}
}

type toneMark struct{ Icon string }

var toneMarks = map[Tone]toneMark{
	Plain:   {Icon: "info"},
	Info:    {Icon: "info"},
	Good:    {Icon: "circle-check"},
	Warning: {Icon: "triangle-alert"},
	Bad:     {Icon: "circle-x"},
}

func toneIcon(t Tone) string { return toneMarks[t].Icon }
