package mailboxweb

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailbox"
	"sendvery.com/sendvery/internal/org"
	"sendvery.com/sendvery/web/ui"
)

// find shows the form of a new mailbox, filled with what is found for a mail
// address.
func (h *Web) find(w http.ResponseWriter, r *http.Request, a org.Access, address string) error {
	d, err := h.Finder.Discover(r.Context(), a.ID, address)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.LimitReached) {
		p := h.connectPage(w, r, a, "")
		p.Form.Username, p.Find.Address, p.Find.Error = address, address, fault.FieldsOf(err)["address"]
		if p.Find.Error == "" {
			p.Find.Error = fault.Sentence(err)
		}
		return httpio.Render(w, r, httpio.Status(err), Connect(p))
	}
	if err != nil {
		return err
	}
	if len(d.Suggestions) == 0 {
		p := h.connectPage(w, r, a, "")
		p.Form.Username, p.Find.Address, p.Find.Tone, p.Find.Note, p.Find.Ignored = d.Address, d.Address, ui.Warning, notFound(d), d.Ignored
		return httpio.OK(w, r, Connect(p))
	}
	use, err := strconv.Atoi(r.URL.Query().Get("use"))
	if err != nil || use < 0 || use >= len(d.Suggestions) {
		use = 0 // the best
	}
	return httpio.OK(w, r, Connect(h.foundPage(w, r, a, d, use)))
}

// foundPage is the form filled with one of the suggestions.
func (h *Web) foundPage(w http.ResponseWriter, r *http.Request, a org.Access, d mailbox.Discovery, use int) ConnectPage {
	s := d.Suggestions[use]
	p := h.connectPage(w, r, a, s.Preset)
	p.Form.Protocol, p.Form.Host, p.Form.Port, p.Form.Security = string(s.Protocol), s.Host, strconv.Itoa(s.Port), string(s.Security)
	p.Form.Username = d.Address
	p.Find.Address, p.Find.Tone, p.Find.Note, p.Find.Ignored = d.Address, ui.Good, foundWords(d, s), d.Ignored
	for i, other := range d.Suggestions {
		if i != use {
			p.Find.Others = append(p.Find.Others, ui.Link{
				Text: fmt.Sprintf("%s at %s, port %d", protocolNames[other.Protocol], other.Host, other.Port),
				Href: path(a, "mailboxes/new") + "?" + url.Values{"address": {d.Address}, "use": {strconv.Itoa(i)}}.Encode(),
			})
		}
	}
	p.Find.Grant, _ = h.grant(a, presetOf(s.Preset).SignIn)
	return p
}

func presetOf(key string) mailbox.Preset {
	all := mailbox.Presets()
	return all[max(0, slices.IndexFunc(all, func(p mailbox.Preset) bool { return p.Key == key }))]
}

// foundWords say where a suggestion comes from.
func foundWords(d mailbox.Discovery, s mailbox.Suggestion) string {
	name := presetOf(s.Preset).Name
	switch s.Origin {
	case mailbox.FromProvider:
		return "This is an address of " + name + ". Its settings are filled in below."
	case mailbox.FromMX:
		return name + " takes in the mail of " + d.Domain + ", so its settings are filled in below. Change them if the mailboxes are elsewhere."
	}
	return d.Domain + " names the server " + s.Host + " in DNS. Check that you know it before you type a password."
}

// notFound says why there are no settings to fill in.
func notFound(d mailbox.Discovery) string {
	if d.Unsure {
		return "DNS could not be asked about " + d.Domain + " just now. Try again in a minute, or type the settings yourself."
	}
	return "No settings are published for " + d.Domain + ". Whoever runs its mail knows the name of the server; type it below."
}
