package failureweb

import "sendvery.com/sendvery/web/format"

// failedWord names what failed (RFC 6591 section 3.1, RFC 9991).
func failedWord(sent string) string {
	switch sent {
	case "":
		return "authentication"
	case "dmarc":
		return "DMARC"
	case "spf":
		return "SPF"
	case "signature", "bodyhash", "revoked":
		return "DKIM"
	case "adsp":
		return "ADSP"
	}
	return format.Middle(sent, 40)
}

func failedMeaning(sent string) string {
	switch sent {
	case "dmarc":
		return "Neither SPF nor DKIM passed for the domain in the From line."
	case "spf":
		return "The sending address is not among those that the domain allows."
	case "signature":
		return "The signature does not fit the mail: it was changed on the way, or the key is another."
	case "bodyhash":
		return "The text was changed after the mail was signed."
	case "revoked":
		return "The key of the signature was withdrawn."
	case "adsp":
		return "A policy of the past, which nobody should use any more."
	}
	return ""
}

// resultWord says what the receiver did with the mail (RFC 6591 section 3.2.2).
func resultWord(sent string) string {
	switch sent {
	case "":
		return ""
	case "delivered":
		return "delivered"
	case "spam":
		return "put into the spam folder"
	case "policy":
		return "handled by a rule of its own"
	case "reject":
		return "rejected"
	case "other":
		return "something else"
	}
	return format.Middle(sent, 60)
}

func orDash(s string) string {
	if s == "" {
		return format.Dash
	}
	return s
}
