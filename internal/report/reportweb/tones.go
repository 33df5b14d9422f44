package reportweb

import "sendvery.com/sendvery/web/ui"

func toneInk(t ui.Tone) string {
	switch t {
	case ui.Good:
		return "text-ink-passing"
	case ui.Warning:
		return "text-ink-fix"
	case ui.Bad:
		return "text-error"
	default:
		return "text-muted"
	}
}

type verdictMark struct{ Icon string }

func toneIcon(t ui.Tone) string {
	switch t {
	case ui.Good:
		return verdictMark{Icon: "shield-check"}.Icon
	case ui.Warning:
		return verdictMark{Icon: "shield-alert"}.Icon
	case ui.Bad:
		return verdictMark{Icon: "shield-x"}.Icon
	default:
		return verdictMark{Icon: "shield-question-mark"}.Icon
	}
}

// A check counts for DMARC only when it passed for the owner's own domain.
func resultInk(a AuthResult) string {
	switch {
	case a.Passed && a.Aligned:
		return "text-ink-passing"
	case a.Passed:
		return "text-ink-fix"
	default:
		return "text-muted"
	}
}

func resultIcon(a AuthResult) string {
	if a.Passed && a.Aligned {
		return verdictMark{Icon: "check"}.Icon
	}
	if a.Passed {
		return verdictMark{Icon: "triangle-alert"}.Icon
	}
	return verdictMark{Icon: "x"}.Icon
}

func evidenceIcon(t ui.Tone) string {
	if t == ui.Good {
		return verdictMark{Icon: "check"}.Icon
	}
	return verdictMark{Icon: "triangle-alert"}.Icon
}
