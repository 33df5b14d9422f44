package soak

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// verdict is what the counting found, with the first examples.
type verdict struct {
	lost, doubled, touched int
	examples               []string
}

func (v *verdict) notef(n *int, by int, format string, args ...any) {
	if by <= 0 {
		return
	}
	*n += by
	if len(v.examples) < 30 {
		v.examples = append(v.examples, fmt.Sprintf(format, args...))
	}
}

// count compares what is stored and what lies in the mailboxes with what was
// sent.
func (s *soak) count() {
	var v verdict
	for i := range s.owners {
		s.countReports(&v, i)
	}
	for _, a := range s.accounts {
		v.compare(a.settings.Username+" ("+string(a.protocol)+", "+string(a.after)+")", a.wanted(), a.found(s.T), a.sent())
	}
	s.checkRest()
	closing = fmt.Sprintf("soak: mails %d lost %d doubled %d touched %d kills %d", s.mails, v.lost, v.doubled, v.touched, s.killed)
	for _, e := range v.examples {
		s.Error(e)
	}
	for text, n := range s.failed {
		s.Logf("owners were told %d times: %s", n, text)
	}
	for _, r := range s.replicas {
		if n := r.falls(); n > 0 {
			s.Errorf("%s ended by itself %d times", r.name, n)
		}
		for _, word := range []string{`"level":"ERROR"`, "panic", "job failed"} {
			s.Logf("%s, %s: %s", r.name, word, strings.Join(r.complaints(s.T, word, 5), "\n"))
		}
	}
}

// countReports checks that each report of an organization is stored once, with
// all its messages.
func (s *soak) countReports(v *verdict, i int) {
	wanted, all := map[string]int64{}, int64(0)
	for j, a := range s.accounts {
		for _, l := range a.letters {
			if l.report != "" && s.ownerOf(j) == s.owners[i] {
				wanted[l.report] = l.messages
			}
		}
	}
	org := s.owners[i].access.ID
	conn, err := pgx.Connect(s.Context(), s.db.server.SuperuserURL(databaseName))
	if err != nil {
		s.Fatal(err)
	}
	defer conn.Close(s.Context())
	rows, err := conn.Query(s.Context(), `SELECT reporter_id, count(*)::int, sum(messages)::bigint FROM reports WHERE org_id = $1 GROUP BY 1`, org)
	if err != nil {
		s.Fatal(err)
	}
	var id string
	var n int
	var messages int64
	stored := map[string]bool{}
	_, err = pgx.ForEachRow(rows, []any{&id, &n, &messages}, func() error {
		stored[id] = true
		v.notef(&v.doubled, n-1, "report %s is stored %d times", id, n)
		if want, ok := wanted[id]; !ok || n == 1 && messages != want {
			v.notef(&v.doubled, 1, "report %s has %d messages, want %d", id, messages, want)
		}
		return nil
	})
	if err != nil {
		s.Fatal(err)
	}
	for id, messages := range wanted {
		all += messages
		if !stored[id] {
			v.notef(&v.lost, 1, "report %s is not stored", id)
		}
	}
	for _, table := range []string{"records", "messages_by_receiver"} {
		sum, err := ask[int64](s.Context(), s.db, `SELECT coalesce(sum(messages), 0)::bigint FROM `+table+` WHERE org_id = $1`, org)
		if err != nil {
			s.Fatal(err)
		}
		if sum != all {
			s.Errorf("%s of %s: %d messages, want %d", table, s.owners[i].domain, sum, all)
		}
	}
}

// compare counts mails that are not where and as they should be. One that is
// still there although it was to be deleted is not as its owner wants it, so it
// counts as touched; only more than were sent are doubled.
func (v *verdict) compare(name string, wanted, found map[spot]int, sent map[string]int) {
	want, have := byMail(wanted), byMail(found)
	for raw, n := range have {
		if sent[raw] == 0 {
			v.notef(&v.doubled, n, "%s: %s was never sent", name, title(raw))
		}
	}
	for raw, n := range sent {
		v.notef(&v.lost, want[raw]-have[raw], "%s: %s is there %d times, want %d", name, title(raw), have[raw], want[raw])
		v.notef(&v.doubled, have[raw]-n, "%s: %s is there %d times, %d were sent", name, title(raw), have[raw], n)
		v.notef(&v.touched, min(have[raw], n)-want[raw], "%s: %s is still there", name, title(raw))
	}
	for s, n := range wanted {
		if have[s.raw] == want[s.raw] {
			v.notef(&v.touched, n-found[s], "%s: %s should be in %q with %q", name, title(s.raw), s.folder, s.flags)
		}
	}
}

// byMail counts each mail, wherever it lies.
func byMail(spots map[spot]int) map[string]int {
	sums := map[string]int{}
	for s, n := range spots {
		sums[s.raw] += n
	}
	return sums
}

// title names a mail.
func title(raw string) string {
	for _, before := range []string{"name=\"", "Subject: "} {
		if _, after, ok := strings.Cut(raw, before); ok {
			return after[:strings.IndexAny(after, "\"\r")]
		}
	}
	return fmt.Sprintf("a mail of %d bytes", len(raw))
}

// checkRest looks at what has no place in the closing line.
func (s *soak) checkRest() {
	for what, query := range map[string]string{
		"mails are still to be marked, moved or deleted": `SELECT count(*) FROM mailbox_unfinished`,
		"mails could not be stored for reasons of ours":  `SELECT count(*) FROM receipt_items WHERE reason LIKE 'could_not_be%'`,
		"mails were taken in twice":                      `SELECT count(*) - count(DISTINCT (mailbox_id, generation, mail_id)) FROM receipts WHERE source = 'mailbox'`,
	} {
		n, err := ask[int64](s.Context(), s.db, query)
		if err != nil || n != 0 {
			s.Errorf("%d %s %v", n, what, err)
		}
	}
	if s.killed < s.kills {
		s.Errorf("only %d kills", s.killed)
	}
}
