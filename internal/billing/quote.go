package billing

import "time"

// Quote is what a change of plan would cost, as its owner is asked.
type Quote struct {
	From, To Price
	Preview
	At time.Time // what is left of the period is counted from here
}

// Agreed is the quote that an owner said yes to.
type Agreed struct {
	To  Price
	At  time.Time
	Due int64 // cents to pay at once
}
