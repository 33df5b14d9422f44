package mailfetch

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"sendvery.com/sendvery/internal/fault"
)

// TestPOP3MailsThatAServerKeepsBack: 1 comes, 2 comes when asked for alone, 3
// never, 4 is larger than announced and than allowed, 5 is empty, 6 comes after
// all that, and 7 is not there.
func TestPOP3MailsThatAServerKeepsBack(t *testing.T) {
	t.Parallel()
	tried := 0
	p, f, a := scriptedPOP3(t, 6, func(line string) string {
		switch line {
		case "RETR 2":
			if tried++; tried == 1 {
				return "-ERR later\r\n"
			}
		case "RETR 3":
			return "-ERR [SYS/PERM] damaged\r\n"
		case "RETR 4":
			return "+OK\r\n" + strings.Repeat("x", 20_000) + "\r\n.\r\n"
		case "RETR 5":
			return "+OK\r\n.\r\n"
		}
		return ""
	})
	f.Limits.MailBytes = 10_000
	s := open(t, f, a)
	got, outcomes, err := readPOP3(t, s, []MailID{"id1", "id2", "id3", "id4", "id5", "id6", "id7"})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(map[MailID]string{"id1": "mail1\r\n", "id2": "mail2\r\n", "id5": "", "id6": "mail6\r\n"}, got); d != "" {
		t.Error(d)
	}
	var states []OutcomeState
	for _, o := range outcomes {
		states = append(states, o.State)
	}
	if d := cmp.Diff([]OutcomeState{Delivered, Delivered, Undelivered, TooLarge, Delivered, Delivered, Gone}, states); d != "" || outcomes[3].Size != 20_002 {
		t.Error(d, outcomes)
	}
	if asked := p.lines("RETR 3"); len(asked) != 2 {
		t.Errorf("asked for mail 3 %d times", len(asked))
	}
}

func TestPOP3RefusalOfAll(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]Kind{
		"-ERR Account exceeded bandwidth limits\r\n":                           OverQuota,
		"-ERR [SYS/TEMP] no\r\n":                                               Unavailable,
		"-ERR [SYS/PERM] no\r\n":                                               ServerFault,
		"-ERR no\r\n":                                                          Unavailable,
		"-ERR Service temporarily unavailable, try again later\r\n":            Unavailable,
		"-ERR [SYS/TEMP] Service temporarily unavailable, try again later\r\n": Unavailable,
		"-ERR internal error, storage is down\r\n":                             Unavailable,
		"-ERR server shutting down\r\n":                                        Dropped,
	} {
		_, f, a := scriptedPOP3(t, 2, func(line string) string {
			if strings.HasPrefix(line, "RETR") {
				return answer
			}
			return ""
		})
		s := open(t, f, a)
		for range 2 { // a plain no leaves the session usable
			if _, _, err := readPOP3(t, s, []MailID{"id1", "id2"}); KindOf(err) != want || !fault.Is(err, fault.Temporary) {
				t.Errorf("%q: %v", answer, err)
			}
		}
	}
	_, f, a := scriptedPOP3(t, 2, func(line string) string {
		if line == "RETR 1" {
			return "+OK\r\n" + strings.Repeat(strings.Repeat("x", 1000)+"\r\n", 4000) + ".\r\n"
		}
		return ""
	})
	s := open(t, f, a)
	if _, _, err := readPOP3(t, s, []MailID{"id1"}); KindOf(err) != Odd {
		t.Errorf("a mail of 4 MB that said 7 bytes: %v", err)
	}
	if _, err := s.Fetch(t.Context(), make([]MailID, MaxBatch+1), nil); err == nil {
		t.Error("fetched more than a batch")
	}
}

// TestPOP3RefusalFromOneOn: the server fails in the middle of a batch, without
// words that we know, so no mail is settled.
func TestPOP3RefusalFromOneOn(t *testing.T) {
	t.Parallel()
	_, f, a := scriptedPOP3(t, 4, func(line string) string {
		if line == "RETR 3" || line == "RETR 4" {
			return "-ERR cannot read\r\n"
		}
		return ""
	})
	if got, _, err := readPOP3(t, open(t, f, a), []MailID{"id1", "id2", "id3", "id4"}); KindOf(err) != Unavailable || len(got) != 2 {
		t.Errorf("%d came, %v", len(got), err)
	}
}

// TestPOP3RefusalOfOne: mail 2 is refused, alone or with mail 1, which comes.
// Only a refusal that does not pass by itself settles it, and only where the
// server shows that it works.
func TestPOP3RefusalOfOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer, noop string
		ids          []MailID
		want         Kind // Odd: none
	}{
		"damaged":                 {"-ERR damaged\r\n", "", []MailID{"id1", "id2"}, Odd},
		"damaged, says the code":  {"-ERR [SYS/PERM] damaged\r\n", "", []MailID{"id1", "id2"}, Odd},
		"passes":                  {"-ERR try again later\r\n", "", []MailID{"id1", "id2"}, Unavailable},
		"shuts down":              {"-ERR server shutting down\r\n", "", []MailID{"id1", "id2"}, Dropped},
		"internal error":          {"-ERR internal error, storage is down\r\n", "", []MailID{"id1", "id2"}, Unavailable},
		"alone":                   {"-ERR damaged\r\n", "", []MailID{"id2"}, Odd},
		"alone, passes":           {"-ERR temporarily not there\r\n", "", []MailID{"id2"}, Unavailable},
		"alone, a lasting fault":  {"-ERR [SYS/PERM] no\r\n", "", []MailID{"id2"}, ServerFault},
		"alone, nothing works":    {"-ERR damaged\r\n", "-ERR no\r\n", []MailID{"id2"}, Unavailable},
		"alone, then hangs up":    {"-ERR damaged\r\n", hangUp, []MailID{"id2"}, Dropped},
		"alone, beside what went": {"-ERR damaged\r\n", "-ERR no\r\n", []MailID{"id2", "id9"}, Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, f, a := scriptedPOP3(t, 2, func(line string) string {
				return map[string]string{"RETR 2": c.answer, "NOOP": c.noop}[line]
			})
			_, outcomes, err := readPOP3(t, open(t, f, a), c.ids)
			if KindOf(err) != c.want || (err == nil) != (c.want == Odd) {
				t.Errorf("got %v", err)
			}
			if at := slices.IndexFunc(outcomes, func(o Outcome) bool { return o.ID == "id2" }); outcomes[at].State != Undelivered {
				t.Errorf("outcomes %+v", outcomes)
			}
		})
	}
}
