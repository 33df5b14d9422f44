package ui

import (
	"fmt"
	"strconv"
)

// Contest is how a report stands among others with its reporter, name and
// period.
type Contest struct {
	Words string // empty = it stands alone
	Open  bool   // somebody is to choose
	Other Link   // to the mail with the other one; may be empty
	Undo  Undo
}

// Undo is a choice that can be taken back.
type Undo struct {
	Words  string // what it does
	Action string // empty = there is none, or the role may not
	Part   string // which report of the mail
}

// Compare leads to the mail that brought the other version.
func (o Org) Compare(receipt int64) Link {
	if receipt == 0 {
		return Link{}
	}
	return Link{Text: "Compare the two", Href: o.Path(fmt.Sprintf("receipts/%d", receipt))}
}

// TakeBack is the way back from a choice about a report of a mail, by its place
// in it from 0; none without a mail.
func (o Org) TakeBack(words string, receipt int64, part int) Undo {
	if receipt == 0 {
		return Undo{}
	}
	return Undo{Words: words, Action: o.Path(fmt.Sprintf("receipts/%d/choice", receipt)), Part: strconv.Itoa(part)}
}

func (c Contest) tone() Tone {
	if c.Open {
		return Warning
	}
	return Info
}
