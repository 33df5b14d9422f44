package demo

import (
	"fmt"
	"time"
)

// tellFailure adds, now and then, a failure report (RFC 9991) about a mail of
// the spoofers.
func (t *teller) tellFailure(d day) {
	if d.index%9 != 7 {
		return
	}
	at := d.date.AddDate(0, 0, 1).Add(10 * time.Hour)
	arrived := d.date.Add(time.Duration(t.chance(12, uint64(d.index)).IntN(24*60)) * time.Minute)
	t.put(fmt.Appendf(nil, "From: Feedback <feedback@receiver.example>\r\nTo: dmarc@example.org\r\nSubject: Failure report about a mail from example.org\r\n"+
		"Date: %s\r\nMessage-ID: <failure-%d@receiver.example>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=\"arf\"\r\n\r\n"+
		"--arf\r\nContent-Type: text/plain\r\n\r\nA mail that claims to be from example.org failed DMARC.\r\n\r\n"+
		"--arf\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: auth-failure\r\nUser-Agent: Feedback/2\r\nVersion: 1\r\n"+
		"Original-Mail-From: <bounce@host.dsl.test>\r\nOriginal-Rcpt-To: <reader@receiver.example>\r\nArrival-Date: %s\r\nSource-IP: 203.0.113.%d\r\nReported-Domain: example.org\r\n"+
		"Authentication-Results: mx.receiver.example; dkim=none; spf=fail smtp.mailfrom=bounce@host.dsl.test; dmarc=fail header.from=example.org\r\n"+
		"Auth-Failure: dmarc\r\nDelivery-Result: reject\r\nIdentity-Alignment: dkim, spf\r\n\r\n"+
		"--arf\r\nContent-Type: text/rfc822-headers\r\n\r\nFrom: Accounts <accounts@example.org>\r\nTo: reader@receiver.example\r\nSubject: Your invoice\r\nDate: %s\r\n\r\n--arf--\r\n",
		at.Format(time.RFC1123Z), d.index, arrived.Format(time.RFC1123Z), 128+d.index%25*4, arrived.Format(time.RFC1123Z)), at, Failure, "")
}
