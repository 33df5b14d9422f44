package reportweb

import (
	"fmt"
	"strings"

	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// tones of the standings.
var tones = map[report.Standing]ui.Tone{
	report.Losing: ui.Bad, report.NotSafe: ui.Warning, report.Foreign: ui.Warning,
	report.MuchForwarded: ui.Warning, report.Testing: ui.Warning, report.OpenSubdomains: ui.Warning,
	report.SafeToGo: ui.Good, report.OneReceiver: ui.Good, report.Enforced: ui.Good, report.Parked: ui.Good,
}

// verdictSentence says how a domain stands, with the number and its n: shown is
// all that was reported, also what nobody vouches for.
func verdictSentence(as report.Assessment, shown report.DomainTotal) string {
	d := as.On
	if d.Total() == 0 && shown.Total() > 0 {
		return "No verdict yet: none of " + format.Of(shown.Total(), "message", "messages") + " was reported in an authenticated mail."
	}
	senders := format.Of(len(as.Blockers), "sender", "senders")
	n := format.Of(d.Total(), "message", "messages")
	lost := format.Percent(as.Lost(), d.Total()) + " of " + n
	switch as.Standing {
	case report.Losing:
		return fmt.Sprintf("Mail of yours is being stopped: %s, from %s of yours, fail under %s.", lost, senders, enforcingTag(d))
	case report.NotSafe:
		if d.Enforcing() == "p" {
			return fmt.Sprintf("Not safe under %s: %s, from %s of yours, fail; so far receivers delivered them all the same.", enforcingTag(d), lost, senders)
		}
		return fmt.Sprintf("Not safe to enforce yet: %s, from %s of yours, would be lost.", lost, senders)
	case report.TooEarly:
		return fmt.Sprintf("Too early to tell: %s on %s so far.", n, format.Of(d.Days, "day", "days"))
	case report.Growing:
		return fmt.Sprintf("Too early to move: your mail grew from %s a week to %s, and new senders may still show up.",
			format.Of(d.Pace.Before, "message", "messages"), format.Count(d.Pace.Week))
	case report.SafeToGo, report.OneReceiver, report.MuchForwarded, report.Testing:
		if d.OpenBelow() != "" {
			return passingSentence(as, n) + " But " + openWords(d) + "."
		}
		return passingSentence(as, n)
	case report.Enforced:
		return fmt.Sprintf("Enforced, and your mail passes: %s%s.", ownWords(d), mendedWords(d))
	case report.OpenSubdomains:
		if d.Own() == 0 {
			return fmt.Sprintf("None of %s is known as yours, and p=reject stops them, but %s.", n, openWords(d))
		}
		return fmt.Sprintf("p=reject protects %s itself, and %s pass, but %s.", d.Name, ownWords(d), openWords(d))
	case report.Parked:
		return fmt.Sprintf("None of %s is known as yours, and p=reject stops them: right for a domain that sends no mail.", n)
	case report.Foreign:
		return fmt.Sprintf("None of %s is known as yours. Does this domain send mail? If so, look at its senders; if not, p=reject stops the others.", n)
	case report.Silent:
		return fmt.Sprintf("No mail was seen: receivers sent %s without any message in them.", format.Of(d.Nulls, "report", "reports"))
	case report.NoData:
	}
	return "No messages were reported in these days."
}

// passingSentence is the verdict on a domain whose own mail passes. n is its
// messages in words.
func passingSentence(as report.Assessment, n string) string {
	d := as.On
	lost := strayWords(d, n)
	switch as.Standing {
	case report.OneReceiver:
		return fmt.Sprintf("Safe to move to p=%s as far as %s sees, the only receiver that reports: %s.", as.Next, d.OneReporter, lost)
	case report.MuchForwarded:
		fate := "enforcing would lose them"
		if p := does[d.InForce()]; p != "" {
			fate = "p=" + d.InForce() + " has them " + p
			if d.Published != nil && d.Published.Effective().Pct < 100 {
				fate += fmt.Sprintf(", %d\u00a0%% of them", d.Published.Effective().Pct)
			}
		}
		return fmt.Sprintf("%s pass, but %s of %s are passed on and then fail: %s.", ownWords(d), format.Percent(d.Forwarded, d.Total()), n, fate)
	case report.Testing:
		return fmt.Sprintf("p=%s is not in force for all mail: it is published %s. In full force, %s.", d.Policy, testWords(d), lost)
	}
	worth := ""
	if as.Spoofed() {
		worth = ", and worth it"
	}
	return fmt.Sprintf("Safe to move to p=%s%s: %s; %s come from strangers.", as.Next, worth, lost, format.Percent(d.Unknown, d.Total()))
}

// ownWords are the share of the owner's mail that passes.
func ownWords(d report.DomainTotal) string {
	return format.Percent(d.Passing, d.Own()) + " of " + format.Of(d.Own(), "message", "messages") + " known as yours"
}

// strayWords say what the owner would lose although no sender of theirs stands
// in the way. n is the domain's messages in words.
func strayWords(d report.DomainTotal, n string) string {
	switch d.Recent.Fix {
	case 0:
		return "nothing known as yours among " + n + " would be lost" + mendedWords(d)
	case d.Fix:
		return fmt.Sprintf("%s known as yours among %s would be lost, below the %d\u00a0%% of a sender's recent mail that would be a reason to wait",
			format.Count(d.Fix), n, report.BlockingShare)
	}
	return fmt.Sprintf("%s known as yours in the last %d days would be lost, below the %d\u00a0%% of a sender's recent mail that would be a reason to wait%s",
		format.Count(d.Recent.Fix), report.RecentDays, report.BlockingShare, mendedWords(d))
}

// mendedWords say what of the owner's mail failed before the last days and does
// no more.
func mendedWords(d report.DomainTotal) string {
	if n := d.Fix - d.Recent.Fix; n > 0 {
		return fmt.Sprintf(", as the %s that failed more than %d days ago no longer do", format.Of(n, "message", "messages"), report.RecentDays)
	}
	return ""
}

// testWords says how a policy is published that is not in force for all mail.
func testWords(d report.DomainTotal) string {
	if e := d.Published.Effective(); !e.Testing {
		return fmt.Sprintf("for %d\u00a0%% of it (pct=%d)", e.Pct, e.Pct)
	}
	return "as a test (t=y)"
}

// tagOf is a tag of a domain's record, as it is in force: "sp=none".
func tagOf(d report.DomainTotal, name string) string {
	switch name {
	case "sp":
		return "sp=" + d.Published.Effective().SP
	case "np":
		return "np=" + d.Published.Effective().NP
	}
	return "p=" + d.Policy
}

// openTag is the tag that leaves subdomains open.
func openTag(d report.DomainTotal) string { return tagOf(d, d.OpenBelow()) }

// enforcingTag is what stops failing mail.
func enforcingTag(d report.DomainTotal) string {
	if name := d.Enforcing(); name != "" {
		return tagOf(d, name)
	}
	return "the record of a subdomain"
}

// openWords says what a weaker policy below the domain leaves open.
func openWords(d report.DomainTotal) string {
	names := "subdomains"
	if d.OpenBelow() == "np" {
		names = "subdomains that do not exist"
	}
	if tag := openTag(d); strings.HasSuffix(tag, "=none") {
		return tag + " leaves " + names + " open to anybody"
	}
	return openTag(d) + " guards " + names + " less"
}

// nextStep is the safest thing to do about a domain; it may be empty.
func nextStep(as report.Assessment) string {
	d := as.On
	switch as.Standing {
	case report.Losing:
		publish := "p=none for the subdomains they send as"
		if name := d.Enforcing(); name != "" {
			publish = name + "=none"
		}
		return "Make the senders below pass. Until they do, publish " + publish + ": receivers then deliver their mail again, and go on reporting."
	case report.NotSafe:
		if d.Enforcing() == "p" {
			step := "Make the senders below pass. Until they do, publish p=none, before receivers stop their mail"
			if d.OpenBelow() == "sp" {
				step += "; only what they send as subdomains has " + openTag(d)
			}
			return step + "."
		}
		return "Make the senders below pass, then enforce. One that is not yours you can mark as such: it stands in the way no longer."
	case report.TooEarly:
		return fmt.Sprintf("Wait until at least %s on %s were reported. Reporters send once a day.",
			format.Of(int64(report.AdviceMessages), "message", "messages"), format.Of(report.AdviceDays, "day", "days"))
	case report.Growing:
		return "Wait until a week brings about as much as the one before it, and look at the senders that are new."
	case report.OneReceiver:
		return fmt.Sprintf("Write down every service that sends for you and compare it with the senders below: what goes to other receivers nobody reports. When none is missing, publish p=%s.", as.Next)
	case report.MuchForwarded:
		when := " before you enforce"
		if does[d.InForce()] != "" {
			when = ""
		}
		return "Sign with DKIM everywhere" + when + ": forwarding breaks SPF, and a signature survives it. Mailing lists that change mail break both; p=quarantine is as far as a domain should go whose people write to lists."
	case report.Testing:
		return "Remove " + testTag(d) + " from the record. The rest of it can stay as it is."
	case report.OpenSubdomains:
		return fmt.Sprintf("Remove %s from the record: subdomains then have the policy of %s. One that sends mail of its own is to pass first.", openTag(d), d.Name)
	case report.SafeToGo:
		if as.Next == "reject" {
			return "Publish p=reject: receivers then refuse what fails, and its sender is told."
		}
		return "Publish p=quarantine: receivers then put what fails into the spam folder, where it can still be found. Go to p=reject when that stayed quiet for some weeks."
	case report.Foreign:
		return "If it sends no mail, publish p=reject, and v=spf1 -all as its SPF record. If it does, say below which senders are yours."
	case report.Silent:
		return "If it is to send no mail, publish p=reject, and v=spf1 -all as its SPF record. Nothing can be lost by that."
	case report.NoData, report.Enforced, report.Parked:
	}
	return ""
}

func testTag(d report.DomainTotal) string {
	if e := d.Published.Effective(); !e.Testing {
		return fmt.Sprintf("pct=%d", e.Pct)
	}
	return "t=y"
}

// evidenceWords says what a piece of evidence is, with its number and its n.
func evidenceWords(e report.Evidence, d report.DomainTotal) string {
	n, share := format.Count(e.N), format.Percent(e.N, e.Of)
	of := format.Of(e.Of, "message", "messages")
	switch e.Finding {
	case report.SeenDays:
		return "Messages were seen on " + format.Of(e.N, "day", "days") + wanted(e) + "."
	case report.SeenMessages:
		return was(e.N, "message", "messages") + " reported" + wanted(e) + "."
	case report.OwnPasses:
		return fmt.Sprintf("%s of %s known as yours pass.", share, of)
	case report.BlockingSenders:
		return fmt.Sprintf("%s of %s are of senders of yours and fail.", share, of)
	case report.StoppedMail:
		return fmt.Sprintf("%s of %s of theirs that fail were put into spam folders or refused.", share, of)
	case report.Receivers:
		if e.N == 1 {
			return "Only " + d.OneReporter + " reports: what other receivers see is not known."
		}
		return n + " receivers report, so that none of them alone decides."
	case report.SignedMail:
		if e.Holds {
			return fmt.Sprintf("%s of %s that pass are signed with DKIM, which survives forwarding.", share, of)
		}
		return fmt.Sprintf("%s of %s that pass are signed with DKIM; the others pass by SPF alone, which forwarding breaks.", share, of)
	case report.ForwardedMail:
		return fmt.Sprintf("%s of %s were passed on by others and fail.", share, of)
	case report.Strangers:
		return fmt.Sprintf("%s of %s are from senders nobody knows as yours; enforcing stops them.", share, of)
	case report.NullReports:
		return fmt.Sprintf("%s without any message: the receiver looked and saw none.", format.Of(e.N, "report came", "reports came"))
	case report.WeeklyGrowth:
		return fmt.Sprintf("Your mail grew from %s a week to %s.", of, n)
	case report.PolicyInTest:
		return "t=y makes receivers treat p=" + d.Policy + " as p=" + d.InForce() + "."
	case report.PolicyInPart:
		return fmt.Sprintf("pct=%d asks receivers to apply the policy to %d\u00a0%% of failing mail; RFC 9989 knows it no more.", e.N, e.N)
	case report.WeakBelow:
		return openTag(d) + " gives subdomains a weaker policy than p=" + d.Policy + " gives the domain."
	case report.NamesBelow:
		return format.Of(e.N, "subdomain has", "subdomains have") + " a record of their own among what is reported; the policy of " + d.Name.String() + " is not theirs."
	}
	return ""
}

// wanted says how many of what was seen are enough for advice; it may be empty.
func wanted(e report.Evidence) string {
	if e.Of == 0 {
		return ""
	}
	return fmt.Sprintf("; %d are wanted before any advice", e.Of)
}

// was is "1 message was", "2 messages were".
func was(n int64, one, many string) string {
	if n == 1 {
		return format.Of(n, one, many) + " was"
	}
	return format.Of(n, one, many) + " were"
}
