package auditweb

import (
	"net/http"
	"net/url"
	"strconv"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/internal/postgres"
	"sendvery.com/sendvery/internal/uid"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

const perPage = 50

// Show lists what was changed in the organization, by the filter in the address.
func (h *Web) Show(w http.ResponseWriter, r *http.Request, a org.Access) error {
	query := r.URL.Query()
	q := chosen(query)
	q.Limit = perPage + 1
	list, total, err := h.Trail.Events(r.Context(), a.ID, q)
	if err != nil {
		return err
	}
	members, err := h.Trail.Members(r.Context(), a.ID)
	if err != nil {
		return err
	}
	here := place(a)
	p := TrailPage{
		Page:     h.Frame(w, r, "Audit trail").In(ui.SettingsSection, ui.Link{Text: "Settings", Href: here.Path("settings")}),
		Headline: format.Of(total, "change is recorded.", "changes are recorded."), Actions: actionOptions(), People: peopleOptions(members),
		Filter:   Filter{Action: query.Get("action"), By: query.Get("by"), From: query.Get("from"), To: query.Get("to")},
		Filtered: q.Action != "" || q.By != audit.ByAnybody || !q.From.IsZero() || !q.To.IsZero(),
		Action:   here.Path("audit"), ClearHref: here.Path("audit"), AnchorHref: here.Path("audit/anchor.txt"),
		CSVHref: here.Address("audit/events.csv", ui.With(query, "", "")),
	}
	list, p.Pager = pages(list, query, func(q url.Values) string { return here.Address("audit", q) })
	now := h.Trail.Now()
	for _, e := range list {
		event := words(e, now)
		event.By = by(e)
		p.Events = append(p.Events, event)
	}
	p.Nothing = ui.Nothing{Icon: "history", Title: "Nothing is recorded yet", Words: "Whoever adds a domain, connects a mailbox or changes a setting is listed here from then on."}
	if p.Filtered {
		p.Nothing = ui.Nothing{Icon: "file-search", Title: "No change like this", Words: "Nothing that was recorded matches the filter.", Action: ui.Link{Text: "Show everything", Href: p.ClearHref}}
	}
	return httpio.OK(w, r, Trail(p))
}

// pages cuts a list that may hold one event more than a page, and leads to the
// pages before and after.
func pages(list []audit.Entry, query url.Values, address func(url.Values) string) ([]audit.Entry, ui.Pager) {
	var pager ui.Pager
	if len(list) > perPage {
		list = list[:perPage]
		next := ui.With(query, "", "")
		next.Set("before", strconv.FormatInt(list[perPage-1].Seq, 10))
		pager.Older = address(next)
	}
	if query.Get("before") != "" {
		pager.Newer = address(ui.With(query, "", ""))
	}
	return list, pager
}

// chosen reads the filter out of an address; what cannot be read chooses
// nothing away.
func chosen(query url.Values) audit.Query {
	q := audit.Query{Action: query.Get("action"), By: audit.By(query.Get("by")), Before: before(query)}
	switch q.By {
	case audit.ByFormer, audit.ByProgram:
	default:
		q.By = audit.ByAnybody
		if id, err := uid.Parse[postgres.Person](query.Get("by")); err == nil {
			q.By, q.Person = audit.ByPerson, id
		}
	}
	if from, err := time.Parse(time.DateOnly, query.Get("from")); err == nil {
		q.From = from
	}
	if to, err := time.Parse(time.DateOnly, query.Get("to")); err == nil {
		q.To = to.AddDate(0, 0, 1)
	}
	return q
}

func before(query url.Values) *int64 {
	n, err := strconv.ParseInt(query.Get("before"), 10, 64)
	if err != nil {
		return nil
	}
	return &n
}

// words puts an event into words, but for who caused it.
func words(e audit.Entry, now time.Time) Event {
	a := wordsOf(e.Action)
	event := Event{What: a.Text, Facts: factsOf(e), At: format.When(e.At, now)}
	if a.Subject {
		event.Subject = format.Middle(e.Subject, 80)
	}
	if e.Seq > 0 {
		event.Number = strconv.FormatInt(e.Seq, 10)
	}
	return event
}
