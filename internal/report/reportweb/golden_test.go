package reportweb

import (
	"strings"
	"testing"

	"sendvery.com/sendvery/internal/dmarcrpt"
	"sendvery.com/sendvery/internal/report"
	"sendvery.com/sendvery/web/format"
)

// situation is a domain as its reports show it, and what has to be said of it.
type situation struct {
	domain  report.DomainTotal
	senders []report.SenderTotal
	says    string
	step    string   // the beginning
	minds   []string // the evidence that speaks against, by its beginnings
}

// situationOf is 28 days of messages in reports of three receivers, all signed.
func situationOf(policy string, s report.Split, change ...func(*report.DomainTotal)) report.DomainTotal {
	d := report.DomainTotal{
		Name: "example.org", Split: s, Days: 28, Policy: policy, Published: &dmarcrpt.Policy{P: policy},
		Reported: report.Reported{Reporters: 3, OneReporter: "google.com"}, Pace: report.Pace{Signed: s.Passing},
		Recent: report.Recent{Fix: s.Fix, Other: s.Total() - s.Fix},
	}
	for _, c := range change {
		c(&d)
	}
	return d
}

var printer = []report.SenderTotal{{Sender: "203.0.113.24", Split: report.Split{Fix: 40}}}

// refused is printer under a policy that most receivers follow.
var refused = []report.SenderTotal{{Sender: "203.0.113.24", Split: report.Split{Fix: 40}, Stopped: 30}}

var strays = []report.SenderTotal{{Sender: "203.0.113.24", Split: report.Split{Passing: 981_000, Fix: 19_000}, Recent: report.Recent{Fix: 19_000, Other: 981_000}}}

var mended = []report.SenderTotal{{Sender: "203.0.113.24", Split: report.Split{Passing: 600, Fix: 400}, Recent: report.Recent{Other: 300}}}

// Each sentence is argued for in the line above it.
var golden = map[string]situation{
	"safe to go": {
		domain: situationOf("none", report.Split{Passing: 9_000, Forwarded: 120, Unknown: 80}),
		// Quarantine first: what is wrong after all can still be found in a folder.
		says: "Safe to move to p=quarantine: nothing known as yours among 9 200 messages would be lost; 0.9 % come from strangers.",
		step: "Publish p=quarantine",
	},
	"mended": {
		domain:  situationOf("none", report.Split{Passing: 600, Fix: 400}, func(d *report.DomainTotal) { d.Recent = report.Recent{Other: 300} }),
		senders: mended,
		// What was mended stands in nobody's way; whoever sees it in the chart must not wonder.
		says: "Safe to move to p=quarantine: nothing known as yours among 1 000 messages would be lost, as the 400 messages that failed more than 14 days ago no longer do; 0.0 % come from strangers.",
		step: "Publish p=quarantine",
	},
	"mended under reject": {
		domain:  situationOf("reject", report.Split{Passing: 600, Fix: 400}, func(d *report.DomainTotal) { d.Recent = report.Recent{Other: 300} }),
		senders: mended,
		says:    "Enforced, and your mail passes: 60.0 % of 1 000 messages known as yours, as the 400 messages that failed more than 14 days ago no longer do.",
	},
	"safe to go on": {
		domain: situationOf("quarantine", report.Split{Passing: 9_000, Forwarded: 120, Unknown: 80}),
		// Quarantine was the test; one step at a time, so the next one is reject.
		says: "Safe to move to p=reject: nothing known as yours among 9 200 messages would be lost; 0.9 % come from strangers.",
		step: "Publish p=reject",
	},
	"a few strays": {
		domain: situationOf("none", report.Split{Passing: 981_000, Fix: 19_000}), senders: strays,
		// One sender fails a little below the bound: no reason to wait, but 19 000 mails are not nothing, and the simulator shows them too.
		says: "Safe to move to p=quarantine: 19 000 known as yours among 1 000 000 messages would be lost, below the 2 % of a sender's recent mail that would be a reason to wait; 0.0 % come from strangers.",
		step: "Publish p=quarantine",
	},
	"a few strays of a policy in test": {
		domain: situationOf("quarantine", report.Split{Passing: 981_000, Fix: 19_000}, func(d *report.DomainTotal) { d.Published.Testing = "y" }), senders: strays,
		// Dropping the test is what loses them, so they are said here too.
		says:  "p=quarantine is not in force for all mail: it is published as a test (t=y). In full force, 19 000 known as yours among 1 000 000 messages would be lost, below the 2 % of a sender's recent mail that would be a reason to wait.",
		step:  "Remove t=y from the record",
		minds: []string{"t=y makes receivers treat p=quarantine as p=none."},
	},
	"needs fixing": {
		domain: situationOf("none", report.Split{Passing: 960, Fix: 40}), senders: printer,
		// The owner asks what it costs: the share and who, before any advice to go on.
		says:  "Not safe to enforce yet: 4.0 % of 1 000 messages, from 1 sender of yours, would be lost.",
		step:  "Make the senders below pass",
		minds: []string{"4.0 % of 1 000 messages are of senders", "96.0 % of 1 000 messages known as yours"},
	},
	"losing mail": {
		domain: situationOf("reject", report.Split{Passing: 960, Fix: 40}), senders: refused,
		// The only one that is an emergency: it says "is", not "would", and how to stop it at once.
		says:  "Mail of yours is being stopped: 4.0 % of 1 000 messages, from 1 sender of yours, fail under p=reject.",
		step:  "Make the senders below pass. Until they do, publish p=none",
		minds: []string{"4.0 %", "75.0 % of 40 messages of theirs that fail were put", "96.0 %"},
	},
	"enforced since yesterday": {
		domain: situationOf("reject", report.Split{Passing: 960, Fix: 40}), senders: printer,
		// All was delivered, so nothing "is being stopped"; but it is about to be, and who published it can still step back.
		says:  "Not safe under p=reject: 4.0 % of 1 000 messages, from 1 sender of yours, fail; so far receivers delivered them all the same.",
		step:  "Make the senders below pass. Until they do, publish p=none, before receivers stop their mail.",
		minds: []string{"4.0 %", "0.0 % of 40 messages of theirs that fail were put", "96.0 %"},
	},
	"failing below an open door": {
		domain: situationOf("reject", report.Split{Passing: 960, Fix: 40}, func(d *report.DomainTotal) { d.Published.SP = "none" }), senders: printer,
		// sp=none may be why all was delivered; whose mail is of subdomains only need not step back.
		says:  "Not safe under p=reject: 4.0 % of 1 000 messages, from 1 sender of yours, fail; so far receivers delivered them all the same.",
		step:  "Make the senders below pass. Until they do, publish p=none, before receivers stop their mail; only what they send as subdomains has sp=none.",
		minds: []string{"4.0 %", "0.0 %", "96.0 %", "sp=none gives subdomains a weaker policy"},
	},
	"losing mail of subdomains": {
		domain: situationOf("none", report.Split{Passing: 960, Fix: 40}, func(d *report.DomainTotal) { d.Published.SP = "reject" }), senders: refused,
		// p=none looks harmless, and what stops the mail is the tag beside it: that one is named, and is the one to change.
		says:  "Mail of yours is being stopped: 4.0 % of 1 000 messages, from 1 sender of yours, fail under sp=reject.",
		step:  "Make the senders below pass. Until they do, publish sp=none",
		minds: []string{"4.0 %", "75.0 %", "96.0 %"},
	},
	"losing mail of a subdomain with a record": {
		domain: situationOf("none", report.Split{Passing: 960, Fix: 40}, func(d *report.DomainTotal) { d.Subdomains = 1 }), senders: refused,
		// Nothing in this record stops mail, so it must be the other one that does.
		says:  "Mail of yours is being stopped: 4.0 % of 1 000 messages, from 1 sender of yours, fail under the record of a subdomain.",
		step:  "Make the senders below pass. Until they do, publish p=none for the subdomains they send as",
		minds: []string{"4.0 %", "75.0 %", "96.0 %"},
	},
	"stopped by a receiver's own rule": {
		domain: situationOf("none", report.Split{Passing: 960, Fix: 40}), senders: refused,
		// Under p=none no policy stopped it, and none can be taken back.
		says:  "Not safe to enforce yet: 4.0 % of 1 000 messages, from 1 sender of yours, would be lost.",
		step:  "Make the senders below pass",
		minds: []string{"4.0 %", "96.0 %"},
	},
	"a test loses nothing": {
		domain: situationOf("quarantine", report.Split{Passing: 960, Fix: 40}, func(d *report.DomainTotal) { d.Published.Testing = "y" }), senders: printer,
		// With t=y receivers treat p=quarantine as p=none: nothing is stopped yet.
		says:  "Not safe to enforce yet: 4.0 % of 1 000 messages, from 1 sender of yours, would be lost.",
		step:  "Make the senders below pass",
		minds: []string{"4.0 %", "96.0 %", "t=y makes receivers treat p=quarantine as p=none."},
	},
	"enforced": {
		domain: situationOf("reject", report.Split{Passing: 9_000, Unknown: 1_000}),
		// Nothing is left to do, and nothing is advised. What strangers send counts for nothing in it.
		says: "Enforced, and your mail passes: 100.0 % of 9 000 messages known as yours.",
	},
	"enforced with a few strays": {
		domain: situationOf("reject", report.Split{Passing: 981_000, Fix: 19_000}), senders: strays,
		// Too few to call it an emergency; the share says that they are there.
		says: "Enforced, and your mail passes: 98.1 % of 1 000 000 messages known as yours.",
	},
	"enforced and spoofed": {
		domain: situationOf("reject", report.Split{Passing: 1_000, Unknown: 8_000}),
		// What strangers send is what p=reject is for; it makes the owner's mail no worse.
		says: "Enforced, and your mail passes: 100.0 % of 1 000 messages known as yours.",
	},
	"enforced and forwarder-heavy": {
		domain: situationOf("reject", report.Split{Passing: 500, Forwarded: 400}),
		// p=reject is no success for whose mail is refused behind every list: signatures, or one step back.
		says:  "100.0 % of 500 messages known as yours pass, but 44.4 % of 900 messages are passed on and then fail: p=reject has them refused.",
		step:  "Sign with DKIM everywhere: forwarding",
		minds: []string{"44.4 % of 900 messages were passed on"},
	},
	"forwarder-heavy in quarantine": {
		domain: situationOf("quarantine", report.Split{Passing: 500, Forwarded: 400}),
		// They are in spam folders by now, so "would" is wrong, and p=reject would be worse.
		says:  "100.0 % of 500 messages known as yours pass, but 44.4 % of 900 messages are passed on and then fail: p=quarantine has them put into the spam folder.",
		step:  "Sign with DKIM everywhere: forwarding",
		minds: []string{"44.4 % of 900 messages were passed on"},
	},
	"parked": {
		domain: situationOf("reject", report.Split{Unknown: 300}),
		// No mail of theirs and p=reject: the end state of a domain that sends nothing.
		says: "None of 300 messages is known as yours, and p=reject stops them: right for a domain that sends no mail.",
	},
	"parked and quiet": {
		domain: situationOf("reject", report.Split{Unknown: 40}, func(d *report.DomainTotal) { d.Days = 5 }),
		// It may never get 100 messages, and nothing is left to wait for: it is as safe as it can be.
		says: "None of 40 messages is known as yours, and p=reject stops them: right for a domain that sends no mail.",
	},
	"parked and open": {
		domain: situationOf("none", report.Split{Unknown: 300}),
		// Whether it sends mail only its owner knows: both answers are given.
		says: "None of 300 messages is known as yours. Does this domain send mail? If so, look at its senders; if not, p=reject stops the others.",
		step: "If it sends no mail, publish p=reject, and v=spf1 -all",
	},
	"forwarder-heavy": {
		domain: situationOf("none", report.Split{Passing: 500, Forwarded: 400}, func(d *report.DomainTotal) { d.Pace.Signed = 200 }),
		// Nobody is to blame and much would be lost; the owner's lever is the signature, which survives.
		says:  "100.0 % of 500 messages known as yours pass, but 44.4 % of 900 messages are passed on and then fail: enforcing would lose them.",
		step:  "Sign with DKIM everywhere before you enforce",
		minds: []string{"40.0 % of 500 messages that pass are signed", "44.4 % of 900 messages were passed on"},
	},
	"spoofed": {
		domain: situationOf("none", report.Split{Passing: 1_000, Unknown: 8_000}),
		// A pass rate of 11 % looks like a disaster; it is the reason to enforce, not one to wait.
		says: "Safe to move to p=quarantine, and worth it: nothing known as yours among 9 000 messages would be lost; 88.9 % come from strangers.",
		step: "Publish p=quarantine",
	},
	"ramping up": {
		domain: situationOf("none", report.Split{Passing: 2_400}, func(d *report.DomainTotal) { d.Pace.Week, d.Pace.Before = 2_100, 300 }),
		// What passed in quiet weeks says little about the senders that make the new mail.
		says:  "Too early to move: your mail grew from 300 messages a week to 2 100, and new senders may still show up.",
		step:  "Wait until a week brings about as much",
		minds: []string{"Your mail grew from 300 messages a week to 2 100."},
	},
	"policy ramping up": {
		domain: situationOf("quarantine", report.Split{Passing: 9_000}, func(d *report.DomainTotal) { d.Published.Pct = "25" }),
		// pct is gone from the standard, so the step is to drop it, not to raise it.
		says:  "p=quarantine is not in force for all mail: it is published for 25 % of it (pct=25). In full force, nothing known as yours among 9 000 messages would be lost.",
		step:  "Remove pct=25 from the record",
		minds: []string{"pct=25 asks receivers"},
	},
	"policy in test": {
		domain: situationOf("reject", report.Split{Passing: 9_000}, func(d *report.DomainTotal) { d.Published.Testing = "y" }),
		// Whoever publishes reject believes to be protected by it, and is not.
		says:  "p=reject is not in force for all mail: it is published as a test (t=y). In full force, nothing known as yours among 9 000 messages would be lost.",
		step:  "Remove t=y from the record",
		minds: []string{"t=y makes receivers treat p=reject as p=quarantine."},
	},
	"one reporter": {
		domain: situationOf("none", report.Split{Passing: 9_000}, func(d *report.DomainTotal) { d.Reporters = 1 }),
		// A small domain may never have a second one, so it is not told to wait, but what to compare.
		says:  "Safe to move to p=quarantine as far as google.com sees, the only receiver that reports: nothing known as yours among 9 000 messages would be lost.",
		step:  "Write down every service that sends for you",
		minds: []string{"Only google.com reports"},
	},
	"one reporter and forwarder-heavy": {
		domain: situationOf("none", report.Split{Passing: 500, Forwarded: 400}, func(d *report.DomainTotal) { d.Reporters = 1 }),
		// What a single receiver sees lost is lost: that others are silent is the smaller news.
		says:  "100.0 % of 500 messages known as yours pass, but 44.4 % of 900 messages are passed on and then fail: enforcing would lose them.",
		step:  "Sign with DKIM everywhere before you enforce",
		minds: []string{"Only google.com reports", "44.4 % of 900 messages were passed on"},
	},
	"one reporter and a policy in test": {
		domain: situationOf("quarantine", report.Split{Passing: 500}, func(d *report.DomainTotal) { d.Reporters, d.Published.Testing = 1, "y" }),
		// p=reject without its first step being in force would be two steps at once.
		says:  "p=quarantine is not in force for all mail: it is published as a test (t=y). In full force, nothing known as yours among 500 messages would be lost.",
		step:  "Remove t=y from the record",
		minds: []string{"Only google.com reports", "t=y makes receivers treat p=quarantine as p=none."},
	},
	"one reporter and a policy ramping up": {
		domain: situationOf("quarantine", report.Split{Passing: 500}, func(d *report.DomainTotal) { d.Reporters, d.Published.Pct = 1, "5" }),
		// Five in a hundred is hardly a step taken.
		says:  "p=quarantine is not in force for all mail: it is published for 5 % of it (pct=5). In full force, nothing known as yours among 500 messages would be lost.",
		step:  "Remove pct=5 from the record",
		minds: []string{"Only google.com reports", "pct=5 asks receivers"},
	},
	"too early": {
		domain: situationOf("none", report.Split{Passing: 40}, func(d *report.DomainTotal) { d.Days = 2 }),
		// The numbers that are missing are said with those that are there.
		says:  "Too early to tell: 40 messages on 2 days so far.",
		step:  "Wait until at least 100 messages on 7 days were reported",
		minds: []string{"Messages were seen on 2 days; 7 are wanted", "40 messages were reported; 100 are wanted"},
	},
	"null reports": {
		domain: situationOf("none", report.Split{}, func(d *report.DomainTotal) { d.Reported, d.Days = report.Reported{Nulls: 12}, 0 }),
		// A report without messages is news: it was looked, and nothing was there.
		says: "No mail was seen: receivers sent 12 reports without any message in them.",
		step: "If it is to send no mail, publish p=reject",
	},
	"no data": {
		domain: situationOf("none", report.Split{}, func(d *report.DomainTotal) { d.Reported, d.Days = report.Reported{}, 0 }),
		// Nothing is known, so nothing is said but that.
		says: "No messages were reported in these days.",
	},
	"subdomain policy": {
		domain: situationOf("reject", report.Split{Passing: 9_000, Unknown: 1_000}, func(d *report.DomainTotal) { d.Published.SP, d.Subdomains = "none", 2 }),
		// The door beside the locked one: whoever forges takes any name below the domain.
		says:  "p=reject protects example.org itself, and 100.0 % of 9 000 messages known as yours pass, but sp=none leaves subdomains open to anybody.",
		step:  "Remove sp=none from the record",
		minds: []string{"sp=none gives subdomains a weaker policy than p=reject"},
	},
	"safe to go on with open subdomains": {
		domain: situationOf("quarantine", report.Split{Passing: 9_000}, func(d *report.DomainTotal) { d.Published.SP = "none" }),
		// One step at a time, so p first; but nobody shall believe that p=reject then guards all names.
		says:  "Safe to move to p=reject: nothing known as yours among 9 000 messages would be lost; 0.0 % come from strangers. But sp=none leaves subdomains open to anybody.",
		step:  "Publish p=reject",
		minds: []string{"sp=none gives subdomains a weaker policy than p=quarantine"},
	},
	"one reporter and open subdomains": {
		domain: situationOf("quarantine", report.Split{Passing: 9_000}, func(d *report.DomainTotal) { d.Published.SP, d.Reporters = "none", 1 }),
		// Who else reports changes nothing about the record.
		says:  "Safe to move to p=reject as far as google.com sees, the only receiver that reports: nothing known as yours among 9 000 messages would be lost. But sp=none leaves subdomains open to anybody.",
		step:  "Write down every service that sends for you",
		minds: []string{"Only google.com reports", "sp=none gives subdomains a weaker policy than p=quarantine"},
	},
	"names that do not exist": {
		domain: situationOf("reject", report.Split{Unknown: 300}, func(d *report.DomainTotal) { d.Published.NP = "quarantine" }),
		// A parked domain is open through the names that nobody ever made.
		says:  "None of 300 messages is known as yours, and p=reject stops them, but np=quarantine guards subdomains that do not exist less.",
		step:  "Remove np=quarantine from the record",
		minds: []string{"np=quarantine gives subdomains"},
	},
}

func TestGoldenVerdicts(t *testing.T) {
	t.Parallel()
	plain := strings.NewReplacer(format.Thin, " ", "\u00a0", " ")
	for name, s := range golden {
		as := report.Assess(s.domain, s.senders)
		if got := plain.Replace(verdictSentence(as, s.domain)); got != s.says {
			t.Errorf("%s:\n got %s\nwant %s", name, got, s.says)
		}
		step := plain.Replace(nextStep(as))
		if !strings.HasPrefix(step, s.step) || s.step == "" && step != "" {
			t.Errorf("%s: next step %q, want %q", name, step, s.step)
		}
		var minds []string
		for _, e := range as.Evidence {
			words := plain.Replace(evidenceWords(e, as.On))
			if words == "" || !strings.HasSuffix(words, ".") || strings.ContainsAny(words, "!") {
				t.Errorf("%s: finding %d is no sentence: %q", name, e.Finding, words)
			}
			if !e.Holds {
				minds = append(minds, words)
			}
		}
		if len(minds) != len(s.minds) {
			t.Errorf("%s: speaks against: %q, want %q", name, minds, s.minds)
			continue
		}
		for i := range minds {
			if !strings.HasPrefix(minds[i], s.minds[i]) {
				t.Errorf("%s: %q, want %q", name, minds[i], s.minds[i])
			}
		}
	}
}

// Each standing has a place in the order of lists and a golden verdict.
func TestEveryStandingIsJudgedOnce(t *testing.T) {
	t.Parallel()
	seen, placed := map[report.Standing]bool{}, map[report.Standing]bool{}
	for _, s := range golden {
		seen[report.Assess(s.domain, s.senders).Standing] = true
	}
	for _, s := range order {
		placed[s] = true
	}
	for s := report.NoData; s <= report.OpenSubdomains; s++ {
		if !seen[s] || !placed[s] {
			t.Errorf("standing %d: golden %v, in the order %v", s, seen[s], placed[s])
		}
	}
}
