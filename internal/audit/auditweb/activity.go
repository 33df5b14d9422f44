package auditweb

import (
	"net/http"
	"net/url"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/auth"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/web/format"
)

// activityPath is the page of a person's own chain.
const activityPath = "/account/activity"

// Activity lists what happened to the person's own account.
func (h *Web) Activity(w http.ResponseWriter, r *http.Request, s auth.Session) error {
	query := r.URL.Query()
	list, total, err := h.Trail.OwnEvents(r.Context(), s.Person, audit.Query{Before: before(query), Limit: perPage + 1})
	if err != nil {
		return err
	}
	p := ActivityPage{Page: h.Frame(w, r, "Your activity"), Headline: format.Of(total, "event is recorded", "events are recorded") + " for your account."}
	list, p.Pager = pages(list, query, func(q url.Values) string { return activityPath + "?" + q.Encode() })
	now := h.Trail.Now()
	for _, e := range list {
		p.Events = append(p.Events, words(e, now))
	}
	return httpio.OK(w, r, Activity(p))
}
