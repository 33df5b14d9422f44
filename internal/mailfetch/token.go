package mailfetch

import (
	"errors"
	"fmt"

	"github.com/emersion/go-imap/v2"
)

// xoauth2 is the SASL mechanism of OAuth2 access tokens that Google and
// Microsoft both take.
const xoauth2 = "XOAUTH2"

// tokenClient signs in with an account's access token.
type tokenClient struct{ Account }

func (c *tokenClient) Start() (mech string, first []byte, err error) {
	return xoauth2, []byte("user=" + c.Username + "\x01auth=Bearer " + c.Token + "\x01\x01"), nil
}

// Next is asked only when the token was refused: the challenge says why. The
// right answer is an empty line, which the IMAP library cannot send, so the
// exchange ends here and the connection with it.
func (c *tokenClient) Next([]byte) ([]byte, error) { return nil, errTokenRefused }

// tokenAnswer names a server's refusal for what was refused: a token, where
// the same words would otherwise mean a password. Of the words only the code
// is kept: some servers repeat what was sent.
func tokenAnswer(err error) error {
	if e, ok := errors.AsType[*imap.Error](err); ok && answerKind(StepSignIn, e) == WrongPassword {
		return fmt.Errorf("%w: %s %.20q", errTokenRefused, e.Type, e.Code)
	}
	return err
}
