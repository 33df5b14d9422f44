package ui

// Class is one of the four answers to "is this mail mine and does it pass?".
// Its word, icon and colours are defined here and nowhere else.
type Class string

// The classes, in the order of the stack from the bottom.
const (
	Passing     Class = "passing"
	Forwarded   Class = "forwarded"
	NeedsFixing Class = "fix"
	Unknown     Class = "unknown"
)

// Classes lists all classes in the order of stack, legend and table columns.
var Classes = [...]Class{Passing, Forwarded, NeedsFixing, Unknown}

type classLook struct {
	Word string
	Icon string
	Chip string // classes of ink on tint
	Fill string // class of the chart's colour
	Mean string // one sentence for who meets the word first
}

// The keys stand in full so that the style builder sees every class name.
var classLooks = map[Class]classLook{
	Passing: {Word: "Passing", Icon: "check", Chip: "bg-tint-passing text-ink-passing", Fill: "bg-fill-passing",
		Mean: "SPF or DKIM passed for your own domain, so DMARC passes."},
	Forwarded: {Word: "Forwarded", Icon: "forward", Chip: "bg-tint-forwarded text-ink-forwarded", Fill: "bg-fill-forwarded",
		Mean: "Somebody else passed your mail on, which breaks SPF. Usually nothing for you to do."},
	NeedsFixing: {Word: "Needs fixing", Icon: "wrench", Chip: "bg-tint-fix text-ink-fix", Fill: "bg-fill-fix",
		Mean: "Mail of yours that does not pass yet. A stricter policy would stop it."},
	Unknown: {Word: "Unknown", Icon: "circle-question-mark", Chip: "bg-tint-unknown text-ink-unknown", Fill: "bg-fill-unknown",
		Mean: "Failing mail from a source that you have not recognised as yours."},
}

func (c Class) look() classLook {
	if look, ok := classLooks[c]; ok {
		return look
	}
	return classLooks[Unknown]
}

// Word returns the class's name for people.
func (c Class) Word() string { return c.look().Word }

// Meaning explains the class in one sentence.
func (c Class) Meaning() string { return c.look().Mean }
