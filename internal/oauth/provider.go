package oauth

import "fmt"

// Provider is an authorization server and the mail servers that take its
// access tokens.
type Provider struct {
	Key       string // as stored with what was granted
	Name      string // for people
	Endpoints Endpoints
	IMAP      Server
	POP3      Server

	scopes []string
	// optional is the scope that the person can leave unticked; "" = none.
	optional string
	// extra are parameters of the authorization request.
	extra map[string]string
}

// Endpoints are the addresses of an authorization server.
type Endpoints struct {
	Auth   string // where the person's browser is sent
	Token  string
	Revoke string // "" = it has none (RFC 7009)
}

// Server is a mail server that is reached by TLS from the first byte.
type Server struct {
	Host string
	Port int
}

// String writes it as host:port.
func (s Server) String() string { return fmt.Sprintf("%s:%d", s.Host, s.Port) }

// Google is Gmail and Google Workspace. Only a request that asks for consent
// anew is sure to bring a refresh token.
func Google() Provider {
	const mail = "https://mail.google.com/"
	return Provider{
		Key: "google", Name: "Google",
		Endpoints: Endpoints{ //nolint:gosec // addresses, no credentials
			Auth: "https://accounts.google.com/o/oauth2/v2/auth", Token: "https://oauth2.googleapis.com/token", Revoke: "https://oauth2.googleapis.com/revoke",
		},
		IMAP: Server{"imap.gmail.com", 993}, POP3: Server{"pop.gmail.com", 995},
		scopes: []string{mail, "openid", "email"}, optional: mail,
		extra: map[string]string{"access_type": "offline", "prompt": "consent"},
	}
}

// Microsoft is Microsoft 365 and outlook.com, of any tenant. It would take the
// account that the browser knows without asking.
func Microsoft() Provider {
	const base = "https://login.microsoftonline.com/common/oauth2/v2.0/"
	return Provider{
		Key: "microsoft", Name: "Microsoft",
		Endpoints: Endpoints{Auth: base + "authorize", Token: base + "token"},
		IMAP:      Server{"outlook.office365.com", 993}, POP3: Server{"outlook.office365.com", 995},
		scopes: []string{
			"https://outlook.office.com/IMAP.AccessAsUser.All", "https://outlook.office.com/POP.AccessAsUser.All", "offline_access", "openid", "email",
		},
		extra: map[string]string{"prompt": "select_account"},
	}
}
