package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"sendvery.com/sendvery/internal/audit"
	"sendvery.com/sendvery/internal/postgres"
)

func TestEventsAreChosenAndPaged(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	former := b.newPerson(t, "bob@second.example")
	b.admin(t, `INSERT INTO members (org_id, person_id, role, joined_at) SELECT ORG, person_id, 'owner', now() FROM people WHERE email = 'ada@first.example'`)
	at := func(d int) time.Time { return now.AddDate(0, 0, d) }
	for _, e := range []audit.Event{
		{Org: b.org, Person: b.person, Action: "domain.add", Subject: "one.example", At: at(0)},
		{Org: b.org, Person: former, Action: "domain.add", Subject: "two.example", At: at(1)},
		{Org: b.org, Action: "mailbox.stop", Subject: "three", At: at(2), Detail: map[string]string{"host": "imap.example.org"}},
		{Org: b.org, Person: b.person, Action: "organization.rename", Subject: "four", At: at(3)},
	} {
		if err := b.do(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	b.admin(t, `INSERT INTO audit_events (org_id, seq, at, person_id, action, subject) VALUES (ORG, 0, '2020-01-01', NULL, 'domain.add', 'older')`)
	before := func(seq int64) *int64 { return &seq }
	for name, c := range map[string]struct {
		q    audit.Query
		want string
	}{
		"all":              {audit.Query{}, "[four three two.example one.example older]"},
		"by action":        {audit.Query{Action: "domain.add"}, "[two.example one.example older]"},
		"by a person":      {audit.Query{By: audit.ByPerson, Person: b.person}, "[four one.example]"},
		"by nobody":        {audit.Query{By: audit.ByPerson}, "[]"},
		"by the program":   {audit.Query{By: audit.ByProgram}, "[three older]"},
		"by former people": {audit.Query{By: audit.ByFormer}, "[two.example]"},
		"from":             {audit.Query{From: at(2)}, "[four three]"},
		"to":               {audit.Query{To: at(1)}, "[one.example older]"},
		"below":            {audit.Query{Before: before(2)}, "[one.example older]"},
		"at the end":       {audit.Query{Before: before(0)}, "[]"},
		"together":         {audit.Query{Action: "domain.add", By: audit.ByPerson, Person: b.person, From: at(0), To: at(1), Before: before(9)}, "[one.example]"},
	} {
		c.q.Limit = 10
		list, total, err := b.Events(t.Context(), b.org, c.q)
		subjects := []string{}
		for _, e := range list {
			subjects = append(subjects, e.Subject)
			if named := e.Person != nil && *e.Person == b.person; named != (e.Email != nil) {
				t.Errorf("%s: %s is named %v", name, e.Subject, e.Email)
			}
		}
		if got := fmt.Sprint(subjects); err != nil || got != c.want || total != 5 {
			t.Errorf("%s: %s of %d, %v, want %s", name, got, total, err, c.want)
		}
	}
	list, _, err := b.Events(t.Context(), b.org, audit.Query{Limit: 2})
	if err != nil || len(list) != 2 || list[1].Detail["host"] != "imap.example.org" || len(list[1].MAC) != 32 {
		t.Errorf("the first page: %+v, %v", list, err)
	}
	if members, err := b.Members(t.Context(), b.org); err != nil || len(members) != 1 || members[0].Email != "ada@first.example" || members[0].ID != b.person {
		t.Errorf("members: %+v, %v", members, err)
	}
}

func TestOwnEventsAreThePersonsAlone(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	other := b.newPerson(t, "bob@second.example")
	for _, person := range []postgres.PersonID{b.person, other, b.person} {
		err := b.db.InTx(t.Context(), func(ctx context.Context, tx postgres.Tx) error {
			return b.Record(ctx, tx, audit.Event{Person: person, Action: "session.begin", Subject: "s", At: now, Detail: map[string]string{"device": "Firefox on Linux"}})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	list, total, err := b.OwnEvents(t.Context(), b.person, audit.Query{Limit: 10})
	if err != nil || len(list) != 2 || total != 2 || list[0].Seq != 2 || list[0].Detail["device"] != "Firefox on Linux" {
		t.Errorf("%+v of %d, %v", list, total, err)
	}
	if list, total, err := b.OwnEvents(t.Context(), postgres.PersonID{}, audit.Query{Limit: 10}); err != nil || len(list) != 0 || total != 0 {
		t.Errorf("of nobody: %+v of %d, %v", list, total, err)
	}
}
