package authweb

import (
	"net/http"
	"regexp"
	"strconv"

	"github.com/go-chi/chi/v5"

	"sendvery.com/sendvery/internal/fault"
	"sendvery.com/sendvery/internal/httpio"
	"sendvery.com/sendvery/internal/mailer"
	"sendvery.com/sendvery/web/format"
)

// DevOutbox shows the mails that development mode captured instead of sending.
type DevOutbox struct {
	Mails *mailer.Outbox
	Web   *Web
}

// OutboxPath is where the list is.
const OutboxPath = "/dev/outbox"

// List shows all captured mails.
func (o DevOutbox) List(w http.ResponseWriter, r *http.Request) error {
	page := OutboxPage{Page: o.Web.Frame(w, r, "Outbox")}
	for i, m := range o.Mails.Mails() {
		page.Mails = append(page.Mails, OutboxMail{
			Href: OutboxPath + "/" + strconv.Itoa(i), To: m.To, Subject: m.Subject, At: format.When(m.At, o.Web.Auth.Now()),
		})
	}
	return httpio.OK(w, r, Outbox(page))
}

var (
	linkPattern = regexp.MustCompile(`https?://\S+`)
	codePattern = regexp.MustCompile(`\b\d{3} ?\d{3}\b`)
)

// Mail shows one captured mail.
func (o DevOutbox) Mail(w http.ResponseWriter, r *http.Request) error {
	m, err := o.find(r)
	if err != nil {
		return err
	}
	return httpio.OK(w, r, OutboxMailView(OutboxMailPage{
		Page: o.Web.Frame(w, r, m.Subject), To: m.To, Subject: m.Subject, At: format.When(m.At, o.Web.Auth.Now()),
		Text: m.Text, Links: linkPattern.FindAllString(m.Text, -1), Code: codePattern.FindString(m.Text),
		HTML: r.URL.Path + "/html",
	}))
}

// HTML serves the HTML part as the mail program would show it: its own inline
// styles, nothing else.
func (o DevOutbox) HTML(w http.ResponseWriter, r *http.Request) error {
	m, err := o.find(r)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-top-navigation; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, err = w.Write([]byte(m.HTML))
	return err
}

func (o DevOutbox) find(r *http.Request) (mailer.Captured, error) {
	mails := o.Mails.Mails()
	i, err := strconv.Atoi(chi.URLParam(r, "n"))
	if err != nil || i < 0 || i >= len(mails) {
		return mailer.Captured{}, fault.New(fault.NotFound, "This mail is not in the outbox.")
	}
	return mails[i], nil
}
