package reportweb

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"sendvery.com/sendvery/internal/domain"
	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/sender"
	"sendvery.com/sendvery/web/format"
)

// UndoReview offers to take a review back; nothing without a Value.
type UndoReview struct {
	Action string
	Value  string // what was said before
	Words  string // what is said now
	Back   string
}

// maxUndo bounds what an address carries of what was said before.
const maxUndo = 4000

// said is what is said of senders, by domain.
type said map[string][]sender.Opinion

// ReviewSenders keeps what somebody says of senders, or takes it back.
func (h *Web) ReviewSenders(w http.ResponseWriter, r *http.Request, a org.Access) error {
	if err := r.ParseForm(); err != nil {
		return fault.Wrap(fault.Invalid, "The form did not arrive whole. Send it again.", err)
	}
	back, err := url.Parse(r.PostFormValue("back"))
	if err != nil || back.IsAbs() || !strings.HasPrefix(back.Path, path(a, "", nil)) {
		back = &url.URL{Path: path(a, "senders", nil)}
	}
	back.RawQuery = with(back.Query(), "undo", "").Encode()
	former := h.unsealed(a, r.PostFormValue("restore"))
	now, restoring := former, len(former) > 0
	if !restoring {
		now = saidOf(r.PostForm)
	}
	if len(now) == 0 {
		return fault.New(fault.Invalid, "Choose at least one sender.")
	}
	names, opinions := map[domain.ID]string{}, map[domain.ID][]sender.Opinion{}
	for name, of := range now {
		d, err := h.Domains.Find(r.Context(), a.ID, name)
		if err != nil {
			return err
		}
		names[d.ID], opinions[d.ID] = name, of
	}
	was, err := h.Senders.Restore(r.Context(), a, opinions)
	if err != nil {
		return err
	}
	before := said{}
	for d, of := range was {
		before[names[d]] = of
	}
	if restoring {
		h.Flash(w, "What was said before holds again.")
	} else if undo := h.sealed(a, before); len(undo) <= maxUndo {
		query := back.Query()
		query.Set("undo", undo)
		back.RawQuery = query.Encode()
	} else {
		h.Flash(w, savedWords(before)) // too many for an address to carry
	}
	return httpio.See(w, r, back.RequestURI())
}

// saidOf reads a form: each value of sender is a domain and a key with a space
// between, of all of which verdict and note are said. A note that is not in the
// form stays as it is.
func saidOf(form url.Values) said {
	s := said{}
	for _, v := range form["sender"] {
		if name, key, ok := strings.Cut(v, " "); ok {
			s[name] = append(s[name], sender.Opinion{Key: key, Verdict: sender.Verdict(form.Get("verdict")), Note: form.Get("note"), KeepNote: !form.Has("note")})
		}
	}
	return s
}

// undoPurpose binds what was said before to who may take it back.
func undoPurpose(a org.Access) string {
	return "undo review " + a.ID.String() + " " + a.Person.String()
}

// sealed is what was said as part of an address: nobody else can make one.
func (h *Web) sealed(a org.Access, s said) string {
	text, err := json.Marshal(s)
	if err != nil {
		return ""
	}
	return h.Box.Seal(undoPurpose(a), text)
}

// unsealed reads what sealed wrote; anything else is nothing.
func (h *Web) unsealed(a org.Access, text string) said {
	raw, err := h.Box.Open(undoPurpose(a), text)
	if err != nil {
		return nil
	}
	var s said
	if json.Unmarshal(raw, &s) != nil {
		return nil
	}
	return s
}

// savedWords says of how many senders something is said now.
func savedWords(s said) string {
	n := 0
	for _, opinions := range s {
		n += len(opinions)
	}
	return "Saved what you say of " + format.Of(n, "sender", "senders") + "."
}

// undoReview is the offer to take back what the address says was reviewed just now.
func (h *Web) undoReview(a org.Access, rest string, query url.Values) UndoReview {
	before := h.unsealed(a, query.Get("undo"))
	if len(before) == 0 {
		return UndoReview{}
	}
	return UndoReview{Action: path(a, "senders/review", nil), Value: query.Get("undo"), Back: path(a, rest, with(query, "undo", "")), Words: savedWords(before)}
}
