package ui

// Ask is a page that asks before something is done that cannot be taken back
// with one more click. It says what will be, and what stays.
type Ask struct {
	Page
	Heading string
	Facts   []AskFact
	Error   string // why it could not be done; empty = nothing was tried
	Action  string // the form posts here
	Button  string // what it does: "Delete the organization"
	Danger  bool   // the button destroys something
	Cancel  Link
	Blocked bool // Error says why there is nothing to decide: no button
}

// AskFact is one consequence.
type AskFact struct {
	Icon string
	Tone Tone
	Text string
}

// Goes is a consequence that takes something away.
func Goes(text string) AskFact { return AskFact{Icon: "trash-2", Tone: Bad, Text: text} }

// Stays is something that is left as it is.
func Stays(text string) AskFact { return AskFact{Icon: "check", Tone: Good, Text: text} }

// CanUndo says how long and where it can be taken back.
func CanUndo(text string) AskFact { return AskFact{Icon: "undo-2", Tone: Info, Text: text} }

func (p Ask) button() string {
	if p.Danger {
		return "btn btn-error"
	}
	return "btn btn-primary"
}
