package app_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/app"
	"sendvery.com/sendvery/internal/apptest"
	"sendvery.com/sendvery/internal/mailtest"
)

// TestAuthorityOfTheOperator connects a mailbox on a server of the operator's
// own: in a private network, on a port and with a certificate that are refused
// unless the configuration allows them.
func TestAuthorityOfTheOperator(t *testing.T) {
	t.Parallel()
	cert := mailtest.NewCert(t)
	server := mailtest.NewMemory(t, mailtest.Options{Cert: cert, Implicit: true})
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, cert.Authority, 0o600); err != nil {
		t.Fatal(err)
	}
	for caFile, want := range map[string]string{file: "There is no mail to look through yet", "": "is self-signed or from an unknown authority"} {
		a := apptest.New(t, func(c *app.Config, _ *app.Parts) {
			c.AllowNetworks, c.AllowPorts, c.CAFile = "127.0.0.0/8, ::1/128", fmt.Sprint(server.Port), caFile
		})
		b := a.SignIn(t, "ada@first.example")
		p := b.Post(t, b.Home+"mailboxes/new", "host", mailtest.Host, "port", fmt.Sprint(server.Port), "protocol", "imap", "security", "tls",
			"username", mailtest.User, "password", mailtest.Password, "folder", "INBOX", "after", "leave", "since", "90")
		page := b.Get(t, p.Location)
		for until := time.Now().Add(20 * time.Second); !strings.Contains(page.Body, want) && time.Now().Before(until); {
			page = b.Get(t, p.Location)
		}
		if !strings.Contains(page.Body, want) {
			t.Errorf("with CA_FILE %q, the test does not say %q: %d %s", caFile, want, page.Status, page.Body)
		}
	}
}
