package mailfetch

import (
	"strings"

	"github.com/emersion/go-imap/v2"
)

// answerCodes maps response codes (RFC 5530 and the base protocol) to kinds;
// a code outranks the text beside it, except where providers hide the real
// reason in the text.
var answerCodes = map[imap.ResponseCode]Kind{
	imap.ResponseCodeExpired:             WrongPassword,
	imap.ResponseCodeAuthorizationFailed: ProtocolDisabled,
	imap.ResponseCodeUnavailable:         Unavailable,
	imap.ResponseCodeServerBug:           Unavailable,
	imap.ResponseCodeContactAdmin:        Unavailable,
	imap.ResponseCodeInUse:               Unavailable,
	imap.ResponseCodeLimit:               Throttled,
	"THROTTLED":                          Throttled,
	imap.ResponseCodeOverQuota:           OverQuota,
	"WEBALERT":                           SignInBlocked,
	imap.ResponseCodeNonExistent:         FolderMissing,
	imap.ResponseCodeTryCreate:           FolderMissing,
	imap.ResponseCodeNoPerm:              FolderMissing,
}

// popCodes are those of POP3 (RFC 2449 and 3206). There are so few that each
// stands for many reasons, so a text that we know outranks them.
var popCodes = map[imap.ResponseCode]Kind{
	"AUTH":        WrongPassword,
	"IN-USE":      MailboxInUse,
	"LOGIN-DELAY": Throttled,
	"SYS/TEMP":    Unavailable,
	"SYS/PERM":    ServerFault,
}

// answerTexts are words that providers use, lower case, first match wins. The
// wordings are theirs and change; each has a test.
var answerTexts = [...]struct {
	words string
	kind  Kind
}{
	{"application-specific password", AppPasswordNeeded},
	{"app-specific password", AppPasswordNeeded},
	{"app password", AppPasswordNeeded},
	{"application password", AppPasswordNeeded},
	{"basicauthblocked", PasswordsRefused},
	{"basic authentication is disabled", PasswordsRefused},
	{"web browser", SignInBlocked},
	{"web login required", SignInBlocked},
	{"not enabled for imap", ProtocolDisabled},
	{"not enabled for pop", ProtocolDisabled},
	{"pop access is disabled", ProtocolDisabled},
	{"imap is disabled", ProtocolDisabled},
	{"imap access is disabled", ProtocolDisabled},
	{"authenticated but not connected", Unavailable},
	{"already locked", MailboxInUse},
	{"unable to lock", MailboxInUse},
	{"bandwidth limits", OverQuota},
	{"quota", OverQuota},
	{"too many simultaneous connections", Throttled},
	{"maximum number of connections", Throttled},
	{"too many connections", Throttled},
	{"rate limit", Throttled},
	{"throttled", Throttled},
	{"try again later", Unavailable},
	{"temporar", Unavailable},
	{"unavailable", Unavailable},
	{"internal error", Unavailable},
	{"shutting down", Dropped},
}

// answerKind judges a NO, BAD or BYE of the server; a -ERR of POP3 comes as NO.
func answerKind(step StepName, e *imap.Error) Kind {
	kind, known := saidKind(e)
	switch {
	case known:
		return kind
	case e.Type == imap.StatusResponseTypeBye:
		return Dropped
	case e.Type == imap.StatusResponseTypeBad:
		return Odd
	case step == StepSignIn:
		return WrongPassword
	case step == StepFolder:
		return FolderMissing
	default:
		return Unavailable
	}
}

// saidKind judges an answer by its code and its words alone, where we know them.
func saidKind(e *imap.Error) (kind Kind, known bool) {
	said := strings.ToLower(e.Text)
	textKind, found := Odd, false
	for _, t := range answerTexts {
		if strings.Contains(said, t.words) {
			textKind, found = t.kind, true
			break
		}
	}
	if found && (textKind == AppPasswordNeeded || textKind == PasswordsRefused) {
		return textKind, true
	}
	if k, ok := answerCodes[e.Code]; ok {
		return k, true
	}
	if e.Code == imap.ResponseCodeAuthenticationFailed {
		return WrongPassword, true
	}
	if found {
		return textKind, true
	}
	kind, known = popCodes[e.Code]
	return kind, known
}
