package mailtest_test

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/mailtest"
)

// A Dovecot takes the server's access tokens as long as they are good.
func TestDovecotTakesTheAuthorizationServersTokens(t *testing.T) {
	t.Parallel()
	o := mailtest.NewOAuth(t, mailtest.OAuthOptions{})
	d := mailtest.NewDovecot(t, mailtest.DovecotOptions{Extra: o.Dovecot(t)})
	verifier := strings.Repeat("v", 43)
	const challenge = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM" // of the verifier, by openssl
	back := o.Consent(t, o.URL+"/authorize?"+url.Values{
		"client_id": {o.ClientID}, "response_type": {"code"}, "redirect_uri": {"http://localhost/back"}, "state": {"s"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}, "scope": {"mail"},
	}.Encode(), true)
	resp, err := http.PostForm(o.URL+"/token", url.Values{
		"client_id": {o.ClientID}, "client_secret": {o.ClientSecret}, "grant_type": {"authorization_code"}, "code": {back.Query().Get("code")},
		"redirect_uri": {"http://localhost/back"}, "code_verifier": {verifier},
	})
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Access string `json:"access_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Access == "" {
		t.Fatal(resp.Status, err)
	}
	for _, want := range []string{"OK", "NO"} {
		if got := signIn(t, d.IMAP, answer.Access); got != want {
			t.Errorf("Dovecot says %s, want %s", got, want)
		}
		o.ExpireAccess()
	}
}

// signIn returns what the server says to an access token.
func signIn(t *testing.T, port uint16, token string) string {
	t.Helper()
	conn, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	sasl := base64.StdEncoding.EncodeToString([]byte("user=" + mailtest.User + "\x01auth=Bearer " + token + "\x01\x01"))
	fmt.Fprintf(conn, "a AUTHENTICATE XOAUTH2 %s\r\n", sasl)
	for lines := bufio.NewScanner(conn); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "+") {
			fmt.Fprint(conn, "\r\n") // the error is read; end the exchange
		}
		if rest, ok := strings.CutPrefix(lines.Text(), "a "); ok {
			return strings.Fields(rest)[0]
		}
	}
	return "nothing"
}
