package tlsreport

// Meaning explains a kind of failure or a policy to the owner of a domain.
type Meaning struct {
	Word string // short: "Certificate expired"
	What string // one sentence
	Do   string // what to do about it; "" = nothing
}

// Explain returns the meaning of a result type (RFC 8460 section 4.3). The
// registry is open: an unknown one is named as sent.
func Explain(result string) Meaning {
	if m, ok := results[result]; ok {
		return m
	}
	if result == "" {
		result = "Not stated"
	}
	return Meaning{Word: result, What: "The reporter uses a word of its own for this failure.", Do: "Ask the reporter if it goes on; its report may link to more."}
}

var results = map[string]Meaning{
	"starttls-not-supported": {"No encryption offered", "Your mail server did not offer STARTTLS, so the connection could not be encrypted.",
		"Switch on STARTTLS on the receiving server named below, and make sure that no firewall in front of it takes the offer away."},
	"certificate-host-mismatch": {"Certificate for another name", "Your mail server showed a certificate that does not cover the name it was reached by.",
		"Get a certificate for the name that stands in your MX record, or correct the MX record."},
	"certificate-expired": {"Certificate expired", "Your mail server showed a certificate whose time is over.",
		"Renew the certificate, have the mail server load it, and let it renew by itself from now on."},
	"certificate-not-trusted": {"Certificate not trusted", "Nobody whom the sender trusts signed the certificate of your mail server.",
		"Use a certificate of a public authority, and send its intermediate certificates along."},
	"validation-failure": {"Other failure", "Something else went wrong while the connection was being encrypted.",
		"Look whether the report gives a reason. A few now and then are broken connections and nothing to worry about."},
	"tlsa-invalid": {"TLSA record does not fit", "No TLSA record of your mail server fits the certificate that it showed.",
		"Publish the TLSA record of a new certificate before you switch to it, and take the old one away afterwards."},
	"dnssec-invalid": {"DNSSEC broken", "The signatures in your DNS could not be verified, so nothing that depends on them could be used.",
		"Have your DNS provider check the DNSSEC signatures of your zone and of that of your mail server."},
	"dane-required": {"No usable TLSA record", "The sender insists on DANE and found no usable TLSA record for your mail server.",
		"If you use DANE, publish TLSA records for every MX host. If not, this is the sender's own rule and nothing for you to do."},
	"sts-policy-fetch-error": {"MTA-STS policy not reachable", "Your DNS announces an MTA-STS policy, but the sender could not fetch it.",
		"Open https://mta-sts.<your domain>/.well-known/mta-sts.txt: it must answer at once, without a redirect."},
	"sts-policy-invalid": {"MTA-STS policy not valid", "The MTA-STS policy was fetched, but it has mistakes in it.",
		"Check the lines version, mode, mx and max_age in mta-sts.txt, and that it is served as text/plain."},
	"sts-webpki-invalid": {"Certificate of the policy host", "The web server that holds your MTA-STS policy showed a certificate that cannot be trusted.",
		"Renew the certificate of the host mta-sts.<your domain>."},
}

// ExplainPolicy returns the meaning of a policy type (RFC 8460 section 4.2).
func ExplainPolicy(kind string) Meaning {
	switch kind {
	case "sts":
		return Meaning{Word: "MTA-STS", What: "Senders found the MTA-STS policy that your domain publishes on the web."}
	case "tlsa":
		return Meaning{Word: "DANE", What: "Senders found TLSA records, which say which certificate your mail server shows."}
	case "no-policy-found":
		return Meaning{Word: "No policy", What: "Senders found neither MTA-STS nor DANE: they encrypt where they can, and deliver without where they cannot."}
	}
	if kind == "" {
		kind = "Not stated"
	}
	return Meaning{Word: kind, What: "The reporter uses a word of its own for this policy."}
}
