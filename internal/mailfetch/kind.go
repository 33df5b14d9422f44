package mailfetch

import (
	"strings"

	"sendvery.com/sendvery/internal/fault"
)

// Kind says what went wrong with a mailbox.
type Kind uint8

// The kinds of failure. Odd is the zero value: what has no better name.
const (
	Odd Kind = iota
	BadAccount
	NotYet
	Cancelled
	PortNotAllowed
	ForbiddenAddress
	NameNotFound
	LookupFailed
	Refused
	Unreachable
	TimedOut
	TLSNotOffered
	TLSFailed
	Interference
	CertificateExpired
	CertificateWrongHost
	CertificateUntrusted
	CertificateInvalid
	WrongPassword
	AppPasswordNeeded
	PasswordsRefused
	SignInBlocked
	ProtocolDisabled
	TokensNotOffered
	TokenRefused
	OAuthRevoked // noticed by whoever asks for tokens; nothing here returns it
	FolderMissing
	NoUniqueIDs
	MailboxInUse
	Throttled
	OverQuota
	Unavailable
	ServerFault
	Dropped
	SameFolder
	TargetMissing
	NotPermitted
)

// text is what the owner is told: {host}, {port}, {folder} and {protocol} are
// filled in, and the protocol's usual ports {tls} and {starttls}.
type text struct {
	name     string // for logs and stored rows
	retry    bool   // trying again later may help by itself
	sentence string
	advice   string
}

// texts is the one table of failures.
var texts = [...]text{
	Odd: {"odd-server", true, "{host} answered in a way we do not understand.",
		"Check that this is a mail server and that port and security fit together. If it is, we keep trying."},
	BadAccount: {"bad-account", false, "The mailbox settings are incomplete or do not fit together.",
		"Fill in server, port, user name and password. With POP3 there is no folder but INBOX, and mails are left there or deleted."},
	NotYet: {"not-yet", false, "This is not possible yet.",
		"Choose another setting for now."},
	Cancelled: {"cancelled", true, "The connection was stopped before it was finished.",
		"Start it again."},
	PortNotAllowed: {"port-not-allowed", false, "Port {port} is not used for reading mail, so we do not connect to it.",
		"Use {tls} (TLS) or {starttls} (STARTTLS), as your mail provider says."},
	ForbiddenAddress: {"forbidden-address", false, "{host} leads to a private or special network address, which we do not connect to.",
		"Use the public name of your mail server. Whoever operates this Sendvery can allow a network of their own."},
	NameNotFound: {"name-not-found", false, "There is no server with the name {host}.",
		"Check the spelling of the server name."},
	LookupFailed: {"lookup-failed", true, "The address of {host} could not be looked up just now.",
		"This usually passes. If it stays, check the DNS of that domain."},
	Refused: {"refused", true, "{host} does not accept connections on port {port}.",
		"Check the port: {tls} for TLS, {starttls} for STARTTLS. A firewall may also be in the way."},
	Unreachable: {"unreachable", true, "{host} could not be reached on port {port}.",
		"Check the server name, and that the server is reachable from the internet."},
	TimedOut: {"timed-out", true, "{host} did not answer in time.",
		"Check that port and security fit together ({tls} for TLS, {starttls} for STARTTLS). If they do, the server may be busy: we try again later."},
	TLSNotOffered: {"tls-not-offered", false, "{host} does not offer encryption on port {port}, so we did not sign in.",
		"Try port {tls} with TLS. If the server has no encryption at all, its operator has to switch it on: we never send a password in the clear."},
	TLSFailed: {"tls-failed", false, "No secure connection could be agreed with {host}.",
		"The server has to offer TLS 1.2 or newer. Check also that port and security fit together."},
	Interference: {"interference", true, "The start of encryption with {host} was disturbed, so we did not sign in.",
		"Something between us and the server may be interfering. Port {tls} with TLS is safer: use it where you can."},
	CertificateExpired: {"certificate-expired", true, "The certificate of {host} is not valid today.",
		"The operator of the server has to renew it. We keep trying."},
	CertificateWrongHost: {"certificate-wrong-host", false, "The certificate of the server is not for {host}.",
		"Use the server name that your provider gives, which is the name in the certificate."},
	CertificateUntrusted: {"certificate-untrusted", false, "The certificate of {host} is self-signed or from an unknown authority.",
		"The server needs a certificate of a public authority. Whoever operates this Sendvery can add an authority of their own."},
	CertificateInvalid: {"certificate-invalid", false, "The certificate of {host} could not be verified.",
		"The operator of the server has to install a correct certificate."},
	WrongPassword: {"wrong-password", false, "{host} did not accept the user name or the password.",
		"Check both. The user name is often the whole mail address."},
	AppPasswordNeeded: {"app-password-needed", false, "{host} wants an app password instead of your usual password.",
		"Create an app password in the security settings of your mail account and enter it here."},
	PasswordsRefused: {"passwords-refused", false, "{host} does not allow signing in with a password.",
		"Allow it in the settings of your mail account, or use an app password or another mailbox for reports."},
	SignInBlocked: {"sign-in-blocked", false, "{host} stopped the sign-in for security reasons.",
		"Sign in once in your provider's web mail, confirm that it was you, then test again."},
	ProtocolDisabled: {"protocol-disabled", false, "{protocol} is switched off for this account.",
		"Switch on {protocol} in the settings of your mail account, or ask its administrator to."},
	TokensNotOffered: {"tokens-not-offered", false, "{host} does not let us sign in with the permission that your provider gave.",
		"Check that the server belongs to the provider that you connected, or use a password."},
	TokenRefused: {"token-refused", false, "{host} did not accept the permission that your provider gave us.",
		"Check that the user name is the account that you gave permission for. If it is, connect it again with the button of your provider."},
	OAuthRevoked: {"access-revoked", false, "The access to the mailbox at {host} was withdrawn.",
		"Sign in with your provider once more to allow it again. Reports wait in the mailbox meanwhile; none is lost."},
	FolderMissing: {"folder-missing", false, "The folder {folder} does not exist or cannot be read by this account.",
		"Check its name, including upper and lower case, or use INBOX."},
	NoUniqueIDs: {"no-unique-ids", false, "{host} does not say by POP3 which mails are new, so we cannot read it without missing or repeating some.",
		"Use IMAP if the server has it. Else its operator has to switch on UIDL."},
	MailboxInUse: {"mailbox-in-use", true, "Another program has the mailbox open at {host}.",
		"You need not do anything: we try again later. If this stays, let the other program fetch mail less often."},
	Throttled: {"throttled", true, "{host} asks us to slow down or to use fewer connections.",
		"You need not do anything: we try again later. Other programs reading the same mailbox make this more likely."},
	OverQuota: {"over-quota", true, "The account has used up an allowance at {host}.",
		"Check the storage and transfer limits of the account. We try again later."},
	Unavailable: {"unavailable", true, "{host} is not available just now.",
		"You need not do anything: we try again later."},
	ServerFault: {"server-fault", true, "{host} has a lasting problem with this mailbox.",
		"Ask the operator of the server to look at it. We keep trying."},
	Dropped: {"dropped", true, "{host} closed the connection early.",
		"You need not do anything: we try again later and go on where we stopped."},
	SameFolder: {"same-folder", false, "Report mails cannot be moved to the folder that they are read from.",
		"Choose another folder for them, or leave them where they are."},
	TargetMissing: {"target-missing", false, "The folder {folder}, which report mails are to be moved to, does not exist and could not be created.",
		"Create it in your mail program, or choose another folder. The mails stay where they are until then."},
	NotPermitted: {"not-permitted", false, "{host} does not allow this account to mark, move or delete mails in the folder {folder}.",
		"Ask whoever manages the mailbox for that right, or choose to leave report mails untouched."},
}

// String names the kind for logs and stored rows.
func (k Kind) String() string { return texts[k].name }

// MarshalText writes the name, so that stored kinds outlive a reordering.
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText reads a name; one that is no longer known becomes Odd.
func (k *Kind) UnmarshalText(b []byte) error {
	*k = Odd
	for i, t := range texts {
		if t.name == string(b) {
			*k = Kind(i)
		}
	}
	return nil
}

// Retry reports whether trying again later may help without the owner doing
// anything. Where it is false, the owner has to be told.
func (k Kind) Retry() bool { return texts[k].retry }

func (k Kind) fault() fault.Kind {
	if k.Retry() {
		return fault.Temporary
	}
	return fault.Invalid
}

// appPasswordHosts are providers that refuse the usual password with the very
// answer of a wrong one, so the advice has to speak of both.
var appPasswordHosts = [...]struct{ suffix, advice string }{
	{"gmail.com", "Gmail needs 2-step verification and an app password: Google Account, Security, App passwords."},
	{"googlemail.com", "Gmail needs 2-step verification and an app password: Google Account, Security, App passwords."},
	{"yahoo.com", "Yahoo needs an app password: Account security, Generate app password."},
	{"aol.com", "AOL needs an app password: Account security, Generate app password."},
	{"mail.me.com", "iCloud needs an app-specific password: your Apple account, Sign-In and Security."},
	{"fastmail.com", "Fastmail needs an app password: Settings, Privacy & Security, App passwords."},
}

func advise(k Kind, host string) string {
	if k == WrongPassword || k == AppPasswordNeeded {
		for _, p := range appPasswordHosts {
			if h := strings.ToLower(host); h == p.suffix || strings.HasSuffix(h, "."+p.suffix) {
				return p.advice
			}
		}
	}
	return texts[k].advice
}
