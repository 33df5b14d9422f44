package instanceweb

import (
	"fmt"
	"strings"
	"time"

	"sendvery.com/sendvery/internal/instance"
	"sendvery.com/sendvery/internal/work"
	"sendvery.com/sendvery/web/format"
	"sendvery.com/sendvery/web/ui"
)

// OperatorPage is how the installation is.
type OperatorPage struct {
	ui.Page
	Headline string
	Needs    []string // what needs the operator, in sentences
	Program  []Fact
	Queues   []QueueRow
	Failed   []FailedRow
	Keys     []Key
	Events   []EventRow // deliveries of the payment provider that are still to be done; nil = there is no provider
	OrgCount string
	Orgs     []OrgRow
	Pager    ui.Pager
}

// Fact is something about the program.
type Fact struct {
	Name, Value string
	At          format.Time // instead of the value, where it is a moment
}

// QueueRow is one queue of jobs, in numbers of jobs.
type QueueRow struct {
	Name                                    string
	Waiting, Running, Later, Retried, Ended int64
	Done                                    int64 // lately: what is done is forgotten after an hour
	Oldest                                  format.Time
}

// FailedRow is a job that failed.
type FailedRow struct {
	Kind, Class, Attempts string
	Tone                  ui.Tone
	Outcome               string
	At, Next              format.Time
	Number                string // by which the log names it
}

// EventRow is a delivery of the payment provider.
type EventRow struct {
	ID, Type, Attempts, Class string
	Tone                      ui.Tone
	State                     string
	At                        format.Time
}

// eventRows puts deliveries into rows; nil without a payment provider.
func eventRows(p *Payments, now time.Time) []EventRow {
	if p == nil {
		return nil
	}
	rows := []EventRow{}
	for _, d := range p.Open {
		row := EventRow{ID: d.ID, Type: d.Type, Attempts: format.Count(d.Attempts), Class: d.Class, Tone: ui.Plain, State: "waits", At: format.When(d.At, now)}
		if d.Failed {
			row.Tone, row.State = ui.Warning, "failed"
		}
		rows = append(rows, row)
	}
	return rows
}

// OrgRow is one organization, in numbers.
type OrgRow struct {
	ID                        string
	Since                     format.Time
	Members, Domains, Reports int64
	Mailboxes                 string
}

// latest is how long a job may wait until the operator is told.
const latest = 5 * time.Minute

// needs are the sentences about what needs the operator.
func needs(p Program, q work.Status, pay *Payments, now time.Time) (list []string) {
	if !q.Worked {
		list = append(list, "No worker runs: no mail is read or sent. Start sendvery serve with the role worker.")
	}
	if p.Pending > 0 {
		list = append(list, "The database lacks "+format.Of(p.Pending, "migration", "migrations")+": run sendvery migrate.")
	}
	if p.Roles != "" {
		list = append(list, "The database's roles are not as they must be: "+p.Roles)
	}
	for _, k := range p.Keys {
		if k.Missing {
			list = append(list, fmt.Sprintf("The key %q is missing, and %s with it cannot be read: put it back into SEAL_KEYS.", k.ID, format.Of(k.Secrets, "secret sealed", "secrets sealed")))
		}
	}
	if pay != nil && pay.Number > 0 {
		list = append(list, format.Of(pay.Number, "delivery", "deliveries")+" of the payment provider could not be followed yet. What failed is tried again; sendvery stripe replay does it at once.")
	}
	ended := int64(0)
	for _, c := range q.Counts {
		if c.State == "discarded" {
			ended += c.Jobs
		}
		if c.Since != nil && now.Sub(*c.Since) > latest {
			list = append(list, "Jobs of the queue "+c.Queue+" wait for "+format.For(now.Sub(*c.Since))+": more workers, or a look at the log, may help.")
		}
	}
	if ended > 0 {
		list = append(list, format.Of(ended, "job was", "jobs were")+" given up within the last week. The log has the reasons, under the numbers below.")
	}
	return list
}

func headline(needs int, sums instance.Totals) string {
	mailboxes := int64(0)
	for _, n := range sums.Mailboxes {
		mailboxes += n
	}
	size := format.Of(sums.Organizations, "organization", "organizations") + " with " + format.Of(sums.Domains, "domain", "domains") + " and " + format.Of(mailboxes, "mailbox", "mailboxes")
	switch needs {
	case 0:
		return "All is well: " + size + "."
	case 1:
		return "One thing needs you: " + size + " depend on it."
	}
	return format.Count(needs) + " things need you: " + size + " depend on them."
}

func programFacts(p Program, d instance.Database, now time.Time) []Fact {
	schema := fmt.Sprintf("number %d, up to date", d.Schema)
	if p.Pending > 0 {
		schema = fmt.Sprintf("number %d, %s missing", d.Schema, format.Of(p.Pending, "migration", "migrations"))
	}
	roles := "as they must be"
	if p.Roles != "" {
		roles = "not as they must be"
	}
	return []Fact{
		{Name: "Version", Value: p.Version},
		{Name: "Started", At: format.When(p.Since, now)},
		{Name: "Database", Value: "PostgreSQL " + d.Server + ", " + format.Bytes(d.Bytes) + ", answered in " + fmt.Sprintf("%.1f%sms", float64(d.Took.Microseconds())/1000, format.Fixed)},
		{Name: "Schema", Value: schema},
		{Name: "Database roles", Value: roles},
	}
}

// queueRows puts the states of each queue into one row.
func queueRows(counts []work.Count, now time.Time) (rows []QueueRow) {
	for _, c := range counts {
		if len(rows) == 0 || rows[len(rows)-1].Name != c.Queue {
			rows = append(rows, QueueRow{Name: c.Queue})
		}
		r := &rows[len(rows)-1]
		switch c.State {
		case "available", "pending":
			r.Waiting += c.Jobs
		case "running":
			r.Running = c.Jobs
		case "scheduled":
			r.Later = c.Jobs
		case "retryable":
			r.Retried = c.Jobs
		case "completed":
			r.Done = c.Jobs
		case "discarded", "cancelled":
			r.Ended += c.Jobs
		}
		if c.Since != nil {
			r.Oldest = format.When(*c.Since, now)
		}
	}
	return rows
}

// classes are the words for what went wrong.
var classes = map[work.Class]string{
	work.Panicked: "a fault of the program",
	work.Lost:     "its process ended under it",
	work.Unknown:  "no running program knows this kind",
	work.Refused:  "what it was about is gone, or not as it should be",
	work.Database: "the database refused",
	work.TimedOut: "it took too long",
	work.Network:  "a server could not be reached",
	work.Other:    "another error",
}

func failedRows(failed []work.Failed, now time.Time) (rows []FailedRow) {
	for _, f := range failed {
		r := FailedRow{
			Kind: f.Kind, Class: classes[f.Class], Attempts: fmt.Sprintf("%d of %d", f.Attempts, f.Allowed), Number: fmt.Sprint(f.ID),
			At: format.When(f.At, now), Next: format.When(f.Next, now),
		}
		if f.Code != "" {
			r.Class += " (" + f.Code + ")"
		}
		switch f.State {
		case "retryable":
			r.Outcome, r.Tone = "tried again", ui.Info
		case "discarded":
			r.Outcome, r.Tone = "given up", ui.Warning
		default:
			r.Outcome = "ended"
		}
		rows = append(rows, r)
	}
	return rows
}

// states are those of mailboxes, in the order that they pass through.
var states = [...]string{"testing", "scanning", "choosing", "importing", "polling", "paused"}

func orgRows(list []instance.Organization, now time.Time) (rows []OrgRow) {
	for _, o := range list {
		var mailboxes []string
		for _, state := range states {
			if n := o.Mailboxes[state]; n > 0 {
				mailboxes = append(mailboxes, format.Count(n)+" "+state)
			}
		}
		rows = append(rows, OrgRow{
			ID: o.ID.String(), Since: format.When(o.CreatedAt, now), Members: o.Members, Domains: o.Domains, Reports: o.Reports, Mailboxes: strings.Join(mailboxes, ", "),
		})
	}
	return rows
}
