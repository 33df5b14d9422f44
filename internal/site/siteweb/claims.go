package siteweb

import (
	"strings"

	"sendvery.com/sendvery/web/ui"
)

// Section is a part of a page.
type Section struct {
	ID       string // its anchor
	Title    string
	Claims   []Claim
	Commands []string // lines to type, below the claims
}

// Claim is a sentence of a public page.
type Claim struct {
	// Promises are the rows of internal/promises.md that it stands on; none
	// where the page only asks for something.
	Promises []string
	Text     string
	By       Speaker
	More     ui.Link // may be empty
}

// Speaker is who stands behind a sentence.
type Speaker uint8

// The speakers.
const (
	Program  Speaker = iota // the program does it, and a test shows it
	Operator                // the operator says it, by the configuration
	Unsaid                  // the operator could say it, and has not
	Asked                   // nobody promises anything: the reader is asked for something
)

// kept is what the program does. promises are the names of rows, with blanks.
func kept(promises, text string) Claim {
	return Claim{Promises: strings.Fields(promises), Text: text}
}

// said is what the operator says about something: value in their own words,
// or that they have not said it.
func said(promises, about, value string) Claim {
	if value == "" {
		return Claim{Promises: strings.Fields(promises), By: Unsaid, Text: "The operator of this installation has not said " + about + "."}
	}
	return Claim{Promises: strings.Fields(promises), By: Operator, Text: "The operator says " + about + ": “" + value + "”"}
}

// runBy names the operator.
func runBy(f Facts) Claim {
	c := said("operator-name", "who runs it", f.Operator)
	if f.Operator != "" {
		c.Text = f.Operator + " runs this installation."
	}
	return c
}

// asked is what the page asks of its reader.
func asked(promises, text string) Claim {
	return Claim{Promises: strings.Fields(promises), By: Asked, Text: text}
}

// mark is the icon of a claim, its colour, and what it means in words.
type mark struct{ Icon, Ink, Words string }

var marks = map[Speaker]mark{
	Program:  {Icon: "check", Ink: "text-ink-passing", Words: "Held by a test:"},
	Operator: {Icon: "user-round", Ink: "text-primary", Words: "Said by the operator:"},
	Unsaid:   {Icon: "circle-question-mark", Ink: "text-muted", Words: "Not known:"},
	Asked:    {Icon: "arrow-right", Ink: "text-muted", Words: "Please:"},
}

func (c Claim) mark() mark { return marks[c.By] }
